"""When frames are shown: any timestamps to one constant, exact frame rate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

STANDARD_RATES = (
    *(Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30)),
    *(Fraction(50), Fraction(60000, 1001), Fraction(60)),
)
_HIGHEST_RESAMPLED = Fraction(60)
_HIGHEST = Fraction(1000)
_DEFAULT_RATE = Fraction(25)
# How far from its tick, in ticks, a frame may lie and still belong to a constant rate: containers
# round to milliseconds and cameras are not exact.
_JITTER = 0.25


@dataclass(frozen=True)
class Timeline:
    """`frames` ticks at the constant rate `fps`, counted from the timestamp `start`.

    `tick` is the length of one timestamp unit in seconds.  A frame is shown from its own index
    until the index of the next one, so a variable rate repeats frames and drops none that is
    shown for at least one tick.
    """

    fps: Fraction
    frames: int
    start: int
    tick: Fraction

    def index(self, timestamp: int) -> int:
        """The tick at which a frame with this timestamp appears."""
        return round((timestamp - self.start) * self.tick * self.fps)


def constant_rate(
    timestamps: Sequence[int],
    last_duration: int,
    tick: Fraction,
    nominal: Iterable[Fraction | None] = (),
) -> Timeline:
    """Lay frames on a constant rate; `nominal` are rates the file claims, best first.

    A rate is constant when every frame falls on a tick of its own, in order and without gaps.
    Otherwise the rate is the one on which all timestamps fall exactly, if that is at most 60,
    else the standard rate nearest to the usual distance of two frames.
    """
    times = np.unique(np.asarray(timestamps, np.int64))
    start = int(times[0]) if len(times) else 0
    offsets = times - start
    for fps in _candidates(offsets, tick, nominal):
        if _falls_on_every_tick(offsets, tick, fps):
            return Timeline(fps, len(times), start, tick)
    fps = _resampling_rate(offsets, tick)
    timeline = Timeline(fps, 0, start, tick)
    shown = max(1, round(last_duration * tick * fps))
    return Timeline(fps, timeline.index(int(times[-1])) + shown, start, tick)


def _candidates(
    offsets: NDArray[np.int64], tick: Fraction, nominal: Iterable[Fraction | None]
) -> list[Fraction]:
    """Rates to try: those claimed, then the mean rate as a standard one and as it is."""
    rates = [rate for rate in nominal if rate and 0 < rate <= _HIGHEST]
    if len(offsets) > 1:
        mean = (len(offsets) - 1) / (int(offsets[-1]) * tick)
        rates += [_nearest_standard(mean), mean]
    return rates or [_DEFAULT_RATE]


def _falls_on_every_tick(offsets: NDArray[np.int64], tick: Fraction, fps: Fraction) -> bool:
    error = np.abs(offsets * float(tick * fps) - np.arange(len(offsets)))
    return bool(np.all(error < _JITTER))


def _resampling_rate(offsets: NDArray[np.int64], tick: Fraction) -> Fraction:
    gaps = np.diff(offsets)
    exact = 1 / (math.gcd(*gaps.tolist()) * tick)
    if exact <= _HIGHEST_RESAMPLED:
        return exact
    return _nearest_standard(1 / (int(np.median(gaps)) * tick))


def _nearest_standard(rate: Fraction) -> Fraction:
    return min(STANDARD_RATES, key=lambda standard: abs(standard - rate))
