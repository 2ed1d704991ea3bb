"""Files of blobs: one being read, one being received.

Both hold a lock on their file (shared, exclusive), so that nobody removes what is in use, in this
process or another one; the lock ends with the process, however it ends.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from cluster_agent.blobs.errors import DamagedBlob, InUse, NoRoom, WrongContent, named
from engine.errors import StorageFailed

PIECE: Final = 1 << 20
"""Bytes read or hashed at once."""

_EARLY: Final = 16 << 20


class BlobReader:
    """An open blob.  Stays readable to the end, whatever happens to its name meanwhile."""

    def __init__(self, path: Path, digest: str) -> None:
        """Raises FileNotFoundError if there is none, or it is being removed."""
        self.digest = digest
        self.path = path
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_SH)
            status = os.fstat(self._handle)
            if status.st_nlink == 0:
                raise FileNotFoundError(errno.ENOENT, "removed meanwhile", str(path))
            with suppress(OSError):
                os.utime(self._handle)  # its age counts from its last use
        except OSError:
            os.close(self._handle)
            raise
        self.size = status.st_size

    def read_into(self, offset: int, into: memoryview) -> None:
        """Fill a buffer with the bytes from an offset on; unchecked.  Raises StorageFailed."""
        while into:
            with storage_errors("read", self.path):
                count = os.preadv(self._handle, [into], offset)
            if count == 0:
                raise DamagedBlob(f"'{self.path}' became shorter while it was read.")
            offset, into = offset + count, into[count:]

    def pieces(self) -> Iterator[memoryview]:
        """All bytes in order; each piece is valid until the next.

        Raises DamagedBlob at the end if they are not what the digest says: believe none before.
        """
        hasher = hashlib.sha256()
        buffer = memoryview(bytearray(min(PIECE, self.size)))
        for offset in range(0, self.size, PIECE):
            piece = buffer[: min(PIECE, self.size - offset)]
            self.read_into(offset, piece)
            hasher.update(piece)
            yield piece
        if hasher.hexdigest() != self.digest:
            raise DamagedBlob(
                f"The blob {named(self.digest)} in '{self.path.parent}' is damaged.",
                remedy="It is removed; upload it again.",
            )

    def remove(self) -> None:
        """Take its name away, because it is damaged; unless the name means another file by now."""
        with suppress(OSError):
            if self.path.stat().st_ino == os.fstat(self._handle).st_ino:
                self.path.unlink()

    def close(self) -> None:
        """Let it go; closing twice is harmless."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Partial:
    """A blob that is being received: its bytes so far, in a file that outlives this process.

    Bytes are hashed as they come; those found in the file on opening are hashed by `catch_up`.
    """

    def __init__(self, path: Path, digest: str, size: int) -> None:
        """Open or begin it.  Raises InUse while somebody else has it open, or StorageFailed."""
        self.path = path
        self.digest = digest
        self.size = size
        with storage_errors("write", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = _locked(path)
            self.have = os.fstat(self._handle).st_size
        self._hasher = hashlib.sha256()
        self._hashed = 0
        self._flushed = self.have
        if self.have > size:
            self.restart()

    @property
    def closed(self) -> bool:
        """Whether it was placed, discarded or left."""
        return self._handle < 0

    @property
    def complete(self) -> bool:
        """Whether all bytes are there; whether they are right, only `seal` knows."""
        return self.have == self.size

    def append(self, data: bytes | bytearray | memoryview) -> None:
        """Put the next bytes into the file.  Raises NoRoom or StorageFailed."""
        view = memoryview(data)
        offset = self.have
        with storage_errors("write", self.path):
            while view:
                count = os.pwrite(self._handle, view, offset)
                offset, view = offset + count, view[count:]
        if self._hashed == self.have:
            self._hasher.update(data)
            self._hashed = offset
        self.have = offset
        self._write_back_early()

    def catch_up(self, most: int = PIECE) -> bool:
        """Hash some of what lies in the file unhashed; whether there is more."""
        buffer = memoryview(bytearray(min(most, self.have - self._hashed)))
        with storage_errors("read", self.path):
            count = os.preadv(self._handle, [buffer], self._hashed)
        if count < len(buffer):
            raise StorageFailed(f"'{self.path}' became shorter while it was received.")
        self._hasher.update(buffer)
        self._hashed += count
        return self._hashed < self.have

    def seal(self) -> None:
        """Check the digest and flush to the disk.

        Raises WrongContent, and begins anew: what was there was wrong somewhere.
        """
        while self._hashed < self.have:
            self.catch_up()
        found = self._hasher.hexdigest()
        if not self.complete or found != self.digest:
            seen = f"has the digest {named(found)}" if self.complete else f"ends at {self.have}"
            self.restart()
            raise WrongContent(
                f"What was received as the blob {named(self.digest)} of {self.size} bytes {seen}.",
                remedy="Send it again; make sure that nothing changes the file meanwhile.",
            )
        with storage_errors("write", self.path):
            os.fsync(self._handle)

    def restart(self) -> None:
        """Forget all bytes."""
        with storage_errors("write", self.path):
            os.ftruncate(self._handle, 0)
        self.have = self._hashed = self._flushed = 0
        self._hasher = hashlib.sha256()

    def place(self, path: Path) -> None:
        """Give the sealed file its final name, durably, unless a file has it; it is closed."""
        with storage_errors("write", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            while not (self._link(path) or touch(path)):
                pass
            flush_folder(path.parent)
        self.discard()

    def move(self, path: Path) -> None:
        """Check the digest, and put the file where it belongs, in place of what was there.

        Raises WrongContent, or StorageFailed.
        """
        self.seal()
        with storage_errors("write", path):
            os.replace(self.path, path)
        self.close()

    def discard(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            self.path.unlink()
        self.close()

    def close(self) -> None:
        """Let it go, to be resumed later; closing twice is harmless."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _link(self, path: Path) -> bool:
        """Give the file a second name; False where a file, which may be going, has that name."""
        try:
            os.link(self.path, path)
        except FileExistsError:
            return os.path.samestat(path.stat(), os.fstat(self._handle))
        return True

    def _write_back_early(self) -> None:
        """Let the disk work while bytes still come, so that flushing at the end waits little."""
        if self.have - self._flushed >= _EARLY and hasattr(os, "posix_fadvise"):
            length = self.have - self._flushed
            os.posix_fadvise(self._handle, self._flushed, length, os.POSIX_FADV_DONTNEED)
            self._flushed = self.have


def touch(path: Path) -> bool:
    """Whether a file is there, and if so, that it was used just now: nobody removes it soon."""
    try:
        BlobReader(path, "").close()
    except FileNotFoundError:
        return False
    return True


def _locked(path: Path) -> int:
    """Open for writing under an exclusive lock, and make sure that the name still means it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink:
                return handle
        except BlockingIOError as error:
            os.close(handle)
            raise InUse(
                f"'{path}' is being received by another process.", remedy="Try again later."
            ) from error
        os.close(handle)


def remove_unused(path: Path, unused_since: float | None = None) -> int:
    """Remove a file unless it is in use, or was used after a time; the bytes that were freed.

    Times are those of the file system, seconds since 1970.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(handle)
        if unused_since is not None and status.st_mtime > unused_since:
            return 0
        if status.st_nlink == 0:
            return 0
        path.unlink()
        return status.st_size
    except OSError:
        return 0
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def storage_errors(verb: str, path: Path) -> Iterator[None]:
    """Raise what the disk says as NoRoom or StorageFailed."""
    try:
        yield
    except OSError as error:
        kind = NoRoom if error.errno in _FULL else StorageFailed
        raise kind(
            f"Cannot {verb} '{path}': {error.strerror or error}.",
            remedy="Free some space there, or choose another folder.",
        ) from error


_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
