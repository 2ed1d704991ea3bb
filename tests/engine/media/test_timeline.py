from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media.timeline import STANDARD_RATES, constant_rate

MILLISECOND = Fraction(1, 1000)


@pytest.mark.parametrize("fps", STANDARD_RATES)
def test_a_rate_survives_timestamps_in_milliseconds(fps: Fraction) -> None:
    times = [round(frame / fps / MILLISECOND) for frame in range(500)]
    timeline = constant_rate(times, 40, MILLISECOND)

    assert (timeline.fps, timeline.frames) == (fps, 500)
    assert [timeline.index(time) for time in times] == list(range(500))


def test_a_claimed_rate_that_fits_is_believed_though_it_is_not_standard() -> None:
    fps = Fraction(100, 7)
    timeline = constant_rate([70 * n for n in range(9)], 70, MILLISECOND, [None, fps])
    assert timeline.fps == fps


def test_a_claimed_rate_that_does_not_fit_is_not_believed() -> None:
    timeline = constant_rate([40 * n for n in range(100)], 40, MILLISECOND, [Fraction(24)])
    assert timeline.fps == 25


def test_a_variable_rate_becomes_one_on_which_every_frame_falls() -> None:
    timeline = constant_rate([0, 10, 15, 35], 20, Fraction(1, 100))

    assert timeline.fps == 20
    assert [timeline.index(time) for time in (0, 10, 15, 35)] == [0, 2, 3, 7]
    assert timeline.frames == 11, "the last frame lasts four ticks"


def test_a_rate_too_high_to_be_exact_becomes_the_usual_one() -> None:
    times = [0, 33, 67, 100, 133, 233, 267, 300, 333]
    timeline = constant_rate(times, 33, MILLISECOND)

    assert timeline.fps == 30
    assert [timeline.index(time) for time in times] == [0, 1, 2, 3, 4, 7, 8, 9, 10]


def test_a_single_frame_is_one_frame() -> None:
    assert constant_rate([1234], 0, MILLISECOND).frames == 1


def test_time_before_zero_counts_from_the_first_frame() -> None:
    timeline = constant_rate([-80, -40, 0, 40], 40, MILLISECOND)
    assert (timeline.fps, timeline.frames, timeline.start) == (25, 4, -80)


@given(
    st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=50),
    st.integers(0, 10_000),
    st.sampled_from([MILLISECOND, Fraction(1, 90_000), Fraction(1, 24), Fraction(1001, 24_000)]),
)
def test_whatever_the_timestamps_frames_keep_their_order_and_fit(
    times: list[int], last: int, tick: Fraction
) -> None:
    timeline = constant_rate(times, last, tick)
    indices = [timeline.index(time) for time in sorted(times)]

    assert timeline.fps > 0
    assert indices[0] == 0
    assert indices == sorted(indices)
    assert indices[-1] < timeline.frames
