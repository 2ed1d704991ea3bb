"""The folders that a run needs, made sure of before it begins.

Nobody should sample for an hour only to find that the result cannot be written.
"""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import StorageFailed
from engine.folders import state_folder


def require_state() -> Path:
    """The state folder, made if need be.  Raises StorageFailed where it cannot be."""
    folder = state_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(
            f"Nothing can be kept in '{folder}': {error.strerror}.",
            remedy="Name another folder in REELWRIGHT_STATE.",
        ) from None
    return folder


def require_output(folder: Path) -> Path:
    """`folder`, absolute; it need not exist, but must be possible to make and to write.

    Raises StorageFailed where it is not.
    """
    folder = folder.absolute()
    nearest = nearest_existing(folder)
    if not nearest.is_dir():
        raise StorageFailed(f"'{nearest}' is a file.", remedy="Choose a folder with --out.")
    if not is_writable(nearest):
        raise StorageFailed(
            f"'{nearest}' cannot be written.", remedy="Choose another folder with --out."
        )
    return folder


def nearest_existing(place: Path) -> Path:
    """The place itself, or the first above it that is there."""
    return next(above for above in (place, *place.parents) if above.exists())


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, as far as its rights go."""
    return os.access(folder, os.W_OK | os.X_OK)
