"""Looking for registered passages in pictures and videos, while they stream by.

Similarity is the cosine between signs.  A first look compares the lowest frequencies of single
frames; a passage that resembles is then laid over the video at every moment, in every window, as it
is and mirrored, and counts as found where both its appearance and its motion agree.

Shapes: N frames of the video, K frames of the passage, O moments, W windows, F frequencies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from engine.trust.takedown.frame_signs import frequencies, lowest, mirrored, signs
from engine.trust.takedown.passages import FRAMES, STEP, Passage
from engine.values import Clip, Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

VERSION: Final = "1"
"""Of the hashes and of how they are compared; goes into the audit log."""

# Where copies and others part was measured: tests/benchmarks/takedown.py.
APPEARANCE: Final = 0.75
MOTION: Final = 0.62
ALONE: Final = 0.84
"""What the appearance must reach where there is no motion to compare."""
AGREED: Final = 0.515
"""What the appearance must reach once what speaks against it is taken off.

A copy loses what was weak; what is strong in it and otherwise in the registered material is another
thing in the same place, such as a triangle where a star was.
"""

_STRONG: Final = ((1.0, 1.0), (2.0, 2.0))
_FEW: Final = 10
_TRIED: Final = 6
"""Placings that are looked at closely."""
_RESEMBLES: Final = 0.55
_STILL: Final = 8.0
"""Changed frequencies below which two passages count as equally still."""
_MOVING: Final = 64.0
_FINEST: Final = 16
"""Frames a second that are looked at, at the most."""
_BLOCK: Final = 96
_LEAST: Final = 4
"""Frames of a passage that must lie in the video, where it is long enough."""


@dataclass(frozen=True)
class Match:
    """A registered request whose material was met; similarities are cosines, 1 is the same."""

    request: int
    appearance: float
    motion: float
    seconds: float
    mirrored: bool


class Index:
    """Registered passages made ready to be looked for."""

    def __init__(self, passages: Mapping[int, Sequence[Passage]]) -> None:
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
        self._first = 0
        self._number = 0

    def see(self, chunk_THWC: NDArray[np.uint8]) -> Match | None:
        """Look at further frames; the answer is what was found among all so far, if anything."""
        for frame in chunk_THWC:
            if self._number % self._every == 0:
                self._strengths.append(frequencies(frame))
            self._number += 1
            if len(self._strengths) >= self._kept + _BLOCK:
                found = self.end()
                if found is not None:
                    return found
                self._first += len(self._strengths) - self._kept
                self._strengths = self._strengths[-self._kept :]
        return None

    def end(self) -> Match | None:
        """What was found in what has not been answered for yet."""
        import numpy as np

        if not self._strengths:
            return None
        strength_NF = np.stack(self._strengths)
        change_NF = np.zeros_like(strength_NF)
        change_NF[self._lag :] = strength_NF[self._lag :] - strength_NF[: -self._lag]
        for flip in (False, True):
            turn = mirrored() if flip else np.int8(1)
            found = self._look(_Shown(strength_NF * turn), _Shown(change_NF * turn), flip)
            if found is not None:
                return found
        return None

    def _look(self, appearance: _Shown, change: _Shown, flip: bool) -> Match | None:
        count = len(appearance.signs_NF)
        for number in self._index.resembling(appearance.signs_NF[:: self._lag]):
            request, passage = self._index.passages[number]
            laid = _Laid(passage, count, self._rate, self._lag)
            place, alike, motion = laid.best(appearance, change)
            if place is not None:
                seconds = max(0.0, (self._first + place) / self._rate)
                return Match(request, alike, motion, seconds, flip)
        return None


class _Shown:
    """What a video shows, as strengths and as signs, both of shape (N, F)."""

    def __init__(self, strength_NF: Floats) -> None:
        import numpy as np

        self.strength_NF = strength_NF
        self.signs_NF = signs(strength_NF).astype(np.float32)


class _Laid:
    """A passage laid over a video at every moment at which enough of it fits."""

    def __init__(self, passage: Passage, count: int, rate: float, lag: int) -> None:
        import numpy as np

        self._passage = passage
        steps_K = np.round(np.arange(len(passage.appearance_KWF)) * passage.step * rate).astype(int)
        fit = 1 + int((count - 1) / max(1.0, passage.step * rate))
        least = min(len(steps_K), _LEAST, fit)
        self.begins_O = np.arange(-int(steps_K[-1]), count)
        places_OK = self.begins_O[:, None] + steps_K
        within_OK = (places_OK >= 0) & (places_OK < count)
        enough = within_OK.sum(1) >= least
        self.begins_O, places_OK, within_OK = (
            part[enough] for part in (self.begins_O, places_OK, within_OK)
        )
        self._places_OK = np.where(within_OK, places_OK, 0)
        self._seen_OK = within_OK.astype(np.float32)
        moving = within_OK & (places_OK >= lag)
        moving[:, 0] = False
        self._moving_OK = moving.astype(np.float32)

    def best(self, shown: _Shown, changed: _Shown) -> tuple[int | None, float, float]:
        """The moment at which most agrees, with appearance and motion; None if it never does."""
        import numpy as np

        passage = self._passage
        dots, own, theirs = self._sums(passage.appearance_KWF, shown.signs_NF, self._seen_OK)
        appearance_OW = dots / np.sqrt(np.maximum(own * theirs, 1))
        dots, own, theirs = self._sums(passage.change_KWF, changed.signs_NF, self._moving_OK)
        motion_OW = (dots + _STILL) / np.sqrt((own + _STILL) * (theirs + _STILL))
        alone_OW = np.maximum(own, theirs) < _MOVING
        needed_OW = np.where(alone_OW, ALONE, APPEARANCE)
        good_OW = (appearance_OW >= needed_OW) & (motion_OW >= MOTION)
        if not good_OW.any():
            return None, 0.0, 0.0
        score_OW = np.where(good_OW, appearance_OW + motion_OW, -1)
        order = np.argsort(score_OW, axis=None)[::-1][:_TRIED]
        best: tuple[float, int, int] = (AGREED, -1, -1)
        for place in order[score_OW.ravel()[order] > 0]:
            o, w = divmod(int(place), score_OW.shape[1])
            against = self._against(passage.appearance_KWF[:, w], shown, self._seen_OK[o] > 0, o)
            against += self._against(passage.change_KWF[:, w], changed, self._moving_OK[o] > 0, o)
            best = max(best, (float(appearance_OW[o, w]) - 2 * against, o, w))
        _, o, w = best
        if o < 0:
            return None, 0.0, 0.0
        return int(self.begins_O[o]), float(appearance_OW[o, w]), float(motion_OW[o, w])

    def _against(
        self, passage_KF: NDArray[np.int8], shown: _Shown, meets_K: NDArray[np.bool_], o: int
    ) -> float:
        """The share of what is strong in the video and otherwise in the passage; the very strong
        counts twice more.
        """
        import numpy as np

        strength_KF = shown.strength_NF[self._places_OK[o][meets_K]]
        otherwise_KF = np.sign(strength_KF) != passage_KF[meets_K]
        total = 0.0
        for level, weight in _STRONG:
            strong_KF = np.abs(strength_KF) > level
            contradicting = np.count_nonzero(strong_KF & otherwise_KF)
            total += weight * contradicting / (np.count_nonzero(strong_KF) + _FEW)
        return total

    def _sums(
        self, passage_KWF: NDArray[np.int8], video_NF: Floats, counts_OK: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Products and squares over the frames that meet, each of shape (O, W)."""
        import numpy as np

        own_KWF = passage_KWF.astype(np.float32)
        squares_KW = np.einsum("kwf,kwf->kw", own_KWF, own_KWF)
        squares_N = np.einsum("nf,nf->n", video_NF, video_NF)
        dots = np.zeros((len(counts_OK), own_KWF.shape[1]), np.float32)
        for k, own_WF in enumerate(own_KWF):
            dots += (video_NF @ own_WF.T)[self._places_OK[:, k]] * counts_OK[:, k, None]
        own = counts_OK @ squares_KW
        theirs = (squares_N[self._places_OK] * counts_OK).sum(1)[:, None]
        return dots, own, np.broadcast_to(theirs, own.shape)


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
