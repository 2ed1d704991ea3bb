"""Reading the files that people put here."""

from __future__ import annotations

from pathlib import Path

from engine.errors import StorageFailed


def content_of(path: Path, what: str = "", remedy: str = "Check the path and its rights.") -> bytes:
    """The bytes of a file; StorageFailed where it cannot be read.  `what` it is stands before its
    name.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageFailed(
            f"{what} '{path}' cannot be read: {error.strerror}.".lstrip(), remedy=remedy
        ) from error
