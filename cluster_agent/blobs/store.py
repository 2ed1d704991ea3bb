"""Blobs by the digest of their content (SHA-256), in a folder of this machine.

    <root>/blobs/ab/abcd...                  a whole blob; its name is its digest
    <root>/incoming/<digest>-<owner's tag>   a blob on its way in; goes on after a restart
    <root>/incoming/<number>.new             a local file being copied in
    <root>/owners/...                        who put what (ledger.py)

Names are made of digests and tags only, both checked hexadecimal: no name that anybody chose ever
becomes part of a path.  A blob gets its name when it is whole, checked and on the disk, so that
whatever has a name was right once; whether it still is, reading finds out.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from cluster_agent.blobs.errors import DamagedBlob, UnknownBlob, named
from cluster_agent.blobs.files import PIECE, BlobReader, Partial, remove_unused, storage_errors
from cluster_agent.blobs.ledger import Ledger, tag_of
from cluster_agent.blobs.protocol import NOBODY, Entry, checked, digest_of

_WHOLE: Final = re.compile(r"[0-9a-f]{64}")
_INCOMING: Final = re.compile(r"([0-9a-f]{64})-([0-9a-f]{16})")


class BlobStore:
    """Blobs in a local folder; see `Blobs`.  Safe to use from several threads and processes."""

    def __init__(self, root: Path, quota: int | None = None) -> None:
        """Open or begin a store that may hold `quota` bytes.  Raises StorageFailed."""
        self.root = root
        self._blobs = root / "blobs"
        self._incoming = root / "incoming"
        with storage_errors("write", root):
            self._blobs.mkdir(parents=True, exist_ok=True)
            self._incoming.mkdir(exist_ok=True)
            self._ledger = Ledger(root / "owners", quota)
            for entry in self.entries():
                self._ledger.stored(entry.digest, entry.size)
            for path in self._incoming.iterdir():
                if match := _INCOMING.fullmatch(path.name):
                    self._ledger.partial(match[1], match[2], path.stat().st_size)
        self._ledger.settle()

    def size(self, digest: str) -> int | None:
        with suppress(UnknownBlob), self.open(digest) as reader:
            return reader.size
        return None

    def open(self, digest: str) -> BlobReader:
        path = self._path(digest)
        with storage_errors("read", path):
            try:
                return BlobReader(path, digest)
            except FileNotFoundError as error:
                raise UnknownBlob(
                    f"There is no blob {named(digest)} in '{self.root}'.", remedy="Upload it again."
                ) from error

    @contextmanager
    def reading(self, digest: str) -> Iterator[BlobReader]:
        with self.open(digest) as reader:
            try:
                yield reader
            except DamagedBlob:
                reader.remove()
                self._ledger.removed(digest)
                raise

    def put(self, source: Path | bytes, owner: str = NOBODY) -> str:
        digest = digest_of(source)
        size = self.size(digest)
        if size is not None:
            self.claim(digest, size, owner)
            return digest
        size = len(source) if isinstance(source, bytes) else _size_of(source)
        beside = self._incoming / f"{uuid.uuid4().hex}.new"
        with self._ledger.coming(digest, size, beside.stem), Partial(beside, digest, size) as copy:
            try:
                for piece in _pieces(source):
                    copy.append(piece)
                copy.seal()
                self._finish(copy, owner)
            finally:
                copy.discard()
        return digest

    def receive(
        self, digest: str, size: int, owner: str = NOBODY, limit: int | None = None
    ) -> Partial:
        partial = Partial(self._incoming / f"{checked(digest)}-{tag_of(owner)}", digest, size)
        try:
            self._ledger.reserve(digest, size, owner, limit)
        except BaseException:
            partial.close()
            raise
        return partial

    def place(self, partial: Partial, owner: str = NOBODY) -> None:
        partial.seal()
        self._finish(partial, owner)
        self._ledger.partial(partial.digest, tag_of(owner), 0)

    def leave(self, partial: Partial, owner: str = NOBODY) -> None:
        if partial.closed:
            return
        if partial.have:
            partial.close()
        else:
            partial.discard()
        self._ledger.partial(partial.digest, tag_of(owner), partial.have)

    def claim(self, digest: str, size: int, owner: str, limit: int | None = None) -> None:
        if owner != NOBODY:
            self._ledger.keep(checked(digest), size, owner, limit)

    def entries(self) -> Iterator[Entry]:
        for shard in self._blobs.iterdir():
            for path in shard.iterdir():
                with suppress(FileNotFoundError):
                    status = path.stat()
                    if _WHOLE.fullmatch(path.name):
                        yield Entry(path.name, status.st_size, status.st_mtime)

    def remove(self, digest: str, unused_since: float | None = None) -> int:
        path = self._path(digest)
        freed = remove_unused(path, unused_since)
        if not path.exists():
            self._ledger.removed(digest)
        return freed

    def remove_partials(self, unused_since: float) -> int:
        freed = 0
        for path in self._incoming.iterdir():
            freed += remove_unused(path, unused_since)
            match = _INCOMING.fullmatch(path.name)
            if match and not path.exists():
                self._ledger.partial(match[1], match[2], 0)
        return freed

    def used(self, owner: str | None = None) -> int:
        return self._ledger.used(owner)

    def _finish(self, partial: Partial, owner: str) -> None:
        partial.place(self._path(partial.digest))
        self._ledger.stored(partial.digest, partial.size)
        self.claim(partial.digest, partial.size, owner)

    def _path(self, digest: str) -> Path:
        return self._blobs / checked(digest)[:2] / digest


def _size_of(path: Path) -> int:
    with storage_errors("read", path):
        return path.stat().st_size


def _pieces(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with storage_errors("read", source), open(source, "rb", buffering=0) as file:
        while piece := file.read(PIECE):
            yield piece
