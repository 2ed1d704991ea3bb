"""What can go wrong with a blob: each has its name, its sentence and the way out."""

from __future__ import annotations

from engine.errors import InvalidInput, StorageFailed


class UnknownBlob(InvalidInput):
    """A blob that is not there."""


class WrongContent(InvalidInput):
    """What was received is not what its digest says."""


class DamagedBlob(StorageFailed):
    """A blob in the store no longer matched its digest, and was removed."""


class NoRoom(StorageFailed):
    """A quota, or the disk, is used up."""


class InUse(StorageFailed):
    """Another process is receiving this blob into the same folder."""


def named(digest: str) -> str:
    """A digest as sentences name it: enough to find it, short enough to read."""
    return f"{digest[:12]}…"


def sized(nbytes: int) -> str:
    """A number of bytes as sentences name it."""
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if nbytes >= size:
            return f"{nbytes / size:.1f} {unit}"
    return f"{nbytes} bytes"
