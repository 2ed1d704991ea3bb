"""What a neural marker costs on this computer, measured on frames of 1280 x 720."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.neural.marker import NeuralMarker

_KEY = MarkKey(bytes(32))
_RATE = Fraction(24)


class Cost(NamedTuple):
    """Seconds to mark a frame, and to read one of those that are looked at (four a second)."""

    mark: float
    read: float


def cost_of(marker: NeuralMarker, clock: Callable[[], float] = time.perf_counter) -> Cost:
    """The cost of as many frames as share one answer, after a first one that is not counted."""
    frames = np.full((marker.step, 720, 1280, 3), 128, np.uint8)
    times = []
    for _ in range(2):
        begun = clock()
        for _ in marker.mark(iter([frames]), id=0, key=_KEY, fps=_RATE, strength=1.0):
            pass
        marked = clock()
        marker.read(iter([frames[:1]]), key=_KEY, fps=_RATE)
        times.append(Cost((marked - begun) / len(frames), clock() - marked))
    return times[-1]
