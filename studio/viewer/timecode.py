"""Frame numbers as timecode, and where the marks of a time line go."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

# Distances of marks that are easy to count by, in frames; seconds are added for each rate.
_FRAME_STEPS: Final = (1, 2, 5, 10)
_SECOND_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


SOUND_RATE: Final = Fraction(100)
"""Frames a second on the time line of a file that is nothing but sound: hundredths."""


def sound_time(frame: int) -> str:
    """A hundredth of a second of a sound as minutes, seconds and hundredths, '01:02.03'."""
    seconds, hundredths = divmod(max(frame, 0), 100)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes:02d}:{seconds:02d}.{hundredths:02d}"


def timecode(frame: int, fps: Fraction) -> str:
    """A frame as hours, minutes, seconds and frames, '01:02:03:04'; hours only if there are any.

    Frames are counted at the rate rounded to a whole number, without drop frames (SMPTE ST 12-1).
    """
    rate = max(1, round(fps))
    seconds, rest = divmod(max(frame, 0), rate)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    digits = max(2, len(str(rate - 1)))
    text = f"{minutes:02d}:{seconds:02d}:{rest:0{digits}d}"
    return f"{hours:02d}:{text}" if hours else text


def rate_text(fps: Fraction) -> str:
    """A frame rate as people write it: '24', '23.976'."""
    return f"{float(fps):.3f}".rstrip("0").rstrip(".")


def mark_step(frames: int, fps: Fraction, width: float, room: float) -> int:
    """How many frames lie between two numbered marks, so that each has `room` pixels."""
    rate = max(1, round(fps))
    steps = sorted({*_FRAME_STEPS, *(rate * seconds for seconds in _SECOND_STEPS)})
    for step in steps:
        if width * step / max(1, frames) >= room:
            return step
    return max(steps[-1], frames)


def small_step(step: int) -> int:
    """How many frames lie between two marks without number; divides the numbered ones' step."""
    return next(step // parts for parts in (5, 4, 6, 3, 2, 1) if step % parts == 0)
