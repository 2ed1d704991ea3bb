"""Files that parameters name."""

from __future__ import annotations

from pathlib import Path

from engine.errors import InvalidInput


def named(path: str, what: str) -> Path:
    """The path that a parameter holds, '~' resolved.  Raises InvalidInput if it is empty."""
    if not path.strip():
        raise InvalidInput(f"No {what} is chosen.", remedy="Set 'path' to a file.")
    return Path(path).expanduser()
