"""The measures of how a clip looks: what is spoiled on purpose is found out, nothing else is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.models.starter.training import quality
from engine.models.starter.training.quality import METRICS, quality_of
from engine.models.starter.training.scene import Scene
from engine.models.starter.training.spoiled import WORSE, controls_of, frozen, unlike
from engine.models.starter.training.world import render

FAST = Scene("red", "ball", 1, "right", "studio", "fast", 9.0, 0.0, 0.0, 36.0)
SMALLEST_FALL = {
    quality.SUBJECT: 0.1,
    quality.BACKGROUND: 0.1,
    quality.FLICKER: 0.04,
    quality.SMOOTH: 0.05,
    quality.DYNAMIC: 1.0,
    quality.NOISE: 20.0,  # decibels
    quality.SHARP: 0.4,
}

Clip = NDArray[np.uint8]


@pytest.fixture(scope="module")
def clip() -> Clip:
    return render(FAST).numpy()


@pytest.fixture(scope="module")
def own(clip: Clip) -> dict[str, float]:
    return quality_of(clip, clip)


@pytest.fixture(scope="module")
def spoiled(clip: Clip) -> dict[str, float]:
    return controls_of(clip, render(unlike(FAST)).numpy(), clip, seed=0)


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_spoiled_is_worse_by_the_measure_that_must_find_it_out(
    metric: str, own: dict[str, float], spoiled: dict[str, float]
) -> None:
    assert WORSE.keys() == spoiled.keys() == set(METRICS)
    assert own[metric] - spoiled[metric] >= SMALLEST_FALL[metric], WORSE[metric][0]


def test_a_clean_clip_is_close_to_the_best(own: dict[str, float]) -> None:
    assert own[quality.SUBJECT] > 0.98
    assert own[quality.BACKGROUND] > 0.99
    assert own[quality.FLICKER] == own[quality.SHARP] == own[quality.DYNAMIC] == 1.0
    assert own[quality.SMOOTH] > 0.99, "without optical flow it is 0.97"
    assert own[quality.NOISE] > 55


def test_a_frozen_clip_is_steady_and_that_is_why_dynamics_stand_beside_it(clip: Clip) -> None:
    still = frozen(clip, clip, np.random.default_rng(0))
    measured = quality_of(still, clip)
    assert measured[quality.SUBJECT] == pytest.approx(1.0)
    assert measured[quality.SMOOTH] == pytest.approx(1.0)
    assert measured[quality.DYNAMIC] == 0.0


def test_what_moves_slowly_is_not_dynamic_by_the_rule_of_vbench(clip: Clip) -> None:
    slow = render(replace(FAST, speed="slow", travel=20.0)).numpy()
    assert quality_of(slow, clip)[quality.DYNAMIC] == 0.0


def test_the_wrong_subject_costs_no_quality(own: dict[str, float]) -> None:
    """Faithfulness is the checker's business."""
    other = render(replace(FAST, colour="blue", background="desert")).numpy()
    measured = quality_of(other, other)
    assert all(abs(measured[name] - own[name]) < 0.03 * own[name] for name in METRICS)


def test_an_empty_clip_has_no_subject_that_could_be_consistent(clip: Clip) -> None:
    from engine.models.starter.training.backdrops import paint_background

    empty = np.repeat(paint_background("sea").round().astype(np.uint8)[None], 9, axis=0)
    measured = quality_of(empty, clip[:9])
    assert measured[quality.SUBJECT] == measured[quality.SHARP] == measured[quality.SMOOTH] == 0.0


def test_what_a_clip_is_cut_to_differs_in_all_that_is_seen() -> None:
    other = unlike(FAST)
    for name in ("colour", "shape", "background"):
        assert getattr(other, name) != getattr(FAST, name)
    assert (other.motion, other.count) == (FAST.motion, FAST.count)
