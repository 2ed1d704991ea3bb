"""Finding where and how the tiles lie: size, turn, mirror image and place, by the pilot alone.

Each way of lying is tried: what is then seen of the tile's waves, with and without what all
segments share, is correlated with the pilot over all places at once.

Shapes: L lies, K segments, W waves, Y rows and X columns of places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.video.pattern import SIDE, TILES, Spectrum, layout, waves
from engine.trust.watermark.video.sight import Sight, Spectra, evened, mirrored

GATE: Final = 7.0
"""Deviations above which a pilot counts as found; noise reaches about 6 in all that is tried."""
FAINT_GATE: Final = 5.5
"""The same where a number is only looked for: that it is there must be shown by its own waves."""
MOST_TILES: Final = TILES * 1.04
"""Tiles along the longer side that are looked for at most."""

_AT_ONCE: Final = 32
_FINE: Final = 4  # places a pixel, when it is refined
_NEAR: Final = 2  # pixels around, where they are
_REFINED: Final = 8
Places = NDArray[np.float32]


@dataclass(frozen=True)
class Lie:
    """How tiles lie in a video.

    `tiles` along the longer side, `turn` in degrees, `mirrored` left to right; `row` and `column`
    are where a tile begins, from the middle of the video, in pixels of `SIDE` a tile; `score` is
    the pilot's height in deviations.  `alone` says whether what segments share was taken away to
    see it.
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
    yield Lie(TILES)


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
            yield Lie(tiles, turn)
        tiles *= 0.99


class Search:
    """The search for one key's tiles in what is seen of a video.

    `segments` says which segment each plane of the sight shows.
    """

    def __init__(self, sight: Sight, segments: Sequence[int], key: MarkKey) -> None:
        self._sight = sight
        self._pilot_KW = np.stack([_pilot(key, segment) for segment in segments])

    def likely(self, lies: Iterable[Lie], gate: float = GATE) -> list[Lie]:
        """The lies, and their mirror images, whose pilot counts as found, refined, the highest
        first.

        The pilot's heights near the true one differ by chance, so that the number may stand in
        another than the highest.
        """
        ways, tried = list(lies), list[Lie]()
        for first in range(0, len(ways), _AT_ONCE):
            tried += self._tried(ways[first : first + _AT_ONCE])
        tried.sort(key=_height, reverse=True)
        refined = sorted(map(self._refined, tried[:_REFINED]), key=_height, reverse=True)
        return [lie for lie in refined if lie.score >= gate]

    def seen(self, lie: Lie) -> Spectra:
        """The waves of each segment from where a tile begins, if they lie so, [K, W]."""
        seen_KW = _faced(evened(_looked(self._sight, [lie]), lie.alone), lie.mirrored)[0]
        rows_W, columns_W = waves()
        turns_W = (rows_W * lie.row + columns_W * lie.column) / SIDE
        return np.asarray(seen_KW * np.exp(2j * np.pi * turns_W), np.complex64)

    def _tried(self, lies: Sequence[Lie]) -> list[Lie]:
        """Each lie and its mirror image at its best place, seen in the better of both ways."""
        images = [replace(lie, turn=-lie.turn, mirrored=True) for lie in lies]
        seen_LKW = _looked(self._sight, lies)
        ways = [(alone, evened(seen_LKW, alone)) for alone in (True, False)]
        plain = [self._at_best(lies, even_LKW, alone) for alone, even_LKW in ways]
        turned = [self._at_best(images, mirrored(even_LKW), alone) for alone, even_LKW in ways]
        pairs = [*zip(*plain, strict=True), *zip(*turned, strict=True)]
        return [max(pair, key=_height) for pair in pairs]

    def _at_best(self, lies: Sequence[Lie], even_LKW: Spectra, alone: bool) -> list[Lie]:
        """Each lie at its best place."""
        placed = _placed(self._piloted(even_LKW))
        return [
            replace(lie, alone=alone, row=row, column=column, score=score)
            for lie, (row, column, score) in zip(lies, placed, strict=True)
        ]

    def _refined(self, lie: Lie) -> Lie:
        """The best of its neighbours, three times nearer each time."""
        best = self._nearby(lie, [lie])
        for step in (1.0, 0.4, 0.15):
            around = [
                replace(
                    best, tiles=best.tiles * (1 + 0.005 * step * a), turn=best.turn + 0.3 * step * b
                )
                for a in (-1, 0, 1)
                for b in (-1, 0, 1)
            ]
            best = self._nearby(best, around)
        return best

    def _nearby(self, near: Lie, lies: Sequence[Lie]) -> Lie:
        """The best of lies like `near`, at fine places around its own."""
        seen_LKW = _looked(self._sight, lies)
        rows_Y, columns_X = (_around(place) for place in (near.row, near.column))
        found = []
        for alone in (True, False):
            piloted_LW = self._piloted(_faced(evened(seen_LKW, alone), near.mirrored))
            heights_LYX = _heights(piloted_LW, rows_Y, columns_X)
            for lie, heights_YX in zip(lies, heights_LYX, strict=True):
                y, x = np.unravel_index(int(heights_YX.argmax()), heights_YX.shape)
                row, column, score = (
                    float(each) for each in (rows_Y[y], columns_X[x], heights_YX[y, x])
                )
                found.append(replace(lie, alone=alone, row=row, column=column, score=score))
        return max(found, key=_height)

    def _piloted(self, even_LKW: Spectra) -> Spectra:
        """The pilot's waves of all segments, turned so that they agree where a tile begins."""
        return np.asarray((even_LKW * self._pilot_KW).sum(1), np.complex64)


