"""A broker with its blob service in one process: what `reelwright broker` runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Final

from cluster_agent.blobs.garbage import collect
from cluster_agent.blobs.server import BlobServer, Limits
from cluster_agent.blobs.store import BlobStore
from cluster_agent.broker.service import serve
from cluster_agent.broker.settings import BrokerSettings
from cluster_agent.keys import KeyPair, Trust, cluster_folder
from engine.errors import StorageFailed

_log = logging.getLogger(__name__)

BLOB_PORT: Final = 7712


@dataclass(frozen=True, slots=True)
class Hosting:
    """A broker, and where its blobs are kept and given out; `quota` bounds them, in bytes."""

    broker: BrokerSettings
    blobs: Path
    listen: str = f"tcp://127.0.0.1:{BLOB_PORT}"
    quota: int | None = None
    by_user: int | None = None


def host(hosting: Hosting, ready: Callable[[str, str], None]) -> None:
    """Serve until SIGTERM or SIGINT.  Raises what `serve` raises."""
    keys = cluster_folder() if hosting.broker.keys is None else hosting.broker.keys
    own = KeyPair.load_or_new(keys / "key.toml")
    trust = Trust(keys / "trust.toml")
    store = BlobStore(hosting.blobs, hosting.quota)
    limits = Limits(kept=hosting.by_user)

    def sweep(referred: frozenset[str]) -> None:
        """On a thread of its own: the queue does not wait for the disk."""
        Thread(target=_collect, args=(store, referred), name="garbage", daemon=True).start()

    with BlobServer(hosting.listen, own, trust.grant, store, limits=limits) as server:
        serve(replace(hosting.broker, blobs=server.address), ready, sweep)


def _collect(store: BlobStore, referred: frozenset[str]) -> None:
    try:
        collected = collect(store, lambda: referred, time.time())
    except StorageFailed as error:
        _log.error("No blobs were removed: %s", error)
        return
    if collected.nbytes:
        mib = collected.nbytes >> 20
        _log.info("Removed %d blobs that no job needs: %d MiB.", collected.blobs, mib)
