"""What a reader keeps of a video: for each second, the sum of what stands out from its frames and
does not move with the scene.

Memory is flat in length: the small frames of a second, and a plane for each second of the round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.video.motion import Plane, Way, sum_of_what_stands, way_between
from engine.trust.watermark.video.pattern import MIN_LONG_SIDE, SEGMENTS

LONG_SIDE: Final = 384
"""Pixels of the longer side that readers see."""
LEAST_LONG_SIDE: Final = MIN_LONG_SIDE // 2
"""Pixels below which nothing can be read: the half of what can be marked."""

_AROUND: Final = (9, 9)  # pixels of what is around; waves are at most 13 long
_USUAL: Final = 3.0  # levels of detail; above it a place counts for little


def gather(
    chunks: Iterator[NDArray[np.uint8]], fps: Fraction, seconds: int | None = None
) -> dict[int, Plane]:
    """Look at the frames (time, height, width, 3) of the first `seconds` once, or at all.

    Returns sums of one shape by second of the round, none where there is nothing to be read.
    """
    most = None if seconds is None else int(seconds * fps)
    planes: dict[int, Plane] = {}
    for second, shot in _shots(islice(_small(chunks), most), fps):
        seen = shot.standing()
        planes[second] = planes[second] + seen if second in planes else seen
    return planes


@dataclass
class _Shot:
    """Frames of one second and one camera's way."""

    second: int
    last: Plane
    details: list[Plane]
    ways: list[Way] = field(default_factory=list)

    def continued(self, frame: Plane, second: int) -> bool:
        """Take the next frame, if it belongs to this shot."""
        way = way_between(self.last, frame) if second == self.second else None
        if way is None:
            return False
        self.last = frame
        self.details.append(standing_out(frame))
        self.ways.append(way)
        return True

    def standing(self) -> Plane:
        return sum_of_what_stands(self.details, self.ways)


def _shots(frames: Iterator[Plane], fps: Fraction) -> Iterator[tuple[int, _Shot]]:
    """The shots, each with its second of the round."""
    shot: _Shot | None = None
    for number, frame in enumerate(frames):
        second = int(number / fps) % SEGMENTS
        if shot is not None and not shot.continued(frame, second):
            yield shot.second, shot
            shot = None
        if shot is None:
            shot = _Shot(second, frame, [standing_out(frame)])
    if shot is not None:
        yield shot.second, shot


def _small(chunks: Iterator[NDArray[np.uint8]]) -> Iterator[Plane]:
    """Luma as readers see it, until there is nothing left or nothing to be read."""
    for chunk_THWC in chunks:
        if max(chunk_THWC.shape[1:3]) < LEAST_LONG_SIDE:
            return
        yield from map(seen_by_readers, chunk_THWC)


def seen_by_readers(frame: NDArray[np.uint8]) -> Plane:
    """The luma of a frame (height, width, 3) at the size in which it is looked at."""
    height, width = frame.shape[:2]
    scale = LONG_SIDE / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.resize(luma, size, interpolation=how), np.float32)


def standing_out(frame: Plane) -> Plane:
    """Detail, the less the more of it there is around: an edge of the scene is no mark."""
    detail = frame - cv2.blur(frame, _AROUND)
    around = cv2.sqrt(np.maximum(cv2.blur(detail * detail, _AROUND), 0))
    return np.asarray(detail / (around + _USUAL), np.float32)
