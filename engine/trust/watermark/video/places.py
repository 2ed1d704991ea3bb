"""Where in a frame the pattern is laid, and how strongly: as its bits are cheapest.

Codecs leave out what is faint, and pay for what they keep by the place.  So in clean pictures the
same waves are read as surely, and cost fewer bits, when they lie in patches at half their strength
again.  How large a part the patches take, the picture says: what stands out from it by itself is
the reader's noise, and in grain, which codecs code anyway, more costs nothing.  Pictures that are
rich in detail all over are another matter: there everything is coded, each bit of strength is paid
for, and the pattern lies everywhere and fainter.

In either way it is fainter where a picture is flat, and stronger where it is busy.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.video.gathering import seen_by_readers, standing_out

Frame = NDArray[np.uint8]
Plane = NDArray[np.float32]


class Laying(NamedTuple):
    """The part of the places that the pattern takes, and how much stronger it is there."""

    part: float
    stronger: float


EVERYWHERE: Final = Laying(1.0, 1.0)
_RICH: Final = Laying(1.0, 0.82)
_RICH_SHARE: Final = 0.95
"""The share that four fifths of the places exceed in pictures of which everything is coded."""

_STRONGER: Final = 1.5
_LEAST: Final = 0.3
_MOST: Final = 0.6
_QUIET: Final = 0.2
"""What stands out (its mean square) in pictures that need no more than the least part."""
_CLEAN: Final = 2.0  # levels of noise that pictures may have, and still count as clean
_NOISE: Final = 0.1  # part of the places for each level beyond
_STEPS: Final = 20

_ALONG: Final = 20  # patches along the longer side: four a tile
# The plastic number's sequence covers the plane evenly, and never in step with the tiles.
_DOWN: Final = 0.7548776662466927
_ACROSS: Final = 0.5698402909980532

_FLAT: Final = 0.5
_BUSY: Final = 2.0
_ACTIVITY: Final = 6.0  # levels of mean detail that add one to the share
_LUMA: Final = np.array([[0.2126, 0.7152, 0.0722]], np.float32)

_SECOND_DIFFERENCES: Final = np.outer([1, -2, 1], [1, -2, 1]).astype(np.float32)
_OF_NOISE: Final = 6 * 0.6745  # the median of what they make of noise of deviation 1
_SPARSE: Final = 5


def laying_for(frame: Frame, share: Plane) -> Laying:
    """How the pattern lies best in a shot that looks like this frame (height, width, 3), whose
    places take `share` of it.
    """
    if float(np.quantile(share[::_SPARSE, ::_SPARSE], 0.2)) > _RICH_SHARE:
        return _RICH
    detail = standing_out(seen_by_readers(frame))
    busy = float(np.square(detail).mean())
    more = max(busy - _QUIET, 0) + _NOISE * max(_grain(frame) - _CLEAN, 0)
    return Laying(round(min(_LEAST + more, _MOST) * _STEPS) / _STEPS, _STRONGER)


def _grain(frame: Frame) -> float:
    """The deviation of a frame's noise in levels (after Immerkaer 1996, by the median)."""
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    sharp = cv2.filter2D(luma, cv2.CV_16S, _SECOND_DIFFERENCES)
    return float(np.median(np.abs(sharp[::_SPARSE, ::_SPARSE]))) / _OF_NOISE


@lru_cache(maxsize=8)
def patches(height: int, width: int, part: float) -> Plane:
    """1 where the pattern lies and 0 where it does not, soft between."""
    side = max(max(height, width) / _ALONG, 1.0)
    rows, columns = ((np.arange(length) / side).astype(int) for length in (height, width))
    order = (rows[:, None] * _DOWN + columns * _ACROSS) % 1.0
    soft = int(side / 4) * 2 + 1
    return np.asarray(cv2.blur((order < part).astype(np.float32), (soft, soft)), np.float32)


def shares(frame: Frame) -> Plane:
    """How much of the pattern each place of a frame (height, width, 3) takes, from the detail of
    its luma (BT.709), at half its size.
    """
    height, width = frame.shape[0] // 2, frame.shape[1] // 2
    luma = cv2.transform(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), _LUMA)
    detail = cv2.absdiff(luma, cv2.blur(luma, (5, 5)))
    small = (max(width // 8, 1), max(height // 8, 1))
    coarse = cv2.resize(detail, small, interpolation=cv2.INTER_AREA).astype(np.float32)
    share = np.clip(_FLAT + cv2.blur(coarse, (3, 3)) / _ACTIVITY, _FLAT, _BUSY)
    return np.asarray(
        cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )
