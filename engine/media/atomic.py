"""Writing beside and renaming, so that nothing half-written is ever seen under its name."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import StorageFailed

# What an operating system answers when there is no room, by whichever limit.
_NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def storage_failed(error: OSError, path: Path) -> StorageFailed:
    """Say in one sentence why `path` could not be written or read back."""
    if error.errno in _NO_ROOM:
        return StorageFailed(
            f"There is no room left to write '{path}'.",
            remedy=f"Free some space in '{path.parent}' or choose another folder.",
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    return StorageFailed(
        f"'{path}' cannot be written: {reason}.",
        remedy="Choose another folder or change its permissions.",
    )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the name to write to; on success it takes the place of `path`, else it is removed.

    Works for a file and for a folder of files; a folder that is replaced goes only once the new
    one is complete.  Raises StorageFailed when the place cannot be written or is full.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(partial)
        yield partial
        _take_place(partial, path)
    except BaseException as error:
        with suppress(OSError):
            _remove(partial)
        if isinstance(error, OSError):
            raise storage_failed(error, path) from error
        raise


def _take_place(partial: Path, path: Path) -> None:
    if partial.is_dir():
        if path.is_dir():
            shutil.rmtree(path)
    else:
        _flush_to_disk(partial)
    os.replace(partial, path)


def _flush_to_disk(path: Path) -> None:
    """Without this, a power cut after the rename can leave an empty file under the final name."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
