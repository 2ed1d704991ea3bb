"""What hides numbers in pictures: Reelwright's own mark, and networks that the user describes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from engine.trust.release import VIDEO_WATERMARK, MarkKind
from engine.trust.watermark.neural.described import described_markers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.trust.watermark.keys import MarkKey
    from engine.trust.watermark.reading import Reading

    Chunks = Iterator[NDArray[np.uint8]]


class Marker(Protocol):
    """Hides a number of 48 bits in frames, and reads it with the key.

    `algorithm` names in manifest and ledger how it is read; `strengths` are tried one after the
    other until the finished file shows the number by `margin` deviations.  Frames are RGB chunks
    (time, height, width, 3), read once.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> MarkKind: ...

    @property
    def algorithm(self) -> str: ...

    @property
    def strengths(self) -> tuple[float, float]: ...

    @property
    def margin(self) -> float: ...

    def unfit(self, width: int, height: int, seconds: float) -> str:
        """Why such a video cannot carry the mark; '' if it can."""

    def mark(
        self, chunks: Chunks, *, id: int, key: MarkKey, fps: Fraction, strength: float
    ) -> Chunks:
        """The frames with the number in them."""

    def read(
        self,
        chunks: Chunks,
        *,
        key: MarkKey,
        fps: Fraction,
        changed: bool = True,
        seconds: int | None = None,
        known: Collection[int] = (),
    ) -> Reading | None:
        """The number in the first `seconds`, or in all; None if there is none of this key.

        One that is `known` is recognised where too little is left to read one that is not.
        """


class OwnMarker:
    """The tiled pattern of `video/`."""

    name = ""
    kind = MarkKind.VIDEO
    algorithm = VIDEO_WATERMARK
    margin = 9.0

    @property
    def strengths(self) -> tuple[float, float]:
        from engine.trust.watermark.video.mark import STRONGEST, USUAL

        return USUAL, STRONGEST

    def unfit(self, width: int, height: int, seconds: float) -> str:
        from engine.trust.watermark.video.mark import unfit

        return unfit(width, height, seconds)

    def mark(
        self, chunks: Chunks, *, id: int, key: MarkKey, fps: Fraction, strength: float
    ) -> Chunks:
        from engine.trust.watermark.video.mark import mark_frames

        return mark_frames(chunks, id=id, key=key, fps=fps, strength=strength)

    def read(
        self,
        chunks: Chunks,
        *,
        key: MarkKey,
        fps: Fraction,
        changed: bool = True,
        seconds: int | None = None,
        known: Collection[int] = (),
    ) -> Reading | None:
        from engine.trust.watermark.video.read import read_frames

        return read_frames(chunks, key=key, fps=fps, changed=changed, seconds=seconds, known=known)


def writing_markers() -> tuple[Marker, ...]:
    """What marks every export, ready to: our own unless another stands in its place.

    Raises InvalidInput and StorageFailed for a marker that is described and cannot be used.
    """
    from engine.trust.watermark.neural.marker import neural_marker

    described = [each for each in described_markers() if each.use != "read"]
    neural = [neural_marker(each) for each in described]
    for each in neural:
        each.ready()
    instead = any(each.use == "instead" for each in described)
    return (*neural,) if instead else (OwnMarker(), *neural)


def reading_markers() -> tuple[Marker, ...]:
    """What is looked for in a file: our own mark, and all that are described.

    Raises as `writing_markers`: that nothing was found must not hide that nobody looked.
    """
    from engine.trust.watermark.neural.marker import neural_marker

    return (OwnMarker(), *(neural_marker(each) for each in described_markers()))


def markers_content() -> str:
    """Changes with what marks an export; '' where our own mark does it alone."""
    described = [each for each in described_markers() if each.use != "read"]
    told = repr([(each.name, each) for each in described])
    return hashlib.sha256(told.encode()).hexdigest() if described else ""
