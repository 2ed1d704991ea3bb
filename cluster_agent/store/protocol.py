"""What the broker asks of a store, whatever database is behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import Changed, ListJobs
from cluster_agent.scheduling.estimates import Mean
from engine.errors import ReelwrightError


class Fenced(ReelwrightError):
    """Another broker has taken over this store; this one must end without another word."""


def taken_over() -> Fenced:
    """What a store says to a broker whose term is over."""
    return Fenced(
        "Another broker has taken over this queue; this one stops.",
        remedy="Run one broker on a queue, or let further ones stand by on PostgreSQL.",
    )


class FlowRow(NamedTuple):
    """The tag of a user in a tier, or of the tier itself (`user` is ''), with the user's terms."""

    tier: str
    user: str
    tag: float
    served: float
    paused: bool
    weight: float
    slots: int | None
    cost: float | None
    queued: int | None


@dataclass(slots=True)
class Changes:
    """What one group commit writes: all of it or nothing.  The newest of each thing counts."""

    jobs: dict[int, JobRecord] = field(default_factory=dict)
    specs: dict[int, bytes] = field(default_factory=dict)
    flows: dict[tuple[str, str], FlowRow] = field(default_factory=dict)
    means: dict[tuple[str, int, int], Mean] = field(default_factory=dict)
    events: list[Changed] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.jobs or self.specs or self.flows or self.means or self.events)


@dataclass(slots=True)
class Loaded:
    """What a broker needs to go on where the last one ended.

    `term` is the number of this broker's reign.  `jobs` are those that have not ended, by rank;
    `keys` maps (user, key) of every job known, ended ones too, to its number.
    """

    term: int
    jobs: list[JobRecord]
    keys: dict[tuple[str, str], int]
    flows: list[FlowRow]
    means: list[Mean]
    last_number: int
    last_event: int
    oldest_event: int


class Forgotten(NamedTuple):
    """What retention removed: (user, key) of the jobs; `more` if as much again may be waiting."""

    keys: tuple[tuple[str, str], ...]
    oldest_event: int
    more: bool


class Store(Protocol):
    """Durable and transactional.  Failures of the database raise StorageFailed."""

    def open(self) -> Loaded:
        """Take over the store: from now on every commit of an earlier broker raises Fenced."""
        ...

    def commit(self, changes: Changes) -> None:
        """Write everything; durable on return.  Raises Fenced, having written nothing."""
        ...

    def specs(self, numbers: Iterable[int]) -> Mapping[int, bytes]:
        """The specs of jobs, as they were committed."""
        ...

    def jobs(self, numbers: Iterable[int]) -> list[JobRecord]:
        """Jobs by number, ended ones too; unknown ones are left out."""
        ...

    def list_jobs(self, query: ListJobs) -> list[JobRecord]:
        """Newest first, as the query says."""
        ...

    def events(self, since: int, limit: int) -> Sequence[Changed]:
        """State changes after a sequence number, oldest first."""
        ...

    def forget(self, ended_before: float, most_events: int, at_most: int) -> Forgotten:
        """Remove jobs that ended before a time, and all events but the newest; oldest first.

        At most so many of each at one time, so that a broker can do other work in between.
        Raises Fenced, having removed nothing.
        """
        ...

    def close(self) -> None:
        """Give the store up; another broker may open it."""
        ...