def _looked(sight: Sight, lies: Sequence[Lie]) -> Spectra:
    """The waves before they are mirrored: a mirrored lie is seen turned the other way."""
    turns = [-lie.turn if lie.mirrored else lie.turn for lie in lies]
    return sight.waves_of(np.array([lie.tiles for lie in lies]), np.array(turns))


def _faced(even_LKW: Spectra, image: bool) -> Spectra:
    return mirrored(even_LKW) if image else even_LKW


def _placed(piloted_LW: Spectra) -> list[tuple[float, float, float]]:
    """The best row, column and height of each, whole pixels of a tile."""
    rows_W, columns_W = waves()
    half_LYX = np.zeros((len(piloted_LW), SIDE, SIDE // 2 + 1), np.complex64)
    half_LYX[:, rows_W % SIDE, columns_W] = piloted_LW
    own = columns_W == 0  # a real picture has their mirror images in the same column
    half_LYX[:, -rows_W[own] % SIDE, 0] = piloted_LW[:, own].conj()
    surface_LP = np.fft.irfft2(half_LYX, s=(SIDE, SIDE)).reshape(len(piloted_LW), -1)
    best_L = surface_LP.argmax(1)
    heights_L = surface_LP[np.arange(len(best_L)), best_L] * (SIDE**2 / 2) / _deviation(piloted_LW)
    return [
        (float(best // SIDE), float(best % SIDE), float(height))
        for best, height in zip(best_L, heights_L, strict=True)
    ]


def _heights(piloted_LW: Spectra, rows_Y: Places, columns_X: Places) -> NDArray[np.float32]:
    """The pilot's heights at some rows and columns, [L, Y, X], in deviations over all places."""
    rows_W, columns_W = waves()
    down_YW = np.exp(2j * np.pi / SIDE * np.multiply.outer(rows_Y, rows_W))
    across_WX = np.exp(2j * np.pi / SIDE * np.multiply.outer(columns_W, columns_X))
    heights = ((piloted_LW[:, None] * down_YW) @ across_WX).real
    return np.asarray(heights / _deviation(piloted_LW)[:, None, None], np.float32)


def _deviation(piloted_LW: Spectra) -> NDArray[np.float32]:
    """Of a sum of waves over all places."""
    energy_L = np.square(np.abs(piloted_LW)).sum(1)
    return np.asarray(np.sqrt(energy_L / 2) + 1e-12, np.float32)


def _around(place: float) -> Places:
    steps = np.arange(-_NEAR * _FINE, _NEAR * _FINE + 1) / _FINE
    return np.asarray(np.round(place * _FINE) / _FINE + steps, np.float32)


@lru_cache(maxsize=64)
def _pilot(key: MarkKey, segment: int) -> Spectrum:
    """What the pilot's waves are multiplied with; 0 for the others."""
    lay = layout(key, segment)
    return np.asarray(np.where(lay.pilot, lay.carrier.conj(), 0), np.complex64)


def _height(lie: Lie) -> float:
    return lie.score
