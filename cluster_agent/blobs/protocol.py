"""What a store of blobs can do, wherever it keeps them; what a digest is."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from cluster_agent.blobs.files import BlobReader, Partial, storage_errors
from engine.errors import InvalidInput

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
NOBODY: Final = ""
"""The owner of what no user put: it counts in the whole only."""


class Entry(NamedTuple):
    """A blob that is there; `used` is when it was used last, in seconds since 1970."""

    digest: str
    size: int
    used: float


class Blobs(Protocol):
    """A store of blobs.  Every digest given is checked to be one; InvalidInput where it is not."""

    def size(self, digest: str) -> int | None:
        """Bytes of a blob, which is thereby used; None if it is not there."""
        ...

    def open(self, digest: str) -> BlobReader:
        """A blob for reading, to be closed.  Raises UnknownBlob."""
        ...

    def reading(self, digest: str) -> AbstractContextManager[BlobReader]:
        """The same as a context; a DamagedBlob raised in it removes the blob."""
        ...

    def put(self, source: Path | bytes, owner: str = NOBODY) -> str:
        """Keep a file or bytes; the digest.  Raises NoRoom or StorageFailed."""
        ...

    def receive(
        self, digest: str, size: int, owner: str = NOBODY, limit: int | None = None
    ) -> Partial:
        """Begin or go on receiving a blob for an owner who may keep `limit` bytes.

        To be given to `place` or `leave`.  Raises NoRoom, InUse or StorageFailed.
        """
        ...

    def place(self, partial: Partial, owner: str = NOBODY) -> None:
        """Check a blob that was received whole and make it part of the store.

        Raises WrongContent, or StorageFailed: then it is still to be left.
        """
        ...

    def leave(self, partial: Partial, owner: str = NOBODY) -> None:
        """Stop receiving for now, unless it was placed; what is there is kept, to go on with."""
        ...

    def claim(self, digest: str, size: int, owner: str, limit: int | None = None) -> None:
        """Count a blob that is there for one more owner.  Raises NoRoom."""
        ...

    def entries(self) -> Iterator[Entry]:
        """All blobs, in no order."""
        ...

    def remove(self, digest: str, unused_since: float | None = None) -> int:
        """Remove a blob unless it is being read or was used since; the bytes that were freed."""
        ...

    def remove_partials(self, unused_since: float) -> int:
        """Remove what was begun and not gone on with since; the bytes that were freed."""
        ...

    def used(self, owner: str | None = None) -> int:
        """Bytes that an owner, or everybody, keeps or is sending."""
        ...


def checked(digest: str) -> str:
    """The digest, if it is one.  Raises InvalidInput."""
    if not _DIGEST.fullmatch(digest):
        raise InvalidInput(
            f"'{digest[:80]}' is no digest.", remedy="A digest has 64 hexadecimal digits."
        )
    return digest


def digest_of(source: Path | bytes) -> str:
    """The digest of a file's content, or of bytes.  Raises StorageFailed."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with storage_errors("read", source), open(source, "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(blobs: Blobs, digest: str) -> int:
    """Read all of a blob; its size.  Raises UnknownBlob, or DamagedBlob having removed it."""
    with blobs.reading(digest) as reader:
        for _ in reader.pieces():
            pass
        return reader.size


def copy_out(blobs: Blobs, digest: str, path: Path) -> None:
    """Write a blob to a file, checked.  Raises UnknownBlob, DamagedBlob or StorageFailed."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with blobs.reading(digest) as reader, storage_errors("write", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(beside, "xb") as out:
                for piece in reader.pieces():
                    out.write(piece)
            os.replace(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink()
