"""What is seen of each wave of the tile in a video, for every way in which tiles may lie there.

To turn and scale a video back, lay its tiles over each other and take their spectrum is to ask the
video's own spectrum at the places where the waves then lie.  So it is transformed once, with room
around it, and read between its grid points: a way to lie costs some tens of microseconds.

Shapes: L lies, K segments, W waves, Y rows and X columns of a spectrum.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.video.motion import Plane
from engine.trust.watermark.video.pattern import HIGHEST, LOWEST, waves

Spectra = NDArray[np.complex64]
"""What is seen of all waves in all segments, of shape (lies, segments, waves)."""
Numbers = NDArray[np.float64]

_ROOM: Final = 3
"""Sides of the transform over the video's: between its points, the edges fade by a tenth."""

_NUM_RINGS: Final = 5
_LOADING: Final = 0.1
_MOST: Final = 0.7


class Sight:
    """The segments of a video, one plane each, all of one shape."""

    def __init__(self, planes: Sequence[Plane], most_tiles: float) -> None:
        height, width = planes[0].shape
        self._long = max(height, width)
        reach = HIGHEST * most_tiles / self._long  # waves a pixel
        spectra = [_spectrum(plane, reach) for plane in planes]
        self._grid_PK = np.stack([spectrum.ravel() for spectrum in spectra], axis=1)
        self._rows, self._columns = spectra[0].shape
        self._points = tuple(_points(side) for side in (height, width))

    def waves_of(self, tiles_L: Numbers, turn_L: Numbers) -> Spectra:
        """So many tiles along the longer side, turned by so many degrees about the middle, from
        where places count.
        """
        step_L = tiles_L / self._long
        across_L, along_L = (step_L * f(np.radians(turn_L)) for f in (np.cos, np.sin))
        rows_W, columns_W = waves()
        y_LW = np.multiply.outer(across_L, rows_W) - np.multiply.outer(along_L, columns_W)
        x_LW = np.multiply.outer(across_L, columns_W) + np.multiply.outer(along_L, rows_W)
        return self._between(y_LW, x_LW).transpose(0, 2, 1)

    def _between(self, y_LW: Numbers, x_LW: Numbers) -> NDArray[np.complex64]:
        """The spectra at frequencies in waves a pixel, on straight lines between four points."""
        y0, y1, low = _split(y_LW * self._points[0], self._rows)
        x0, x1, left = _split(x_LW * self._points[1], self._columns)
        found = np.zeros((*y_LW.shape, self._grid_PK.shape[1]), np.complex64)
        for row, share in ((y0, 1 - low), (y1, low)):
            for column, part in ((x0, 1 - left), (x1, left)):
                found += (share * part)[..., None] * self._grid_PK[row * self._columns + column]
        return found


def _points(side: int) -> int:
    """Of the transform of so many pixels."""
    return int(cv2.getOptimalDFTSize(_ROOM * side))


def _spectrum(plane: Plane, reach: float) -> NDArray[np.complex64]:
    """The plane's transform about its middle, up to `reach` waves a pixel each way."""
    height, width = plane.shape
    rows, columns = _points(height), _points(width)
    with_room = np.zeros((rows, columns), np.float32)
    with_room[:height, :width] = plane
    centred = np.roll(with_room, (-(height // 2), -(width // 2)), (0, 1))
    far_y, far_x = (int(np.ceil(reach * points)) + 1 for points in (rows, columns))
    whole = np.fft.fft2(centred)
    near = whole[np.ix_(np.arange(-far_y, far_y + 1), np.arange(-far_x, far_x + 1))]
    return np.asarray(near, np.complex64)


def _split(
    place: Numbers, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The grid points on both sides of places that count from the middle, and the way between."""
    place = np.clip(place + count // 2, 0, count - 1)
    before = np.minimum(place.astype(np.int64), count - 2)
    return before, before + 1, (place - before).astype(np.float32)


def mirrored(seen_LKW: Spectra) -> Spectra:
    """The waves of the tiles' mirror images, which are turned the other way.

    A picture is real: its wave (rows, -columns) is the conjugate of (-rows, columns).
    """
    upside_down_W, own_W = _upside_down()
    turned = seen_LKW[..., upside_down_W].conj()
    return np.asarray(np.where(own_W, seen_LKW, turned), np.complex64)


@lru_cache(maxsize=1)
def _upside_down() -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where the wave (-rows, columns) stands, and which waves have no columns: they are their own
    mirror images.
    """
    places = {wave: place for place, wave in enumerate(zip(*waves(), strict=True))}
    upside_down = [places.get((-row, column), place) for (row, column), place in places.items()]
    return np.array(upside_down), waves().columns == 0


def evened(seen_LKW: Spectra, alone: bool) -> Spectra:
    """The waves, each ring of one size; no wave counts for more than a few.

    `alone`: freed of what all segments share, a picture that stands still.  What they have in
    common in a ring of frequencies is told by their covariance, whose inverse takes it away (a
    matched filter in coloured noise).  Where codecs carried one segment's tile on into the next
    ones, that would take the mark away as well; then it is better left.
    """
    even_LKW = np.empty_like(seen_LKW)
    for ring in _rings():
        part = np.ascontiguousarray(seen_LKW[..., ring])
        if alone:
            part = _freed(part)
        size = np.abs(part)
        middle = size.shape[-1] // 2  # np.median takes six times as long
        most = _MOST * np.partition(size, middle, axis=-1)[..., middle, None] + 1e-12
        even_LKW[..., ring] = part / np.maximum(size, most)
    return even_LKW


def _freed(part_LKW: Spectra) -> Spectra:
    covariance = part_LKW @ part_LKW.conj().transpose(0, 2, 1) / part_LKW.shape[2]
    each = np.eye(part_LKW.shape[1])
    mean_L = np.trace(covariance, axis1=1, axis2=2).real / len(each)
    loading = (_LOADING * mean_L + 1e-9)[:, None, None] * each
    return np.asarray(np.linalg.solve(covariance + loading, part_LKW), np.complex64)


@lru_cache(maxsize=1)
def _rings() -> tuple[NDArray[np.bool_], ...]:
    """The waves by their frequency: the picture has more of the lower ones."""
    radius = np.hypot(waves().rows, waves().columns)
    edges = np.linspace(LOWEST, HIGHEST + 0.01, _NUM_RINGS + 1)
    return tuple((radius >= low) & (radius < high) for low, high in pairwise(edges))
