"""What lasts counts, and what stands alone must be surer."""

from __future__ import annotations

import math

import pytest

from engine.trust.vision.aggregation import over_time, score_over_time


def test_one_sample_is_its_own_score() -> None:
    assert score_over_time([0.8]) == pytest.approx(0.8)


def test_harm_that_lasts_is_as_sure_as_its_frames() -> None:
    assert score_over_time([0.9, 0.9, 0.9, *[0.01] * 20]) == pytest.approx(0.9)


def test_a_frame_that_stands_alone_must_be_nine_times_surer() -> None:
    assert score_over_time([0.9, *[0.001] * 20]) == pytest.approx(0.5)
    assert score_over_time([0.999, *[0.001] * 20]) > 0.99


def test_more_harm_is_never_less() -> None:
    scores = [0.2, 0.6, 0.4, 0.1]
    assert score_over_time([*scores, 0.95]) >= score_over_time(scores)


def test_it_moves_as_its_samples_do() -> None:
    values = [0.3, -2.0, 5.0, 1.0]
    assert over_time([each + 1.5 for each in values]) == pytest.approx(over_time(values) + 1.5)
    assert math.isfinite(over_time(values))
    with pytest.raises(ValueError, match="without a sample"):
        over_time([])
