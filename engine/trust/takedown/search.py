"""Looking for registered passages in pictures and videos, while they stream by.

A glance compares the lowest frequencies of single frames by the cosine between their signs; a
passage that resembles is then laid over the video (`placing.py`), as it is and mirrored.

Shapes: N frames of the video, F frequencies, S pixels a side, C colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.trust.takedown.frame_signs import frequencies, lowest, mirrored, shrunk
from engine.trust.takedown.passages import FRAMES, STEP, Passage
from engine.trust.takedown.placing import Placing, Shown
from engine.values import Clip, Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.trust.takedown.frame_signs import Shrunk
    from engine.trust.takedown.register import Register

    Floats = NDArray[np.float32]

VERSION: Final = "3"
"""Of the hashes and of how they are compared; goes into the audit log."""

_RESEMBLES: Final = 0.55
_FINEST: Final = 16
"""Frames a second that are looked at, at the most."""
_BLOCK: Final = 96


@dataclass(frozen=True)
class Match:
    """A registered request whose material was met; similarities are cosines, 1 is the same."""

    request: int | str
    appearance: float
    motion: float
    seconds: float
    mirrored: bool


class Index:
    """Registered passages made ready to be looked for."""

    def __init__(
        self, passages: Mapping[int, Sequence[Passage]] | Mapping[int | str, Sequence[Passage]]
    ) -> None:
        import numpy as np

        self.passages = [
            (request, passage) for request, several in passages.items() for passage in several
        ]
        low = lowest()
        rows = [
            passage.appearance_KWF[..., low].reshape(-1, int(low.sum()))
            for _, passage in self.passages
        ]
        self._starts = np.cumsum([0, *map(len, rows)])[:-1]
        self._rows = _unit(np.concatenate(rows).astype(np.float32)) if rows else None

    def __bool__(self) -> bool:
        return bool(self.passages)

    def resembling(self, appearance_NF: Floats) -> list[int]:
        """The numbers of passages that some frame resembles at a first look."""
        import numpy as np

        if self._rows is None:
            return []
        seen = _unit(appearance_NF[:, lowest()])
        best = (self._rows @ seen.T).max(axis=1)
        found = np.maximum.reduceat(best, self._starts) >= _RESEMBLES
        return [int(number) for number in np.flatnonzero(found)]


class Search:
    """A video being looked through; give it every frame in turn, then end it."""

    def __init__(self, index: Index, fps: Fraction) -> None:
        self._index = index
        self._every = max(1, round(fps / _FINEST))
        self._rate = float(fps / self._every)
        self._lag = max(1, round(STEP * self._rate))
        self._kept = max(self._lag, round(FRAMES * STEP * self._rate)) + self._lag
        self._strengths: list[Floats] = []
        self._shrunk: list[Shrunk] = []
        self._first = 0
        self._number = 0

    def see(self, chunk_THWC: NDArray[np.uint8]) -> Match | None:
        """Look at further frames; the answer is what was found among all so far, if anything."""
        for frame in chunk_THWC:
            if self._number % self._every == 0:
                self._shrunk.append(shrunk(frame))
                self._strengths.append(frequencies(self._shrunk[-1]))
            self._number += 1
            if len(self._strengths) >= self._kept + _BLOCK:
                found = self.end()
                if found is not None:
                    return found
                self._first += len(self._strengths) - self._kept
                self._strengths = self._strengths[-self._kept :]
                self._shrunk = self._shrunk[-self._kept :]
        return None

    def end(self) -> Match | None:
        """What was found in what has not been answered for yet."""
        import numpy as np

        if not self._strengths:
            return None
        shown = Shown.of(np.stack(self._strengths), np.stack(self._shrunk), self._lag)
        return self._look(shown) or self._look(shown.flipped(mirrored()))

    def _look(self, shown: Shown) -> Match | None:
        count = len(shown.appearance_NF)
        for number in self._index.resembling(shown.appearance_NF[:: self._lag]):
            request, passage = self._index.passages[number]
            met = Placing(passage, count, self._rate, self._lag).met(shown)
            if met is not None:
                seconds = max(0.0, (self._first + met.begins) / self._rate)
                return Match(request, met.appearance, met.motion, seconds, shown.mirrored)
        return None


def blocking_index(register: Register) -> Index | None:
    """What blocks now, made ready once for every state of the register; None where nothing does.

    Raises StorageFailed where the register is damaged.
    """
    digest = register.digest()
    return (_index_in_state(register, digest) or None) if digest else None


@lru_cache(1)
def _index_in_state(register: Register, digest: str) -> Index:
    """`digest` tells the state for which it was made."""
    return Index(register.blocking())


def search(index: Index, material: Clip | Image) -> Match | None:
    """What of the registered material a video or picture shows, in one pass over it."""
    if isinstance(material, Image):
        looking, chunks = Search(index, Fraction(_FINEST)), iter([material.pixels_HWC[None]])
    else:
        looking, chunks = Search(index, material.fps), iter(material)
    for chunk_THWC in chunks:
        found = looking.see(chunk_THWC)
        if found is not None:
            return found
    return looking.end()


def _unit(rows: Floats) -> Floats:
    import numpy as np

    lengths = np.sqrt(np.einsum("nf,nf->n", rows, rows))
    return np.asarray(rows / np.maximum(lengths, 1)[:, None], np.float32)
