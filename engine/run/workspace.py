"""A folder for temporary files that disappears with its owner, however that one ends."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import IO, Final

from engine.errors import StorageFailed

_LOCK: Final = ".lock"


class Workspace:
    """A folder of this process, made when it is first asked for and removed at the latest at exit.

    Its lock is held while the process lives, and by the system's doing no longer; so whoever
    makes the next workspace knows which ones were left behind, and removes them.
    """

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._path: Path | None = None

    @property
    def path(self) -> Path:
        """The folder.  Raises StorageFailed if it cannot be made."""
        if self._path is None:
            try:
                self._path = self._make()
            except OSError as error:
                raise StorageFailed(
                    f"Cannot make a folder for temporary files in '{self._parent}': "
                    f"{error.strerror or error}.",
                    remedy="Free some space there, or choose another folder.",
                ) from error
        return self._path

    def _make(self) -> Path:
        self._parent.mkdir(parents=True, exist_ok=True)
        with open(self._parent / _LOCK, "w") as door:
            # Nobody may sweep between making the folder and locking it.
            fcntl.flock(door, fcntl.LOCK_EX)
            _sweep(self._parent)
            path = Path(tempfile.mkdtemp(prefix="run-", dir=self._parent))
            lock = open(path / _LOCK, "w")  # noqa: SIM115 - held while the folder is used
            fcntl.flock(lock, fcntl.LOCK_EX)
        weakref.finalize(self, _remove, path, lock)
        return path


def _remove(path: Path, lock: IO[str]) -> None:
    shutil.rmtree(path, ignore_errors=True)
    lock.close()


def _sweep(parent: Path) -> None:
    """Remove the workspaces of processes that are gone."""
    for path in parent.glob("run-*"):
        try:
            lock = os.open(path / _LOCK, os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue
        finally:
            os.close(lock)
