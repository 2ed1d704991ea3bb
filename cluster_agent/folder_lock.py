"""A folder that belongs to one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.atomic import storage_failed
from engine.errors import InvalidInput


@contextmanager
def locked(folder: Path, who: str) -> Iterator[None]:
    """The folder for this process alone, which is `who`; the lock ends with it, however it ends.

    Raises InvalidInput where another process has it, StorageFailed where it cannot be made.
    """
    path = folder / "lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise storage_failed(error, path) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise InvalidInput(
            f"Another {who} works in '{folder}'.", remedy="End it, or choose another folder."
        ) from error
    finally:
        os.close(handle)
