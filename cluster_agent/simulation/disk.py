"""A simulated disk: a store that is full or failing for a while, and blobs that get damaged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random

from cluster_agent.protocol.messages import Changed
from cluster_agent.store.memory import MemoryStore, Tables
from cluster_agent.store.protocol import Changes
from engine.errors import StorageFailed


class SimulatedStore(MemoryStore):
    """A store on tables that outlive it.  While `failing`, nothing can be committed.

    `told` gets every state change as it becomes durable.
    """

    def __init__(self, tables: Tables, disk: Disk, told: Callable[[Changed], None]) -> None:
        super().__init__(tables)
        self._disk = disk
        self._told = told

    def commit(self, changes: Changes) -> None:
        """Write everything, unless the disk is full."""
        if self._disk.full:
            raise StorageFailed("There is no room left on the simulated disk.")
        super().commit(changes)
        for event in changes.events:
            self._told(event)


class Disk:
    """What is written stays, through any crash; but it can be full, and it can rot."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.tables = Tables()
        self.full = False
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
