"""A blob service without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from cluster_agent.blobs.protocol import copy_out
from cluster_agent.blobs.store import BlobStore
from engine.errors import Cancelled, StorageFailed


class NearBlobs:
    """Implements `checkpoints.Blobs` on a store.

    While `shut` is set, downloads wait until they are cancelled; `full` refuses uploads.
    """

    def __init__(self, store: BlobStore) -> None:
        self.store = store
        self.shut = threading.Event()
        self.entered = threading.Event()
        self.downloads: list[str] = []
        self.full = False

    def upload(self, source: Path | bytes, *, cancelled: Callable[[], bool]) -> str:
        if self.full:
            raise StorageFailed("The blob store is full.")
        return self.store.put(source)

    def download(self, digest: str, path: Path, *, cancelled: Callable[[], bool]) -> None:
        self.downloads.append(digest)
        self.entered.set()
        while self.shut.is_set():
            if cancelled():
                raise Cancelled()
        copy_out(self.store, digest, path)

    def close(self) -> None: ...
