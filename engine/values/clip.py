"""A video as a stream of frames that can be read again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.values.audio import Audio
from engine.values.origin import Origin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Clip:
    """A re-iterable stream of uint8 RGB chunks, each of shape (time, height, width, 3).

    `stream` starts a fresh pass over all frames; `engine.media.spool.spooled` makes such a
    callable from a source that can be read once, by keeping the first pass on disk, so that
    memory stays flat however long the video is.  Frames are full range sRGB at the exact,
    constant rate `fps`.  A chunk belongs to the reader and must not be written to.
    """

    stream: Callable[[], Iterator[NDArray[np.uint8]]]
    frames: int
    height: int
    width: int
    fps: Fraction
    audio: Audio | None = None
    origin: Origin = Origin()

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return self.stream()

    @property
    def duration(self) -> Fraction:
        """Length in seconds, exactly."""
        return Fraction(self.frames) / self.fps

    @property
    def nbytes(self) -> int:
        """What it holds in memory; the frames themselves are on disk or made on demand."""
        return 1024 + (0 if self.audio is None else self.audio.nbytes)
