"""Frames that come once, kept on disk so that they can be read again and again."""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.atomic import storage_failed
from engine.errors import StorageFailed

# Chunks read back from disk are about this large: far above the cost of a system call, far
# below what anybody would miss in memory.
CHUNK_BYTES = 4 << 20


def frames_per_chunk(height: int, width: int) -> int:
    """How many RGB frames of this size make a chunk of about CHUNK_BYTES."""
    return max(1, CHUNK_BYTES // (height * width * 3))


def spooled(
    stream: Iterable[NDArray[np.uint8]], *, frames: int, height: int, width: int, folder: Path
) -> Callable[[], Iterator[NDArray[np.uint8]]]:
    """Make a `Clip.stream` from RGB chunks of shape (time, height, width, 3) that come once.

    Whoever reads furthest pulls from `stream` and keeps what comes in a file in `folder`; all
    others read that file, at the same time if they like, and an abandoned pass is carried on by
    the next reader.  Memory does not grow with `frames`.  The file goes when the last reference
    to the callable and its iterators goes.  An error of `stream` is raised to every reader that
    gets that far; a full or vanished folder raises StorageFailed.
    """
    return _Spool(iter(stream), frames, (height, width, 3), Path(folder)).read


class _Spool:
    """Raw frames, one after another in a file; compressing them cheaply costs more than it saves.

    Plain reads, not a memory map: mapped pages would count as this process's memory.
    """

    def __init__(
        self,
        source: Iterator[NDArray[np.uint8]],
        frames: int,
        shape: tuple[int, int, int],
        folder: Path,
    ) -> None:
        self._source = source
        self._frames = frames
        self._shape = shape
        self._frame_bytes = shape[0] * shape[1] * shape[2]
        self._stored = 0
        self._failure: BaseException | None = None
        self._pulling = threading.Lock()
        self._path = _new_file(folder)
        weakref.finalize(self, self._path.unlink, missing_ok=True)

    def read(self) -> Iterator[NDArray[np.uint8]]:
        """One pass over all frames, in chunks."""
        position = 0
        while position < self._frames:
            chunk = self._load(position) if position < self._stored else self._pull(position)
            if chunk is not None:
                position += len(chunk)
                yield chunk

    def _pull(self, position: int) -> NDArray[np.uint8] | None:
        """Store the source's next chunk and return it; None if another reader was faster."""
        with self._pulling:
            if position < self._stored:
                return None
            if self._failure is not None:
                raise self._failure
            try:
                chunk = self._checked(next(self._source, None))
                self._store(chunk)
                self._end_source_when_complete()
            except BaseException as error:
                # The source cannot be asked again: whoever gets here later meets the same error.
                self._failure = error
                raise
            return chunk

    def _checked(self, chunk: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
        promised = f"{self._frames} frames of {self._shape}"
        if chunk is None:
            raise ValueError(f"a stream promised {promised} and ended after {self._stored}")
        if chunk.dtype != np.uint8 or chunk.shape[1:] != self._shape or len(chunk) == 0:
            raise ValueError(f"a stream promised {promised} and gave {chunk.dtype} {chunk.shape}")
        if self._stored + len(chunk) > self._frames:
            raise ValueError(f"a stream promised {promised} and gave more")
        return np.ascontiguousarray(chunk)

    def _end_source_when_complete(self) -> None:
        """Let a generator run to its end, so that what it holds is released now."""
        if self._stored == self._frames:
            if next(self._source, None) is not None:
                raise ValueError(f"a stream promised {self._frames} frames and gave more")
            self._source = iter(())

    def _store(self, chunk: NDArray[np.uint8]) -> None:
        try:
            with open(self._path, "r+b", buffering=0) as file:
                file.seek(self._stored * self._frame_bytes)
                _write_all(file, chunk.data.cast("B"))
        except OSError as error:
            raise storage_failed(error, self._path) from error
        self._stored += len(chunk)

    def _load(self, position: int) -> NDArray[np.uint8]:
        count = min(self._stored - position, frames_per_chunk(self._shape[0], self._shape[1]))
        chunk = np.empty((count, *self._shape), np.uint8)
        try:
            with open(self._path, "rb", buffering=0) as file:
                file.seek(position * self._frame_bytes)
                complete = _read_all(file, chunk.data.cast("B"))
        except OSError as error:
            raise _lost(self._path) from error
        if not complete:
            raise _lost(self._path)
        return chunk


def _new_file(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="spool-", suffix=".rgb", dir=folder)
    except OSError as error:
        raise storage_failed(error, folder) from error
    os.close(handle)
    return Path(name)


def _write_all(file: FileIO, data: memoryview) -> None:
    while data:
        data = data[file.write(data) :]


def _read_all(file: FileIO, into: memoryview) -> bool:
    """Fill `into`; False when the file ends before."""
    while into:
        count = file.readinto(into)
        if not count:
            return False
        into = into[count:]
    return True


def _lost(path: Path) -> StorageFailed:
    return StorageFailed(
        f"The frames kept in '{path}' are gone.",
        remedy="Leave the workspace folder alone while a run is under way, and run again.",
    )
