"""Fitting pictures into a size: plans, pixels, and what cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidInput
from nodes.scaling import Fit, Method, scaling
from tests.nodes.pictures import picture


@pytest.mark.parametrize(
    ("wanted", "outer"),
    [((64, 0), (64, 96)), ((0, 96), (64, 96)), ((10, 20), (10, 20)), ((0, 1), (1, 1))],
)
def test_a_length_of_0_follows_from_the_other(wanted: tuple[int, int], outer: object) -> None:
    assert scaling((32, 48), wanted, "stretch", "auto").outer == outer


def test_two_lengths_of_0_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"Both width and height are 0\. Set at least one"):
        scaling((32, 48), (0, 0), "crop", "auto")


def test_cropping_takes_the_middle() -> None:
    plan = scaling((32, 48), (16, 16), "crop", "auto")
    assert plan.source == (0, 8, 32, 32)
    assert plan.inner == plan.outer == (16, 16)


def test_padding_leaves_black_bars_around_the_whole_picture() -> None:
    plan = scaling((32, 48), (48, 48), "pad", "nearest")
    padded_HWC = plan(picture().pixels_HWC)
    assert padded_HWC.shape == (48, 48, 3)
    assert padded_HWC[:8].max() == padded_HWC[40:].max() == 0
    assert (padded_HWC[8:40, :24] == 100).all()
    assert (padded_HWC[8:40, 24:] == 200).all()


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("method", ["auto", "area", "lanczos", "bilinear", "nearest"])
@pytest.mark.parametrize("wanted", [(1, 1), (7, 200), (200, 7), (64, 96)])
def test_every_way_gives_the_size_asked_for(
    fit: Fit, method: Method, wanted: tuple[int, int]
) -> None:
    scaled_HWC = scaling((32, 48), wanted, fit, method)(picture().pixels_HWC)
    assert scaled_HWC.shape == (*wanted, 3)
    assert scaled_HWC.dtype == np.uint8


def test_shrinking_averages_and_nearest_does_not() -> None:
    stripes_HWC = np.zeros((8, 8, 3), np.uint8)
    stripes_HWC[:, ::2] = 200
    soft = scaling((8, 8), (4, 4), "stretch", "auto")(stripes_HWC)
    hard = scaling((8, 8), (4, 4), "stretch", "nearest")(stripes_HWC)
    assert (soft == 100).all()
    assert (hard == 200).all()
