"""Laying the pattern over frames, in patches: fainter where the picture is flat, stronger where it
is busy.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.message import encode
from engine.trust.watermark.video.pattern import (
    MIN_LONG_SIDE,
    MIN_SECONDS,
    SEGMENTS,
    TILES,
    tile,
)
from engine.trust.watermark.video.places import EVERYWHERE, Laying, laying_for, patches, shares

USUAL: Final = 1.1
"""Deviation of what is added everywhere, in levels of 255, but for what `places.py` makes of it: 46
to 51 dB below the picture, all frames together.
"""
STRONGEST: Final = 1.52
"""The same for a video in which that could not be read, and then it is laid everywhere: 44 dB."""

_FIRST: Final = 1.8
"""How much stronger the first frame of a shot is marked: codecs code it whole and carry it on."""
_PAID_BACK: Final = 1 / 24
_LEAST_DEBT: Final = 0.5
_ANOTHER: Final = 12.0  # levels of mean difference: another shot

_DRAWN: Final = 256  # pixels of a tile's side before it is fitted to the frame
_REACH: Final = 4  # pixels that interpolation looks at on each side
_PLAIN: Final = 0.6
"""The least that shares count together: what is plain all over would show more than is needed."""

Chunk = NDArray[np.uint8]
Plane = NDArray[np.float32]


def unfit(width: int, height: int, seconds: float) -> str:
    """Why a video of this size and length cannot carry the mark; '' if it can."""
    if max(width, height) < MIN_LONG_SIDE:
        return f"too small ({width} x {height} pixels; from {MIN_LONG_SIDE} on)"
    if seconds < MIN_SECONDS:
        return f"too short ({seconds:.1f} s; from {MIN_SECONDS:.1f} s on)"
    return ""


def mark_frames(
    chunks: Iterator[Chunk],
    *,
    id: int,
    key: MarkKey,
    fps: Fraction,
    strength: float = USUAL,
) -> Iterator[Chunk]:
    """The frames (time, height, width, 3) with a number in them, one chunk at a time.

    `strength` is the deviation of what is added everywhere, in levels; the usual one and less are
    laid as `places.py` says.
    """
    coded = encode(id)
    shots = _Shots()
    patched = strength <= USUAL
    laying, shown = EVERYWHERE, -1
    first = 0
    for chunk_THWC in chunks:
        marked = np.empty_like(chunk_THWC)
        height, width = chunk_THWC.shape[1:3]
        for number, frame in enumerate(chunk_THWC, first):
            segment = int(number / fps) % SEGMENTS
            pattern = _pattern(key, coded.tobytes(), segment, height // 2, width // 2)
            share = shares(frame)
            usual = strength * shots.share(frame)
            if patched and (segment != shown or shots.begun):
                laying, shown = laying_for(frame, share), segment
            marked[number - first] = _laid(frame, pattern, share, usual, laying)
        first += len(chunk_THWC)
        yield marked


class _Shots:
    """How strongly each frame is marked: the first of a shot more, and for it the others less.

    `begun` says whether the last frame began a shot.
    """

    def __init__(self) -> None:
        self.begun = False
        self._before: Chunk | None = None
        self._debt = 0.0  # energy that was spent beyond the usual, in frames

    def share(self, frame: Chunk) -> float:
        """What the usual strength is multiplied with."""
        height, width = frame.shape[:2]
        size = (max(width // 16, 1), max(height // 16, 1))
        small = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_NEAREST), np.uint8)
        before, self._before = self._before, small
        self.begun = bool(before is None or cv2.absdiff(before, small).mean() > _ANOTHER)
        begins = self.begun and self._debt <= _LEAST_DEBT
        energy = _FIRST**2 if begins else 1 - _PAID_BACK * self._debt
        self._debt += energy - 1
        return float(np.sqrt(energy))


@lru_cache(maxsize=SEGMENTS + 1)
def _pattern(key: MarkKey, coded: bytes, segment: int, height: int, width: int) -> Plane:
    """The pattern at half the frame's size, with deviation 1 where it is laid over the frame."""
    drawn = tile(key, np.frombuffer(coded, np.int8), segment, _DRAWN)
    # OpenCV 5.0.0 does not wrap in large pictures, so nothing may be asked for beyond the edges.
    wide = np.pad(drawn, _REACH, mode="wrap")
    step = _DRAWN * TILES / max(height, width)  # pixels of the drawn tile for each of ours
    rows, columns = (
        ((np.arange(side) * step) % _DRAWN + _REACH).astype(np.float32) for side in (height, width)
    )
    laid = cv2.remap(wide, *np.meshgrid(columns, rows), cv2.INTER_CUBIC)
    return np.asarray(laid / _fitted(laid, (2 * width, 2 * height)).std(), np.float32)


def _laid(frame: Chunk, pattern: Plane, share: Plane, strength: float, laying: Laying) -> Chunk:
    scale = strength / max(float(np.sqrt(np.square(share).mean())), _PLAIN)
    if laying.part < 1:
        share = cv2.multiply(share, patches(*share.shape, laying.part))
    scale *= laying.stronger
    added = _fitted(cv2.multiply(pattern, share, scale=scale), (frame.shape[1], frame.shape[0]))
    return added_to(frame, added)


def _fitted(plane: NDArray[Any], size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.float32)


def added_to(frame: Chunk, added: NDArray[np.float32]) -> Chunk:
    """A frame (height, width, 3) with levels added to all its colours alike, or to each its own."""
    # Sums of bytes that stop at 0 and 255 are quick; so up and down are added apart.
    lifted = cv2.convertScaleAbs(added.reshape(len(added), -1), alpha=1.0, beta=128.0)
    up, down = cv2.subtract(lifted, 128.0), cv2.subtract(128.0, lifted)
    if added.ndim == 2:
        up, down = cv2.merge([up, up, up]), cv2.merge([down, down, down])
    whole = cv2.subtract(cv2.add(frame, up.reshape(frame.shape)), down.reshape(frame.shape))
    return np.asarray(whole, np.uint8)
