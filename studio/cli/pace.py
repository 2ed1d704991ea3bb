"""How fast something goes and how long it will still take; time is an argument."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Pace:
    """Work done over time, counted from the first report: what came before was getting ready.

    `begun` and `done` are in units of work, times in seconds on any one clock.
    """

    begun: int
    begun_at: float
    done: int
    at: float

    @classmethod
    def starting(cls, done: int, now: float) -> Pace:
        return cls(done, now, done, now)

    def report(self, done: int, now: float) -> None:
        """`done` units are done by `now`."""
        self.done, self.at = done, now

    @property
    def rate(self) -> float | None:
        """Units a second; None before there is anything to measure."""
        elapsed = self.at - self.begun_at
        return (
            (self.done - self.begun) / elapsed if elapsed > 0 and self.done > self.begun else None
        )

    def remaining(self, total: int) -> float | None:
        """Seconds until `total` units are done at this rate."""
        return None if self.rate is None else max(0, total - self.done) / self.rate


def rate_text(rate: float | None, unit: str) -> str:
    """A rate for people: '3.2 steps/s', or '4.1 s/step' where it is slow."""
    if rate is None:
        return ""
    if rate < 0.5:
        return f"{1 / rate:.1f} s/{unit.removesuffix('s')}"
    return f"{rate:.1f} {unit}/s" if rate < 100 else f"{rate:,.0f} {unit}/s"


def duration_text(seconds: float) -> str:
    """A duration for people: '0.4 s', '42 s', '3:07 min', '2:15 h', '12 days'."""
    if seconds < 0.05:
        return "under 0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d} h" if hours < 48 else f"{hours / 24:,.0f} days"


def remaining_text(seconds: float) -> str:
    """A duration that is only guessed at, in whole seconds: tenths would flicker and pretend."""
    return f"{math.ceil(seconds)} s" if seconds <= 59 else duration_text(seconds)
