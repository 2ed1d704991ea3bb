"""Writing beside and renaming, so that nothing half-written is ever seen under its name."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from engine.errors import StorageFailed

PARTIAL: Final = ".part"
"""How the names of unfinished files end; what a crash left of them may be removed."""

# What an operating system answers when there is no room, by whichever limit.
_NO_ROOM: Final = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


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
    """Give a name to write to; on success it takes the place of `path`, else it is removed.

    Works for a file and for a folder of files; a folder that is replaced goes only once the new
    one is complete.  A link stays a link, to the new file.  Several may write at once: the last
    one stands.  Raises StorageFailed when the place cannot be written or is full.
    """
    path = Path(os.path.realpath(path))
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        _take_place(partial, path)
    except OSError as error:
        raise storage_failed(error, path) from error
    finally:
        with suppress(OSError):
            _remove(partial)


def write_private(path: Path, content: bytes) -> None:
    """Replace a file by one that only its owner can read, from its first byte on."""
    with replacing(path) as partial:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)


def _take_place(partial: Path, path: Path) -> None:
    if partial.is_dir():
        if path.is_dir():
            shutil.rmtree(path)
    else:
        _flush(partial)
    os.replace(partial, path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    """To the disk: a power cut after the rename could leave an empty file under the final name."""
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
