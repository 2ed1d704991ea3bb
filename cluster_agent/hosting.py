"""A broker with its blob service in one process: what `reelwright broker` runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cluster_agent.blobs.server import BlobServer, Limits
from cluster_agent.blobs.store import BlobStore
from cluster_agent.broker.service import serve
from cluster_agent.broker.settings import BrokerSettings
from cluster_agent.keys import KeyPair, Trust, cluster_folder

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
    with BlobServer(hosting.listen, own, trust.grant, store, limits=limits) as server:
        serve(replace(hosting.broker, blobs=server.address), ready)
