"""Blobs at any address that fsspec knows: s3://..., gs://..., sftp://..., file://..., memory://...

    <address>/blobs/ab/abcd...     a whole blob; its name is its digest
    <address>/incoming/<number>    on its way there, where the address is no object store

What is received goes through a folder of this machine, which then serves as a cache: a blob counts
as stored once it lies at the address.  Whatever comes back from there is checked before it is
believed.  One process owns a cache folder; several may share an address.  When a blob was used is
known to this process only; to others its age counts from when it was put.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

import fsspec

from cluster_agent.blobs.errors import DamagedBlob, UnknownBlob, WrongContent, named
from cluster_agent.blobs.files import PIECE, BlobReader, Partial, storage_errors
from cluster_agent.blobs.ledger import Ledger, tag_of
from cluster_agent.blobs.protocol import NOBODY, Entry, checked
from cluster_agent.blobs.store import BlobStore
from engine.errors import InvalidInput, ReelwrightError, StorageFailed

_WHOLE: Final = re.compile(r"[0-9a-f]{64}")
_AT_ONCE: Final = frozenset(
    {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "memory"}
)
"""Protocols where an object appears whole or not at all; elsewhere it is renamed into place."""
_TIMES: Final = ("mtime", "LastModified", "last_modified", "updated", "created")
_LOCKS: Final = 16


class RemoteStore:
    """Blobs at an address, with a local cache; see `Blobs`.  Safe to use from several threads."""

    def __init__(
        self,
        address: str,
        root: Path,
        quota: int | None = None,
        *,
        cached: int | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Open an address that may hold `quota` bytes, with `cached` bytes kept in `root` too.

        Raises InvalidInput for an address that fsspec cannot use, or StorageFailed.
        """
        self._address = address
        try:
            self._fs, path = fsspec.core.url_to_fs(address)
        except (ValueError, ImportError) as error:
            raise InvalidInput(
                f"The blob store's address '{address}' cannot be used: {error}.",
                remedy="Name a folder, or an address whose fsspec package is installed.",
            ) from error
        self._root = str(path).rstrip("/")
        self._at_once = not _AT_ONCE.isdisjoint(_protocols(self._fs.protocol))
        self._cached = cached
        self._wall = wall
        self._used_at: dict[str, float] = {}
        self._fetching = tuple(Lock() for _ in range(_LOCKS))
        self.cache = BlobStore(root)
        with storage_errors("read", root):
            self._ledger = Ledger(root / "kept", quota)
        for entry in self.entries():
            self._ledger.stored(entry.digest, entry.size)
        self._ledger.settle()

    def size(self, digest: str) -> int | None:
        with self._errors("look for", digest):
            try:
                size = int(self._fs.info(self._path(digest))["size"])
            except FileNotFoundError:
                return None
        self._used_at[digest] = self._wall()
        return size

    def open(self, digest: str) -> BlobReader:
        with self._fetching[int(checked(digest)[:2], 16) % _LOCKS]:
            self._used_at[digest] = self._wall()
            with suppress(UnknownBlob):
                return self.cache.open(digest)
            self._fetch(digest)
            reader = self.cache.open(digest)
        self._shrink()
        return reader

    @contextmanager
    def reading(self, digest: str) -> Iterator[BlobReader]:
        self.open(digest).close()
        with self.cache.reading(digest) as reader:
            yield reader

    def put(self, source: Path | bytes, owner: str = NOBODY) -> str:
        digest = self.cache.put(source)
        size = self.size(digest)
        if size is not None:
            self.claim(digest, size, owner)
            return digest
        with self.cache.open(digest) as reader:
            with self._ledger.coming(digest, reader.size, uuid.uuid4().hex):
                self._push(reader.path, digest)
            self._stored(digest, reader.size, owner)
        return digest

    def receive(
        self, digest: str, size: int, owner: str = NOBODY, limit: int | None = None
    ) -> Partial:
        partial = self.cache.receive(digest, size, owner)
        try:
            self._ledger.reserve(digest, size, owner, limit)
        except BaseException:
            self.cache.leave(partial, owner)
            raise
        return partial

    def place(self, partial: Partial, owner: str = NOBODY) -> None:
        partial.seal()
        self._push(partial.path, partial.digest)
        self.cache.place(partial, owner)
        self._stored(partial.digest, partial.size, owner)
        self._ledger.partial(partial.digest, tag_of(owner), 0)

    def leave(self, partial: Partial, owner: str = NOBODY) -> None:
        self.cache.leave(partial, owner)
        self._ledger.partial(partial.digest, tag_of(owner), 0)

    def claim(self, digest: str, size: int, owner: str, limit: int | None = None) -> None:
        if owner != NOBODY:
            self._ledger.keep(checked(digest), size, owner, limit)

    def entries(self) -> Iterator[Entry]:
        with self._errors("list", ""):
            self._fs.invalidate_cache()
            found = self._fs.find(f"{self._root}/blobs", detail=True)
        for path, info in found.items():
            digest = path.rsplit("/", 1)[-1]
            if _WHOLE.fullmatch(digest):
                used = max(self._modified(info), self._used_at.get(digest, 0.0))
                yield Entry(digest, int(info["size"]), used)

    def remove(self, digest: str, unused_since: float | None = None) -> int:
        path = self._path(digest)
        with self._fetching[int(digest[:2], 16) % _LOCKS], self._errors("remove", digest):
            try:
                info = self._fs.info(path)
            except FileNotFoundError:
                self._ledger.removed(digest)
                return 0
            used = max(self._modified(info), self._used_at.get(digest, 0.0))
            if unused_since is not None and used > unused_since:
                return 0
            self.cache.remove(digest)
            if self.cache.size(digest) is not None:
                return 0  # somebody is reading it
            self._fs.rm_file(path)
        self._ledger.removed(digest)
        return int(info["size"])

    def remove_partials(self, unused_since: float) -> int:
        freed = self.cache.remove_partials(unused_since)
        with self._errors("list", ""):
            self._fs.invalidate_cache()
            for path, info in self._fs.find(f"{self._root}/incoming", detail=True).items():
                if self._modified(info) <= unused_since:
                    self._fs.rm_file(path)
                    freed += int(info["size"])
        return freed

    def used(self, owner: str | None = None) -> int:
        return self._ledger.used(owner)

    def _stored(self, digest: str, size: int, owner: str) -> None:
        self._used_at[digest] = self._wall()
        self._ledger.stored(digest, size)
        self.claim(digest, size, owner)
        self._shrink()

    def _push(self, source: Path, digest: str) -> None:
        path = self._path(digest)
        beside = path if self._at_once else f"{self._root}/incoming/{uuid.uuid4().hex}"
        with self._errors("write", digest):
            self._fs.makedirs(beside.rsplit("/", 1)[0], exist_ok=True)
            self._fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            try:
                self._fs.put_file(str(source), beside)
                if beside != path:
                    self._fs.mv(beside, path)
            except BaseException:
                with suppress(Exception):
                    self._fs.rm_file(beside)
                raise

    def _fetch(self, digest: str) -> None:
        """Bring a blob into the cache; goes on where an earlier try ended."""
        size = self.size(digest)
        if size is None:
            raise UnknownBlob(
                f"There is no blob {named(digest)} at '{self._address}'.", remedy="Upload it again."
            )
        partial = self.cache.receive(digest, size)
        try:
            with self._errors("read", digest), self._fs.open(self._path(digest), "rb") as source:
                source.seek(partial.have)
                while not partial.complete and (piece := source.read(PIECE)):
                    partial.append(piece)
            self.cache.place(partial)
        except WrongContent as error:
            self._forget(digest)
            raise DamagedBlob(
                f"The blob {named(digest)} at '{self._address}' is damaged.",
                remedy="It is removed; upload it again.",
            ) from error
        finally:
            self.cache.leave(partial)

    def _forget(self, digest: str) -> None:
        with self._errors("remove", digest):
            self._fs.rm_file(self._path(digest))
        self._ledger.removed(digest)

    def _shrink(self) -> None:
        """Let the cached blobs go that were used longest ago, as far as nobody reads them."""
        excess = 0 if self._cached is None else self.cache.used() - self._cached
        if excess > 0:
            for entry in sorted(self.cache.entries(), key=lambda entry: entry.used):
                excess -= self.cache.remove(entry.digest)
                if excess <= 0:
                    return

    def _modified(self, info: Mapping[str, object]) -> float:
        """When it was put, in seconds since 1970; now, where the address does not tell."""
        for name in _TIMES:
            match info.get(name):
                case datetime() as moment:
                    return moment.timestamp()
                case int() | float() as seconds:
                    return float(seconds)
        return self._wall()

    def _path(self, digest: str) -> str:
        return f"{self._root}/blobs/{checked(digest)[:2]}/{digest}"

    @contextmanager
    def _errors(self, verb: str, digest: str) -> Iterator[None]:
        """Every package behind fsspec raises errors of its own: here they all become ours."""
        try:
            yield
        except ReelwrightError:
            raise
        except Exception as error:  # botocore, paramiko and the others share no base class
            what = f"the blob {named(digest)}" if digest else "the blobs"
            raise StorageFailed(
                f"Cannot {verb} {what} at '{self._address}': {error}.",
                remedy="Check the address, its credentials and the connection.",
            ) from error


def _protocols(protocol: str | tuple[str, ...]) -> tuple[str, ...]:
    return (protocol,) if isinstance(protocol, str) else protocol
