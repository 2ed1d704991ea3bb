"""Digests of files that documents and results name, computed once for each state of a file."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple, TypeAlias

_CHUNK = 1 << 20


class _State(NamedTuple):
    """What tells apart two states of a file; its times alone may be copied with it."""

    file: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


Stamp: TypeAlias = tuple[_State, ...]


class FileDigests:
    """sha256 of files in hex, remembered while path, size, times and inode stay the same."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Stamp, str]] = {}
        self._lock = Lock()

    def digest(self, path: str | Path) -> str:
        """Digest of a file, or of a folder's files in name order; '' if it cannot be read."""
        place = os.path.abspath(os.path.expanduser(path))
        try:
            stamp = tuple(_stamp(place))
            with self._lock:
                known = self._known.get(place)
            if known is not None and known[0] == stamp:
                return known[1]
            digest = _digest_of(state.file for state in stamp)
        except OSError:
            return ""
        with self._lock:
            self._known[place] = (stamp, digest)
        return digest


KNOWN_DIGESTS: Final = FileDigests()
"""Those of this process: what its runner has read to identify a node, the node need not."""


def content_digest(place: str | Path) -> str:
    """sha256 of a file, or of a folder's files in name order, in hex.  Raises OSError."""
    return _digest_of(_files_at(str(place)))


def _files_at(place: str) -> list[str]:
    if not os.path.isdir(place):
        return [place]
    return sorted(entry.path for entry in os.scandir(place) if entry.is_file())


def _stamp(place: str) -> Iterator[_State]:
    for file in _files_at(place):
        status = os.stat(file)
        if not stat.S_ISREG(status.st_mode):
            # A pipe or a device may never end.
            raise OSError(errno.EINVAL, "is not a regular file", file)
        times = (status.st_mtime_ns, status.st_ctime_ns)
        yield _State(file, status.st_size, *times, status.st_ino)


def _digest_of(files: Iterable[str]) -> str:
    total = hashlib.sha256()
    for file in files:
        with open(file, "rb") as source:
            while chunk := source.read(_CHUNK):
                total.update(chunk)
    return total.hexdigest()
