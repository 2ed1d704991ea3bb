"""How a broker is set up: where it listens, where it keeps its queue, which keys it trusts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cluster_agent.broker.policy import BrokerPolicy

PORT: Final = 7711
QUEUE: Final = "queue.db"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """What the operator decides.

    `folder` holds the queue, unless `database` is the address of a PostgreSQL database, as in
    'postgresql://host/name'.  `keys` is a folder with the broker's key and the keys it trusts;
    None is this user's.  `blobs` is the address of the blob service, '' where there is none.
    """

    folder: Path
    listen: str = f"tcp://127.0.0.1:{PORT}"
    keys: Path | None = None
    name: str = "broker"
    database: str = ""
    blobs: str = ""
    policy: BrokerPolicy = field(default_factory=BrokerPolicy)
