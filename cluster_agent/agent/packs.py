"""Node packs and weights of this machine; asked by its workers, which load packs anyway."""

from __future__ import annotations

import os

from engine.models.catalog import entries, folder_of, is_here
from engine.models.weights import weight_files


def weights_here() -> tuple[str, ...]:
    """The catalog's models whose weights lie on this machine."""
    return tuple(entry.id[:200] for entry in entries() if is_here(entry.id))


def warm_weights(model: str) -> None:
    """Have a model's files read into the system's cache.  Raises OSError, InvalidInput."""
    for path in weight_files(folder_of(model)):
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(handle)
