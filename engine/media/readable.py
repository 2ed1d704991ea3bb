"""Whether a path can be read at all, and how to say that it cannot."""

from __future__ import annotations

from pathlib import Path

from engine.errors import InvalidMedia


def cannot_read(path: Path, why: str, *, remedy: str) -> InvalidMedia:
    """The error for a file that is there and of no use; `why` continues the file's name."""
    return InvalidMedia(f"'{path}' {why}.", remedy=remedy)


def require_file(path: Path) -> None:
    """Raise InvalidMedia unless `path` is a regular file with something in it."""
    try:
        empty = path.stat().st_size == 0
        if path.is_file():
            path.open("rb").close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        remedy = "Check the path and its permissions."
        raise cannot_read(path, f"cannot be read: {reason}", remedy=remedy) from error
    if path.is_dir():
        raise cannot_read(path, "is a folder", remedy="Name a file inside it.")
    if not path.is_file():
        raise cannot_read(path, "is not a regular file", remedy="Name a file.")
    if empty:
        raise cannot_read(path, "is empty", remedy="Copy or export it again.")
