"""Which frames of a video are looked at: where the scene changes first, then evenly.

One pass, chunk by chunk; what is kept is bounded in number and in size.  A scene has changed where
a frame differs from the one before far more than its neighbours do (a cut), or where the picture
has drifted far from that of the last change (a dissolve).  However many changes there are, a
quarter of the samples lies evenly over the video, so that a flicker cannot hide the rest.

A sample is one frame, or several in a row for classifiers of motion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]

MOST: Final = 32
"""Samples of single frames, unless another number is asked for."""

SIDE: Final = 640
"""Pixels of the longer side that a kept frame has at the most."""

_THUMB: Final = 16
_CUT: Final = 0.06
"""The mean difference, as a share of the range of a pixel, that a cut has at the least."""
_STANDS_OUT: Final = 3.0
"""How many times its neighbours' a difference must be to be a cut."""
_DRIFTED: Final = 0.15
_NEIGHBOURS: Final = 8
_EVEN: Final = 4
"""One in so many samples is never given to a change of scene."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Frames from a place of a video; `change` is how much the scene changed there, 0 for not."""

    number: int
    seconds: float
    change: float
    frames: tuple[Frame, ...]

    @property
    def first(self) -> Frame:
        return self.frames[0]


@dataclass
class _Open:
    """A sample that still takes frames."""

    number: int
    change: float
    frames: list[Frame] = field(default_factory=list)


class Sampler:
    """Sees every frame of a video in turn and keeps the samples.

    `length` frames make a sample, `apart` seconds from one to the next.
    """

    def __init__(
        self,
        frames: int,
        fps: Fraction,
        *,
        most: int = MOST,
        side: int = SIDE,
        length: int = 1,
        apart: float = 0.0,
    ) -> None:
        self._fps, self._most, self._side, self._length = fps, most, side, length
        self._every = max(1, round(float(fps) * apart))
        span = (length - 1) * self._every
        self._even = set(_evenly(max(1, frames - span), most))
        self._changes: list[_Open] = []
        self._evens: list[_Open] = []
        self._number = 0
        self._scenes = _Scenes()

    def see(self, chunk_THWC: NDArray[np.uint8]) -> None:
        """Look at further frames."""
        for frame in chunk_THWC:
            self._see(frame)

    def samples(self) -> list[Sample]:
        """What was chosen of all frames so far, in their order."""
        changes = sorted(self._changes, key=lambda each: -each.change)
        chosen = {each.number: each for each in changes[: self._for_changes]}
        rest = [each for each in self._evens if each.number not in chosen]
        wanted = _evenly(len(rest), self._most - len(chosen))
        chosen |= {rest[place].number: rest[place] for place in wanted}
        return [
            Sample(number, float(number / self._fps), kept.change, tuple(kept.frames))
            for number, kept in sorted(chosen.items())
        ]

    @property
    def _for_changes(self) -> int:
        return max(1, self._most - self._most // _EVEN)

    def _see(self, frame: Frame) -> None:
        change = self._scenes.change(frame)
        if change:
            self._begin_change(change)
        if self._number in self._even:
            self._evens.append(_Open(self._number, 0.0))
        kept: Frame | None = None
        for sample in (*self._changes, *self._evens):
            since = self._number - sample.number
            if len(sample.frames) < self._length and since % self._every == 0:
                kept = _reduced(frame, self._side) if kept is None else kept
                sample.frames.append(kept)
        self._number += 1

    def _begin_change(self, change: float) -> None:
        """Keep a change if it is among the strongest so far."""
        if len(self._changes) >= self._for_changes:
            weakest = min(self._changes, key=lambda each: each.change)
            if weakest.change >= change:
                return
            self._changes.remove(weakest)
        self._changes.append(_Open(self._number, change))


class _Scenes:
    """Tells where the scene changes, from thumbnails; the first frame is a change."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._since: NDArray[np.float32] | None = None
        self._differences: deque[float] = deque(maxlen=_NEIGHBOURS)

    def change(self, frame: Frame) -> float:
        """How much the scene changed with this frame; 0 if it goes on."""
        import cv2
        import numpy as np

        small = cv2.resize(frame, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA)
        thumb: NDArray[np.float32] = np.asarray(small, np.float32) / np.float32(255)
        before, since, self._before = self._before, self._since, thumb
        if before is None or since is None:
            self._since = thumb
            return 1.0
        difference = float(np.abs(thumb - before).mean())
        usual = sum(self._differences) / max(1, len(self._differences))
        self._differences.append(difference)
        cut = difference >= _CUT and difference >= _STANDS_OUT * usual
        drift = float(np.abs(thumb - since).mean())
        if not cut and drift < _DRIFTED:
            return 0.0
        self._since = thumb
        return min(1.0, difference if cut else drift / 2)


def sampled(
    chunks: Iterable[NDArray[np.uint8]], frames: int, fps: Fraction, *, most: int = MOST
) -> list[Sample]:
    """The samples of a whole video, in one pass over it."""
    sampler = Sampler(frames, fps, most=most)
    for chunk_THWC in chunks:
        sampler.see(chunk_THWC)
    return sampler.samples()


def _evenly(count: int, most: int) -> list[int]:
    """At most `most` of `count` places, in the middles of equal parts."""
    if count <= most:
        return list(range(count))
    return [(2 * place + 1) * count // (2 * most) for place in range(most)]


def _reduced(frame: Frame, side: int) -> Frame:
    """A copy of a frame, no longer than `side`."""
    import cv2
    import numpy as np

    height, width = frame.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return frame.copy()
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
