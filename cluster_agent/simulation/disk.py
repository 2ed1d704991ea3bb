"""A simulated disk: full or slow for a while, for a store and for blobs, which it damages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random

from cluster_agent.protocol.messages import Changed
from cluster_agent.store.memory import MemoryStore, Tables
from cluster_agent.store.protocol import Changes
from engine.errors import StorageFailed


class SimulatedStore(MemoryStore):
    """A store on tables that outlive it.  `told` gets every state change as it becomes durable."""

    def __init__(self, tables: Tables, disk: Disk, told: Callable[[Changed], None]) -> None:
        super().__init__(tables)
        self._disk = disk
        self._told = told

    def commit(self, changes: Changes) -> None:
        """Write everything, unless the disk is full."""
        if self._disk.full:
            raise StorageFailed("There is no room left on the simulated disk.")
        self._disk.took += self._disk.slow
        super().commit(changes)
        for event in changes.events:
            self._told(event)


class Disk:
    """What is written stays, through any crash; but it can be full or slow, and it can rot.

    `slow` is how many seconds a commit takes; `took` what commits have taken since it was 0.
    """

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.tables = Tables()
        self.full = False
        self.slow = self.took = 0.0
        self.blobs: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """Keep a blob; its digest.  Raises StorageFailed while the disk is full."""
        if self.full:
            raise StorageFailed("There is no room left on the simulated disk.")
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return digest

    def get(self, digest: str) -> bytes | None:
        """A blob, if it is there and whole."""
        content = self.blobs.get(digest)
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            return None
        return content

    def rot(self) -> None:
        """Damage one blob."""
        if self.blobs:
            digest = self._chance.choice(sorted(self.blobs))
            self.blobs[digest] = b"rotten"
