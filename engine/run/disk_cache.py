"""Results on disk, by fingerprint, for this run, the next one, and other processes.

One tensor file an entry, `ab/abcd....safetensors`, written beside and renamed, so that readers
and writers in several processes need no lock: an entry is whole or not there.  When an entry was
last used is its file's modification time.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.atomic import PARTIAL
from engine.run.cache import Outputs
from engine.run.codec import NotStorable, decode, encode
from engine.run.tensor_file import (
    DamagedFile,
    TensorFile,
    tensor_file_size,
    write_tensor_file,
)

_log = logging.getLogger(__name__)

_SUFFIX: Final = ".safetensors"
_ABANDONED_SECONDS: Final = 3600.0


class DiskCache:
    """Outputs by fingerprint, under a budget of bytes.  `now` gives seconds since the epoch."""

    def __init__(self, folder: Path, budget: int, *, now: Callable[[], float] = time.time) -> None:
        self._folder = str(folder)
        self._budget = budget
        self._now = now

    def get(self, fingerprint: str) -> Outputs | None:
        """The outputs kept under a fingerprint; a damaged entry is removed and counts as none."""
        path = self._path(fingerprint)
        try:
            now = self._now()
            os.utime(path, (now, now))
            return decode(TensorFile(Path(path)))
        except FileNotFoundError:
            return None
        except DamagedFile as error:
            _log.warning("%s It is removed and computed again.", error)
            self.discard(fingerprint)
        except OSError as error:
            _log.warning("Cannot read '%s': %s", path, error)
        return None

    def put(self, fingerprint: str, outputs: Outputs) -> bool:
        """Keep outputs; true if they are on disk now.  Raises StorageFailed for a full disk.

        Values without a stored form, and those larger than the whole budget, are not kept.
        """
        try:
            text, arrays = encode(outputs)
        except NotStorable as error:
            _log.debug("Not kept on disk: %s", error)
            return False
        size = tensor_file_size(text, arrays)
        if size > self._budget:
            return False
        self._evict(self._budget - size)
        write_tensor_file(Path(self._path(fingerprint)), text, arrays)
        return True

    def discard(self, fingerprint: str) -> None:
        """Remove an entry, if there is one."""
        with suppress(OSError):
            os.unlink(self._path(fingerprint))

    def _path(self, fingerprint: str) -> str:
        return f"{self._folder}/{fingerprint[:2]}/{fingerprint}{_SUFFIX}"

    def _evict(self, allowed: int) -> None:
        """Remove what was not used for longest until at most `allowed` bytes are left."""
        entries = sorted(self._files(), key=lambda entry: entry[0])
        total = sum(size for _, size, _ in entries)
        abandoned = self._now() - _ABANDONED_SECONDS
        for used, size, path in entries:
            left_by_a_crash = path.endswith(PARTIAL) and used < abandoned
            if left_by_a_crash or (total > allowed and not path.endswith(PARTIAL)):
                with suppress(OSError):
                    os.unlink(path)
                total -= size

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """(last use, bytes, path) of every file; other processes may remove some meanwhile."""
        with suppress(OSError):
            for shelf in os.scandir(self._folder):
                with suppress(OSError):
                    for entry in os.scandir(shelf.path):
                        with suppress(OSError):
                            status = entry.stat()
                            yield status.st_mtime, status.st_size, entry.path
