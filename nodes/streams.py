"""Streams of frames as nodes make them: kept on disk, cut, changed frame by frame.

Frames are uint8 RGB chunks of shape (time, height, width, 3), as in `engine.values.Clip`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from engine.errors import InvalidInput
from engine.values import Clip, Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Chunks: TypeAlias = Iterator[NDArray[np.uint8]]


def kept(
    make: Callable[[], Chunks], *, frames: int, height: int, width: int, folder: Path
) -> Callable[[], Chunks]:
    """A `Clip.stream` that makes each frame once, on demand, and keeps it on disk in `folder`.

    Unlike a bare spool it outlives an error: the pass that met it raises, the next one begins
    afresh.  A clip stays in the result cache, and a full disk today must not fail it tomorrow.
    """
    return _Kept(make, frames, height, width, folder)


class _Kept:
    def __init__(
        self, make: Callable[[], Chunks], frames: int, height: int, width: int, folder: Path
    ) -> None:
        self._make = make
        self._frames = frames
        self._height = height
        self._width = width
        self._folder = folder
        self._spool: Callable[[], Chunks] | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Chunks:
        spool = self._current()
        try:
            yield from spool()
        except Exception:
            self._forget(spool)
            raise

    def _current(self) -> Callable[[], Chunks]:
        from engine.media.spool import spooled

        with self._lock:
            if self._spool is None:
                self._spool = spooled(
                    self._make(),
                    frames=self._frames,
                    height=self._height,
                    width=self._width,
                    folder=self._folder,
                )
            return self._spool

    def _forget(self, spool: Callable[[], Chunks]) -> None:
        with self._lock:
            if self._spool is spool:
                self._spool = None


def cut(clip: Clip, first: int, frames: int) -> Clip:
    """The `frames` frames of a clip from frame `first` on, with their share of the sound."""

    def stream() -> Chunks:
        position = 0
        for chunk in clip:
            begin, end = max(first - position, 0), min(first + frames - position, len(chunk))
            if begin < end:
                yield chunk[begin:end]
            position += len(chunk)
            if position >= first + frames:
                return

    audio = clip.audio
    if audio is not None:
        start = int(first / clip.fps * audio.rate)
        stop = int((first + frames) / clip.fps * audio.rate)
        audio = replace(audio, samples_CN=audio.samples_CN[:, start:stop])
    return replace(clip, stream=stream, frames=frames, audio=audio)


def frame_at(clip: Clip, index: int) -> Image:
    """The frame `index` of a clip, counted from 0, as a picture of its own."""
    import numpy as np

    for chunk_THWC in cut(clip, index, 1):
        return Image(np.array(chunk_THWC[0]), clip.origin)
    raise InvalidInput(f"A video of {clip.frames} frames ended before frame {index}.")
