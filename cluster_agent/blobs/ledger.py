"""Who keeps how many bytes in a store, and whether more may come.

    <folder>/<owner's tag>/<digest>-<size>      an empty file: this owner put this blob

A blob that two owners put is kept once and counts for both.  What is being received counts with
its whole size, what was given up half-way with the bytes that are there.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

from cluster_agent.blobs.errors import NoRoom, named, sized
from cluster_agent.blobs.files import storage_errors

_TAG: Final = re.compile(r"[0-9a-f]{16}")
_MARK: Final = re.compile(r"([0-9a-f]{64})-([0-9]{1,16})")


def tag_of(owner: str) -> str:
    """An owner as file names know them: fixed length, nothing but hexadecimal digits."""
    return hashlib.sha256(owner.encode(errors="surrogatepass")).hexdigest()[:16]


class _Sizes(dict[str, int]):
    """Bytes by digest, and their sum."""

    total = 0

    def __setitem__(self, digest: str, size: int) -> None:
        self.total += size - self.get(digest, 0)
        super().__setitem__(digest, size)

    def take(self, digest: str) -> int:
        """Forget a digest; its bytes, 0 if it was not there."""
        size = self.pop(digest, 0)
        self.total -= size
        return size


class Ledger:
    """Bytes by owner and in all.  Safe to use from several threads."""

    def __init__(self, folder: Path, quota: int | None) -> None:
        """Read who keeps what; `stored` and `partial` say what is there.  Raises OSError."""
        self._folder = folder
        self._quota = quota
        self._lock = Lock()
        self._stored = _Sizes()
        self._kept: defaultdict[str, _Sizes] = defaultdict(_Sizes)  # by tag
        self._coming: defaultdict[str, _Sizes] = defaultdict(_Sizes)
        for owner in folder.iterdir() if folder.is_dir() else ():
            for mark in owner.iterdir() if _TAG.fullmatch(owner.name) else ():
                if match := _MARK.fullmatch(mark.name):
                    self._kept[owner.name][match[1]] = int(match[2])

    def used(self, owner: str | None = None) -> int:
        """Bytes that an owner, or everybody, keeps or is sending."""
        with self._lock:
            return self._all() if owner is None else self._by(tag_of(owner))

    def reserve(self, digest: str, size: int, owner: str, limit: int | None) -> None:
        """Count a blob that is coming.  Raises NoRoom, having changed nothing."""
        tag = tag_of(owner)
        with self._lock:
            before = self._coming[tag].get(digest, 0)
            _check(self._all() - before, size, self._quota, digest, "the blob store")
            _check(self._by(tag) - before, size, limit, digest, f"user '{owner}'")
            self._coming[tag][digest] = size

    def partial(self, digest: str, tag: str, nbytes: int) -> None:
        """A blob is not coming any more; so many bytes of it lie there."""
        with self._lock:
            self._coming[tag].take(digest)
            if nbytes:
                self._coming[tag][digest] = nbytes

    @contextmanager
    def coming(self, digest: str, size: int, owner: str) -> Iterator[None]:
        """Count a blob while it comes.  Raises NoRoom."""
        self.reserve(digest, size, owner, None)
        try:
            yield
        finally:
            self.partial(digest, tag_of(owner), 0)

    def stored(self, digest: str, size: int) -> None:
        """A blob is in the store."""
        with self._lock:
            self._stored[digest] = size

    def keep(self, digest: str, size: int, owner: str, limit: int | None) -> None:
        """A blob that is there counts for an owner too.  Raises NoRoom or StorageFailed."""
        tag = tag_of(owner)
        with self._lock:
            if digest in self._kept[tag]:
                return
            _check(
                self._by(tag) - self._coming[tag].get(digest, 0),
                size, limit, digest, f"user '{owner}'",
            )  # fmt: skip
            self._kept[tag][digest] = size
        mark = self._folder / tag / f"{digest}-{size}"
        with storage_errors("write", mark):
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()

    def removed(self, digest: str) -> None:
        """A blob is gone, for all owners."""
        with self._lock:
            self._stored.take(digest)
            marks = [
                self._folder / tag / f"{digest}-{kept.take(digest)}"
                for tag, kept in self._kept.items()
                if digest in kept
            ]
        for mark in marks:
            with suppress(OSError):
                mark.unlink()

    def settle(self) -> None:
        """Forget what owners kept of blobs that are no longer there."""
        with self._lock:
            gone = {digest for kept in self._kept.values() for digest in kept} - set(self._stored)
        for digest in gone:
            self.removed(digest)

    def _all(self) -> int:
        return self._stored.total + sum(sizes.total for sizes in self._coming.values())

    def _by(self, tag: str) -> int:
        return self._kept[tag].total + self._coming[tag].total


def _check(used: int, size: int, limit: int | None, digest: str, whose: str) -> None:
    if limit is not None and used + size > limit:
        raise NoRoom(
            f"The blob {named(digest)} of {sized(size)} has no room: {whose} may keep "
            f"{sized(limit)}, and {sized(used)} are in use.",
            remedy="Remove results that are no longer needed, or raise the quota.",
        )
