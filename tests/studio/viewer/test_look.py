"""Exposure, gamma and channels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.viewer.look import NEUTRAL, Channel, Look, looked_at


def pixel(b: int, g: int, r: int, a: int = 255) -> NDArray[np.uint8]:
    return np.full((2, 2, 4), (b, g, r, a), np.uint8)


def seen(pixels: NDArray[np.uint8], look: Look) -> tuple[int, ...]:
    return tuple(int(value) for value in looked_at(pixels, look)[0, 0])


def test_a_neutral_look_changes_nothing() -> None:
    picture = pixel(1, 2, 3)
    assert looked_at(picture, NEUTRAL) is picture
    assert NEUTRAL.neutral
    assert not Look(exposure=0.5).neutral


def test_a_stop_is_twice_the_light() -> None:
    b, _, _, _ = seen(pixel(100, 100, 100), Look(exposure=1))
    assert (b / 100) ** 2.2 == pytest.approx(2, rel=0.02)


def test_black_stays_black_and_nothing_overflows() -> None:
    assert seen(pixel(0, 255, 200), Look(exposure=6)) == (0, 255, 255, 255)


def test_gamma_lifts_the_middle_and_keeps_the_ends() -> None:
    b, g, r, _ = seen(pixel(0, 64, 255), Look(gamma=2))
    assert (b, r) == (0, 255)
    assert g == pytest.approx(128, abs=1)


@pytest.mark.parametrize(
    ("channel", "gray"), [("r", 30), ("g", 20), ("b", 10), ("luma", round(30 * 0.2126 + 15.026))]
)
def test_a_channel_is_seen_in_gray(channel: Channel, gray: int) -> None:
    assert seen(pixel(10, 20, 30), Look(channel=channel)) == (gray, gray, gray, 255)


def test_a_look_says_how_a_picture_is_not_as_it_is() -> None:
    assert Look().words == ""
    assert Look(exposure=-1.5, channel="r").words == "-1.5 stops  ·  red"
    assert Look(gamma=2.0, channel="luma").words == "gamma 2  ·  brightness"


def test_transparency_is_left_alone_by_exposure() -> None:
    assert seen(pixel(10, 10, 10, 77), Look(exposure=2))[3] == 77
