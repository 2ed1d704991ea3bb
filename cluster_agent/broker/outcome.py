"""What the broker's machine asks its shell to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from cluster_agent.protocol.messages import Checkpoint, Lease, Message
from cluster_agent.store.protocol import Changes


class Peer(NamedTuple):
    """Who speaks: a connection, the public key behind it, and what that key may do."""

    route: bytes
    identity: str
    user: str
    roles: frozenset[str]


class Now(NamedTuple):
    """The time: `monotonic` decides, `wall` (seconds since 1970) is for people."""

    monotonic: float
    wall: float


class Send(NamedTuple):
    """A message for a connection."""

    route: bytes
    message: Message


class SendWork(NamedTuple):
    """An Assign for an agent, to be completed with the job's spec out of the store."""

    route: bytes
    lease: Lease
    user: str
    ready: int
    timeout: float
    checkpoints: tuple[Checkpoint, ...]


class SendPrefetch(NamedTuple):
    """A Prefetch for an agent, to be completed with the inputs in the job's spec."""

    route: bytes
    job: int
    model: str


class Replay(NamedTuple):
    """Give the machine the state changes after `since`, at most `limit`, through `replayed`."""

    route: bytes
    since: int
    limit: int


@dataclass(slots=True)
class Outcome:
    """Commit `changes` first; then, and only then, send, and then answer the replays.

    Nothing is sent if the commit fails.  The records in `changes` are the machine's own: they are
    written, or copied, before it is told anything else.
    """

    changes: Changes = field(default_factory=Changes)
    sends: list[Send | SendWork | SendPrefetch] = field(default_factory=list)
    replays: list[Replay] = field(default_factory=list)

    def send(self, route: bytes, *messages: Message) -> None:
        """Say something once the changes are durable."""
        self.sends.extend(Send(route, message) for message in messages)

    def extend(self, sends: Iterable[Send | SendWork | SendPrefetch]) -> None:
        """Say several things."""
        self.sends.extend(sends)
