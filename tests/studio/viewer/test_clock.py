"""Which frame is due when."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.viewer.clock import LATE_FRAMES, LOOPS, SPEEDS, Clock, Loop, Tick, to_present


def playing(frames: int = 10, fps: int = 10, loop: Loop = "loop", speed: float = 1.0) -> Clock:
    clock = Clock(frames, Fraction(fps))
    clock.set_loop(loop, 0)
    clock.set_speed(speed, 0)
    clock.play(0)
    return clock


def frames_at(clock: Clock, *times: float) -> list[int]:
    return [clock.tick(time).frame for time in times]


def test_a_paused_playhead_stays() -> None:
    clock = Clock(10, Fraction(10))
    assert frames_at(clock, 0, 5, 100) == [0, 0, 0]
    assert clock.wait(3) is None


def test_playing_shows_each_frame_for_its_time() -> None:
    assert frames_at(playing(), 0, 0.05, 0.1, 0.19, 0.2, 0.95) == [0, 0, 1, 1, 2, 9]


def test_a_loop_begins_again_and_says_so_once() -> None:
    clock = playing()
    assert clock.tick(0.99) == Tick(9)
    assert clock.tick(1.0) == Tick(0, wrapped=True)
    assert clock.tick(1.1) == Tick(1)
    assert clock.tick(5.35) == Tick(3, wrapped=True)


def test_once_stays_on_the_last_frame() -> None:
    clock = playing(loop="once")
    assert clock.tick(0.95) == Tick(9)
    assert clock.tick(1.0) == Tick(9, ended=True)
    assert not clock.playing
    assert clock.tick(1.5) == Tick(9)


def test_playing_again_from_the_end_begins_at_the_beginning() -> None:
    clock = playing(loop="once")
    clock.tick(2)
    clock.play(3)
    assert frames_at(clock, 3, 3.1) == [0, 1]


def test_bouncing_turns_round_at_both_ends() -> None:
    clock = playing(frames=4, loop="bounce")
    times = [n / 10 + 0.05 for n in range(10)]
    assert frames_at(clock, *times) == [0, 1, 2, 3, 3, 2, 1, 0, 0, 1]
    assert clock.heading(0.55) == -1
    assert clock.heading(0.95) == 1


@pytest.mark.parametrize("loop", LOOPS)
def test_backwards_each_frame_is_shown_for_its_time(loop: Loop) -> None:
    clock = Clock(4, Fraction(10))
    clock.set_loop(loop, 0)
    clock.seek(3, 0)
    clock.set_speed(-1, 0)
    clock.play(0)
    assert frames_at(clock, 0, 0.09, 0.11, 0.21, 0.39) == [3, 3, 2, 1, 0]


def test_backwards_from_the_beginning_begins_at_the_end() -> None:
    clock = playing(speed=-1)
    assert frames_at(clock, 0, 0.11) == [9, 8]


def test_backwards_a_loop_comes_from_the_beginning_to_the_end() -> None:
    clock = playing(frames=4, speed=-1)
    assert frames_at(clock, 0.35, 0.45) == [0, 3]


def test_backwards_once_ends_at_the_beginning() -> None:
    clock = playing(frames=4, speed=-1, loop="once")
    assert clock.tick(0.45) == Tick(0, ended=True)


@pytest.mark.parametrize("speed", SPEEDS)
def test_speed_is_a_number_of_times_the_rate(speed: float) -> None:
    clock = playing(frames=1000, speed=speed)
    assert clock.tick(10.0001).frame == int(100 * speed)


def test_changing_the_speed_does_not_move_the_playhead() -> None:
    clock = playing(frames=100)
    clock.set_speed(4, 1.55)
    assert clock.position(1.55) == pytest.approx(15.5)
    assert clock.position(1.6) == pytest.approx(17.5)


def test_turning_round_stays_on_the_frame() -> None:
    clock = playing(frames=100)
    clock.set_speed(-2, 1.55)
    assert clock.frame(1.55) == 15
    assert clock.frame(1.611) == 14


def test_speed_stays_within_its_limits_and_zero_is_none() -> None:
    clock = Clock()
    clock.set_speed(-100, 0)
    assert clock.speed == -4
    clock.set_speed(0.001, 0)
    assert clock.speed == 0.25
    with pytest.raises(ValueError, match="pause"):
        clock.set_speed(0, 0)


def test_a_second_l_is_faster_and_j_turns_round() -> None:
    clock = Clock(100)
    assert clock.faster(1) == 1
    clock.play(0)
    speeds = []
    for direction in (1, 1, 1, -1, -1):
        clock.set_speed(clock.faster(direction), 0)
        speeds.append(clock.speed)
    assert speeds == [2, 4, 4, -1, -2]


def test_only_the_range_is_played() -> None:
    clock = Clock(100, Fraction(10))
    clock.set_range(20, 23, 0)
    clock.play(0)
    assert frames_at(clock, 0, 0.1, 0.35, 0.4, 0.5) == [20, 21, 23, 20, 21]


def test_an_in_point_behind_the_playhead_while_playing_brings_it_along() -> None:
    clock = playing(frames=100)
    clock.set_range(50, 60, 1.0)
    assert clock.frame(1.0) == 50


def test_a_paused_playhead_may_stand_outside_the_range() -> None:
    clock = Clock(100)
    clock.set_range(50, 60, 0)
    clock.seek(10, 0)
    assert clock.frame(0) == 10
    clock.play(0)
    assert clock.frame(0) == 50


def test_a_range_is_held_inside_the_file_and_never_empty() -> None:
    clock = Clock(10)
    clock.set_range(-5, 99, 0)
    assert (clock.first, clock.last) == (0, 9)
    clock.set_range(7, 3, 0)
    assert (clock.first, clock.last) == (7, 7)


def test_a_step_stops_and_is_held_inside() -> None:
    clock = playing()
    clock.step(2, 0.35)
    assert (clock.playing, clock.frame(9)) == (False, 5)
    clock.step(-100, 9)
    assert clock.frame(9) == 0
    clock.step(100, 9)
    assert clock.frame(9) == 9


def test_a_pause_stays_on_the_frame_that_is_shown() -> None:
    clock = playing()
    clock.pause(0.37)
    assert clock.position(99) == 3


def test_waiting_ends_when_the_next_frame_is_due() -> None:
    clock = playing(frames=100)
    assert clock.wait(0) == pytest.approx(0.1)
    assert clock.wait(0.57) == pytest.approx(0.03)
    clock.set_speed(-2, 0.5)
    assert clock.wait(0.5) == pytest.approx(0.05, abs=1e-5)


def test_sound_that_starts_late_is_waited_for() -> None:
    clock = Clock(100, Fraction(10))
    clock.play(1.0, delay=0.25)
    assert clock.position(1.2) == 0
    assert clock.position(1.35) == pytest.approx(1)


def test_the_playhead_follows_the_sound_gently() -> None:
    clock = playing(frames=1000, fps=24)
    apart = []
    for n in range(1, 200):
        now = n / 60
        clock.tick(now, sound=now + 0.03)
        apart.append(now + 0.03 - clock.seconds(now))
    assert apart[0] > 0.028
    assert abs(apart[-1]) < 0.001
    assert all(before >= after for before, after in pairwise(apart))


def test_a_large_distance_to_the_sound_is_closed_at_once() -> None:
    clock = playing(frames=1000, fps=24)
    clock.tick(1.0, sound=3.0)
    assert clock.seconds(1.0) == pytest.approx(3.0)


def test_the_sound_may_have_looped_already() -> None:
    clock = playing(frames=24, fps=24)
    clock.tick(0.99, sound=0.01)
    assert clock.position(1.0) == pytest.approx(0.0, abs=0.6)


def test_sound_is_not_followed_at_another_speed() -> None:
    clock = playing(frames=1000, fps=24, speed=2)
    clock.tick(1.0, sound=30.0)
    assert clock.frame(1.0) == 48


def test_sound_goes_along_only_forwards_at_its_own_speed() -> None:
    wants = {
        (loop, speed): playing(loop=loop, speed=speed).wants_sound
        for loop in LOOPS
        for speed in (1.0, 2.0, -1.0)
    }
    assert {key for key, wanted in wants.items() if wanted} == {("loop", 1.0), ("once", 1.0)}


def test_ntsc_rates_do_not_drift_over_an_hour() -> None:
    clock = playing(frames=200_000, fps=1)
    clock = Clock(200_000, Fraction(24000, 1001))
    clock.play(0)
    assert clock.tick(3600 + 1e-4).frame == 3600 * 24000 // 1001


@given(
    frames=st.integers(1, 50),
    ends=st.tuples(st.integers(0, 49), st.integers(0, 49)),
    loop=st.sampled_from(LOOPS),
    speed=st.sampled_from([*SPEEDS, *(-speed for speed in SPEEDS)]),
    times=st.lists(st.floats(0, 100), min_size=1, max_size=20),
)
def test_the_playhead_never_leaves_the_range(
    frames: int, ends: tuple[int, int], loop: Loop, speed: float, times: list[float]
) -> None:
    clock = Clock(frames, Fraction(24))
    clock.set_loop(loop, 0)
    clock.set_speed(speed, 0)
    clock.set_range(min(ends), max(ends), 0)
    clock.play(0)
    for now in sorted(times):
        assert clock.first <= clock.tick(now).frame <= clock.last


@given(at=st.floats(0, 30), loop=st.sampled_from(LOOPS), speed=st.sampled_from([1.0, -1.0, 0.5]))
@example(at=1.9999999999999964, loop="loop", speed=1.0)  # a hair before it begins again
def test_nothing_changes_before_the_wait_is_over(at: float, loop: Loop, speed: float) -> None:
    clock = playing(frames=20, loop=loop, speed=speed)
    before = clock.frame(at)
    wait = clock.wait(at)
    assert wait is not None
    assert clock.frame(at + wait * 0.99 - 1e-6) == before or wait < 1e-4


def test_the_due_frame_is_presented_if_it_is_ready() -> None:
    assert to_present(5, 4, lambda f: True, lambda s: 5 - s) == 5


def test_what_is_shown_is_not_presented_again() -> None:
    assert to_present(5, 5, lambda f: True, lambda s: 5 - s) is None


def test_a_late_frame_is_better_than_none() -> None:
    assert to_present(9, 4, lambda f: f in (6, 7), lambda s: 9 - s) == 7


def test_nothing_that_was_passed_is_presented() -> None:
    assert to_present(9, 7, lambda f: f in (5, 6), lambda s: 9 - s) is None


def test_a_frame_that_is_far_too_late_is_not_presented() -> None:
    assert to_present(99, None, lambda f: f == 99 - LATE_FRAMES, lambda s: 99 - s) is None


def test_the_way_back_goes_over_the_end_of_a_loop() -> None:
    clock = playing()
    assert [clock.before(1, steps) for steps in (1, 2, 3)] == [0, 9, 8]
    clock.set_speed(-1, 0)
    assert [clock.before(8, steps) for steps in (1, 2)] == [9, 0]
    clock.set_loop("once", 0)
    assert clock.before(9, 1) is None
