"""Finding where and how the tiles lie: size, turn, mirror image and place, by the pilot alone.

Each way of lying is tried: the video is turned back, its tiles are laid over each other, and the
result, with and without what all segments share, is correlated with the pilot over all places at
once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.video.motion import Plane
from engine.trust.watermark.video.pattern import (
    HIGHEST,
    LOWEST,
    SIDE,
    TILES,
    Spectrum,
    layout,
    waves,
)

GATE: Final = 7.0
"""Deviations above which a pilot counts as found; noise reaches about 6 in all that is tried."""
FAINT_GATE: Final = 5.5
"""The same where a number is only looked for: that it is there must be shown by its own waves."""

_FINE: Final = 4  # places a pixel, when it is refined
_REFINED: Final = 8
Spectra = NDArray[np.complex64]
"""The waves of all segments, of shape (segments, waves)."""

_NUM_RINGS: Final = 5
_LOADING: Final = 0.1
_MOST: Final = 0.7


@dataclass(frozen=True)
class Lie:
    """How tiles lie in a video.

    `tiles` along the longer side, `turn` in degrees, `mirrored` left to right; `row` and `column`
    are where a tile begins, in pixels of `SIDE` a tile; `score` is the pilot's height in
    deviations.  `alone` says whether what segments share was taken away to see it.
    """

    tiles: float
    turn: float = 0.0
    mirrored: bool = False
    row: float = 0.0
    column: float = 0.0
    score: float = 0.0
    alone: bool = True


def plain_lies() -> Iterator[Lie]:
    """As it was made, scaled as a whole at most."""
    for mirrored in (False, True):
        yield Lie(TILES, mirrored=mirrored)


def cut_lies() -> Iterator[Lie]:
    """Cut to half of each side at most."""
    return _lies(0.46 * TILES, turns=(0.0,))


def turned_lies() -> Iterator[Lie]:
    """Turned by a few degrees, and cut by a third at most."""
    return _lies(0.66 * TILES, turns=[turn / 2 for turn in range(-10, 11) if turn])


def _lies(least: float, turns: Sequence[float]) -> Iterator[Lie]:
    tiles = TILES * 1.02
    while tiles > least:
        for turn in turns:
            for mirrored in (False, True):
                yield Lie(tiles, turn, mirrored)
        tiles *= 0.99


def likely_lies(
    planes: Mapping[int, Plane], key: MarkKey, lies: Iterable[Lie], gate: float = GATE
) -> list[Lie]:
    """The lies whose pilot counts as found, refined, the highest first; all segments speak.

    The pilot's heights near the true one differ by chance, so that the number may stand in another
    than the highest.
    """
    tried = sorted((_scored(planes, key, lie) for lie in lies), key=_height, reverse=True)
    refined = sorted(
        (_refined(planes, key, lie) for lie in tried[:_REFINED]), key=_height, reverse=True
    )
    return [lie for lie in refined if lie.score >= gate]


def segments_of(planes: Mapping[int, Plane], lie: Lie) -> dict[int, Spectrum]:
    """The waves of each segment as they are seen in a video that lies so."""
    return _spectra(planes, _seen(planes, lie), lie.alone)


def _seen(planes: Mapping[int, Plane], lie: Lie) -> Spectra:
    """The waves of each segment, all tiles laid over each other."""
    stacked = np.dstack(list(planes.values()))
    height, width, segments = stacked.shape
    if lie.mirrored:
        stacked = stacked[:, ::-1]
    scale = SIDE * lie.tiles / max(height, width)
    rows, columns = (-(-int(side * scale) // SIDE) + 1 for side in (height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -lie.turn, scale)
    # The upper left corner stays where a video that was not turned has it.
    matrix[:, 2] += [width / 2 * (scale - 1), height / 2 * (scale - 1)]
    laid = cv2.warpAffine(stacked, matrix, (columns * SIDE, rows * SIDE), flags=cv2.INTER_LINEAR)
    tiles_KYX = laid.reshape(rows, SIDE, columns, SIDE, segments).sum((0, 2)).transpose(2, 0, 1)
    spectrum = np.fft.rfft2(tiles_KYX)[:, waves().rows % SIDE, waves().columns]
    return np.asarray(spectrum, np.complex64)


def _spectra(planes: Mapping[int, Plane], seen_KW: Spectra, alone: bool) -> dict[int, Spectrum]:
    """The waves by segment, each ring of one size; no wave counts for more than a few.

    `alone`: freed of what all segments share, a picture that stands still.  What they have in
    common in a ring of frequencies is told by their covariance, whose inverse takes it away (a
    matched filter in coloured noise).  Where codecs carried one segment's tile on into the next
    ones, that would take the mark away as well; then it is better left.
    """
    even_KW = np.empty_like(seen_KW)
    for ring in _rings():
        part = seen_KW[:, ring]
        if alone:
            covariance = part @ part.conj().T / part.shape[1]
            loading = _LOADING * float(np.trace(covariance).real) / len(planes) + 1e-9
            part = np.linalg.solve(covariance + loading * np.eye(len(planes)), part)
        size = np.abs(part)
        middle = size.shape[1] // 2  # np.median takes six times as long
        most = _MOST * np.partition(size, middle, axis=1)[:, middle, None] + 1e-12
        even_KW[:, ring] = part * np.minimum(1, most / np.maximum(size, 1e-12)) / most
    return dict(zip(planes, even_KW, strict=True))


@lru_cache(maxsize=1)
def _rings() -> tuple[NDArray[np.bool_], ...]:
    """The waves by their frequency: the picture has more of the lower ones."""
    radius = np.hypot(waves().rows, waves().columns)
    edges = np.linspace(LOWEST, HIGHEST + 0.01, _NUM_RINGS + 1)
    pairs = pairwise(edges)
    return tuple((radius >= low) & (radius < high) for low, high in pairs)


def at_place(seen: Spectrum, lie: Lie) -> Spectrum:
    """The waves as they are seen from where a tile begins."""
    ring = waves()
    turns = (ring.rows * lie.row + ring.columns * lie.column) / SIDE
    return np.asarray(seen * np.exp(2j * np.pi * turns), np.complex64)


def _scored(planes: Mapping[int, Plane], key: MarkKey, lie: Lie, fine: int = 1) -> Lie:
    """The lie with the best place, seen in the better of both ways."""
    seen_KW = _seen(planes, lie)
    return max(
        (
            _placed(
                _surface(_spectra(planes, seen_KW, alone), key, fine), replace(lie, alone=alone)
            )
            for alone in (True, False)
        ),
        key=_height,
    )


def _placed(surface: Plane, lie: Lie) -> Lie:
    fine = len(surface) // SIDE
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    score = (surface[row, column] - surface.mean()) / max(float(surface.std()), 1e-12)
    return replace(lie, row=row / fine, column=column / fine, score=float(score))


def _surface(segments: Mapping[int, Spectrum], key: MarkKey, fine: int) -> Plane:
    """The pilot's correlation for every place where a tile may begin."""
    ring, side = waves(), SIDE * fine
    half = np.zeros((side, side // 2 + 1), np.complex64)
    for segment, seen in segments.items():
        half[ring.rows % side, ring.columns] += seen * _pilot(key, segment)
    own = ring.columns == 0
    half[-ring.rows[own] % side, 0] = half[ring.rows[own] % side, 0].conj()
    return np.asarray(np.fft.irfft2(half, s=(side, side)), np.float32)


@lru_cache(maxsize=64)
def _pilot(key: MarkKey, segment: int) -> Spectrum:
    """What the pilot's waves are multiplied with; 0 for the others."""
    lay = layout(key, segment)
    return np.asarray(np.where(lay.pilot, lay.carrier.conj(), 0), np.complex64)


def _height(lie: Lie) -> float:
    return lie.score


def _refined(planes: Mapping[int, Plane], key: MarkKey, lie: Lie) -> Lie:
    """The best of its neighbours, three times nearer each time."""
    best = _scored(planes, key, lie, _FINE)
    for step in (1.0, 0.4, 0.15):
        around = [
            replace(
                best, tiles=best.tiles * (1 + 0.005 * step * a), turn=best.turn + 0.3 * step * b
            )
            for a in (-1, 0, 1)
            for b in (-1, 0, 1)
        ]
        best = max((_scored(planes, key, each, _FINE) for each in around), key=_height)
    return best
