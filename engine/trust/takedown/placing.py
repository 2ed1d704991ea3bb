"""A registered passage laid over a video: at every moment, in every window, and then more closely.

The first look, at signs of frequencies, finds where the passage might lie; it is lenient, so that
copies changed in several ways are looked at too.  The second look (`likeness.py`) decides.

Shapes: N frames of the video, K frames of the passage, O moments, W windows, F frequencies, S
pixels a side, C colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.trust.takedown.frame_signs import WINDOWS, signs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.trust.takedown.frame_signs import Shrunk
    from engine.trust.takedown.passages import Passage

    Floats = NDArray[np.float32]


class Needed(NamedTuple):
    """Cosines that make a candidate: `alone` is the appearance where there is no motion."""

    appearance: float
    motion: float
    alone: float


# Where copies and others part was measured: tests/benchmarks/takedown.py.
CANDIDATE: Final = Needed(0.57, 0.42, 0.64)
CANDIDATE_PICTURE: Final = Needed(0.78, 0.42, 0.78)
"""For a single frame of the video."""
ONLY_LOOK: Final = Needed(0.75, 0.62, 0.84)
"""For a passage of the first registers, of which nothing is kept for the second look."""

MOST: Final = 15.0
"""Levels by which a copy may differ (`likeness.py`)."""
MOST_MIRRORED: Final = 13.0
"""The same of a mirror image: a scene and its mirror image drawn anew are alike in all else."""
MOST_PICTURE: Final = 12.0
"""The same of a single frame, of which others have a like one sooner."""
SHARP: Final = 0.1
FOR_BLUR: Final = 30.0
MOST_FOR_BLUR: Final = 8.0
"""Levels more for each whole blur beyond what is still sharp, and at the most.

Encoding and scaling blur a copy and add noise, together; another scene is as sharp as the first.
"""
MOST_SHARE: Final = 0.24
"""The same as a share of what stands out: in a dark or pale video all differences are small."""

_TRIED: Final = 2
"""Placings that are looked at closely."""
_STILL: Final = 8.0
"""Changed frequencies below which two passages count as equally still."""
_MOVING: Final = 64.0
_LEAST: Final = 4
"""Frames of a passage that must lie in the video, where it is long enough."""


class Shown(NamedTuple):
    """What a video shows: signs of its appearance and of its change, and its frames made small."""

    appearance_NF: Floats
    change_NF: Floats
    shrunk_NSSC: Shrunk
    mirrored: bool

    @classmethod
    def of(cls, strength_NF: Floats, shrunk_NSSC: Shrunk, lag: int) -> Shown:
        """From the strengths of frequencies; a change is one since `lag` frames before."""
        import numpy as np

        change_NF = np.zeros_like(strength_NF)
        change_NF[lag:] = strength_NF[lag:] - strength_NF[:-lag]
        first, second = (signs(each).astype(np.float32) for each in (strength_NF, change_NF))
        return cls(first, second, shrunk_NSSC, mirrored=False)

    def flipped(self, turn_F: NDArray[np.int8]) -> Shown:
        """The mirror image; `turn_F` turns signs into those of it."""
        mirror_NSSC = self.shrunk_NSSC[:, :, ::-1]
        return Shown(self.appearance_NF * turn_F, self.change_NF * turn_F, mirror_NSSC, True)


class Place(NamedTuple):
    """Where a passage was met: at which frame of the video it begins, and how alike they are."""

    begins: int
    appearance: float
    motion: float


class Placing:
    """A passage laid over a video at every moment at which enough of it fits.

    `count` frames at `rate` a second; motion is seen from the frame at `lag` on.
    """

    def __init__(self, passage: Passage, count: int, rate: float, lag: int) -> None:
        import numpy as np

        self._passage, self._count = passage, count
        steps_K = np.round(np.arange(len(passage.appearance_KWF)) * passage.step * rate).astype(int)
        fit = 1 + int((count - 1) / max(1.0, passage.step * rate))
        least = min(len(steps_K), _LEAST, fit)
        self._begins_O = np.arange(-int(steps_K[-1]), count)
        places_OK = self._begins_O[:, None] + steps_K
        within_OK = (places_OK >= 0) & (places_OK < count)
        enough = within_OK.sum(1) >= least
        self._begins_O, places_OK, within_OK = (
            part[enough] for part in (self._begins_O, places_OK, within_OK)
        )
        self._places_OK = np.where(within_OK, places_OK, 0)
        self._seen_OK = within_OK.astype(np.float32)
        moving = within_OK & (places_OK >= lag)
        moving[:, 0] = False
        self._moving_OK = moving.astype(np.float32)

    def met(self, shown: Shown) -> Place | None:
        """Where the passage is shown, if anywhere."""
        import numpy as np

        passage = self._passage
        dots, own, theirs = self._sums(passage.appearance_KWF, shown.appearance_NF, self._seen_OK)
        appearance_OW = dots / np.sqrt(np.maximum(own * theirs, 1))
        dots, own, theirs = self._sums(passage.change_KWF, shown.change_NF, self._moving_OK)
        motion_OW = (dots + _STILL) / np.sqrt((own + _STILL) * (theirs + _STILL))
        needed, alone_OW = self._needed(), np.maximum(own, theirs) < _MOVING
        good_OW = appearance_OW >= np.where(alone_OW, needed.alone, needed.appearance)
        score_OW = np.where(
            good_OW & (motion_OW >= needed.motion), appearance_OW + motion_OW, -np.inf
        )
        for place in np.argsort(score_OW, axis=None)[::-1][:_TRIED]:
            o, w = divmod(int(place), score_OW.shape[1])
            if score_OW[o, w] > 0 and self._alike(shown, o, w):
                alike, motion = float(appearance_OW[o, w]), float(motion_OW[o, w])
                return Place(int(self._begins_O[o]), alike, motion)
        return None

    def _needed(self) -> Needed:
        if self._passage.layout_KGG is None:
            return ONLY_LOOK
        return CANDIDATE if self._count > 1 else CANDIDATE_PICTURE

    def _alike(self, shown: Shown, o: int, w: int) -> bool:
        """The second look; true for a passage that keeps nothing for one."""
        from engine.trust.takedown.likeness import unlikeness

        kept_KGG = self._passage.layout_KGG
        if kept_KGG is None:
            return True
        meets_K = self._seen_OK[o] > 0
        there_KSSC = shown.shrunk_NSSC[self._places_OK[o][meets_K]]
        unlike = unlikeness(kept_KGG[meets_K], there_KSSC, WINDOWS[w])
        spared = min(MOST_FOR_BLUR, FOR_BLUR * max(0.0, unlike.blur - SHARP))
        most = spared + (MOST_MIRRORED if shown.mirrored else MOST)
        if self._count == 1:
            most = MOST_PICTURE
        return unlike.levels <= most and unlike.share <= MOST_SHARE

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
