"""Reading the number out of a video, however it was scaled, cut, turned or mirrored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.message import CODED_BITS, NOBODY, Known, decode, encode
from engine.trust.watermark.reading import Reading
from engine.trust.watermark.video.gathering import gather
from engine.trust.watermark.video.motion import Plane
from engine.trust.watermark.video.pattern import SEGMENTS, Layout, layout
from engine.trust.watermark.video.search import (
    FAINT_GATE,
    GATE,
    MOST_TILES,
    Lie,
    Search,
    cut_lies,
    plain_lies,
    turned_lies,
)
from engine.trust.watermark.video.sight import Sight, Spectra

_LEAST_CLEAR: Final = 0.05
_STANDS: Final = 4.0
"""Deviations from which a number that was decoded is there: check bits alone pass once in 2^14."""


def read_frames(
    chunks: Iterator[NDArray[np.uint8]],
    *,
    key: MarkKey,
    fps: Fraction,
    changed: bool = True,
    seconds: int | None = None,
    known: Collection[int] = (),
) -> Reading | None:
    """The number that a video carries, None if it carries none made with this key.

    Frames are RGB chunks (time, height, width, 3); those of the first `seconds`, or all, are looked
    at once.  The likely is tried first: as it was made, then, unless it is known not to be
    `changed`, without its beginning, cut, and turned.  A number that is `known` is recognised where
    too little is left to read one that is not.
    """
    return _read(gather(chunks, fps, seconds), key, changed, Known(known))


def _read(
    planes: Mapping[int, Plane], key: MarkKey, changed: bool, known: Known = NOBODY
) -> Reading | None:
    if not planes:
        return None
    sight = Sight(list(planes.values()), MOST_TILES)
    ways: list[tuple[int, Callable[[], Iterable[Lie]]]] = [(0, plain_lies)]
    if changed:
        ways += [(offset, plain_lies) for offset in range(1, SEGMENTS)]
        ways += [(0, cut_lies), (0, turned_lies)]
    gate = FAINT_GATE if known else GATE
    for offset, lies in ways:
        segments = [(second + offset) % SEGMENTS for second in planes]
        search = Search(sight, segments, key)
        for lie in search.likely(lies(), gate):
            number = _number(search.seen(lie), [layout(key, each) for each in segments], lie, known)
            if number is not None:
                return Reading(number, lie.score, len(segments))
    return None


def _number(
    seen_KW: Spectra, layouts: Sequence[Layout], lie: Lie, known: Known = NOBODY
) -> int | None:
    """The number where the tiles lie, if its check bits agree and its waves are there."""
    soft = np.zeros(CODED_BITS, np.float32)
    for seen_W, lay in zip(seen_KW, layouts, strict=True):
        said = (seen_W * lay.carrier.conj()).real
        # A codec that saves keeps little of some segments: each counts as its pilot stands out.
        clear = max(float(said[lay.pilot].mean() / said.std()), _LEAST_CLEAR)
        np.add.at(soft, lay.bit[~lay.pilot], clear * said[~lay.pilot])
    deviation = float(np.sqrt(np.square(soft).sum()))
    number = decode(soft) if lie.score >= GATE else None
    if number is not None and float(soft @ encode(number)) > _STANDS * deviation:
        return number
    found = known.recognised(soft, deviation)
    return None if found is None else found[0]
