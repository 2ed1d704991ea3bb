"""Frame numbers as timecode, and where marks go."""

from __future__ import annotations

from fractions import Fraction

import pytest

from studio.viewer.timecode import mark_step, rate_text, small_step, sound_time, timecode


@pytest.mark.parametrize(
    ("frame", "fps", "text"),
    [
        (0, 24, "00:00:00"),
        (23, 24, "00:00:23"),
        (24, 24, "00:01:00"),
        (24 * 3661 + 5, 24, "01:01:01:05"),
        (30, Fraction(30000, 1001), "00:01:00"),
        (5, 120, "00:00:005"),
        (-3, 24, "00:00:00"),
    ],
)
def test_timecode(frame: int, fps: int | Fraction, text: str) -> None:
    assert timecode(frame, Fraction(fps)) == text


def test_sound_is_told_in_hundredths() -> None:
    assert sound_time(6203) == "01:02.03"


def test_rates_are_written_as_people_do() -> None:
    assert [rate_text(Fraction(f)) for f in (24, Fraction(24000, 1001))] == ["24", "23.976"]


@pytest.mark.parametrize("frames", [2, 50, 240, 5000, 10**6])
@pytest.mark.parametrize("width", [200, 800, 2500])
def test_numbers_have_room_and_there_are_enough(frames: int, width: int) -> None:
    step = mark_step(frames, Fraction(24), width, 64)
    assert step * width / frames >= 64 or step >= frames
    assert step == 1 or frames / step <= width / 64 + 1


@pytest.mark.parametrize("step", [1, 2, 5, 10, 24, 25, 48, 60, 120, 23 * 2, 1800 * 24])
def test_small_marks_fall_on_every_numbered_one(step: int) -> None:
    assert step % small_step(step) == 0
    assert small_step(step) >= 1
