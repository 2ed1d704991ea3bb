"""A store in memory: for tests and the simulation, and for a queue that need not outlive anybody.

What a disk would hold is `Tables`; any number of stores may stand on the same ones, one after the
other, as brokers do on a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import Changed, ListJobs
from cluster_agent.scheduling.estimates import Mean
from cluster_agent.store.protocol import Changes, FlowRow, Forgotten, Loaded, taken_over
from cluster_agent.store.rows import before, copy_job, sought


@dataclass(slots=True)
class Tables:
    """What is kept; it outlives the stores that stand on it."""

    term: int = 0
    jobs: dict[int, JobRecord] = field(default_factory=dict)
    specs: dict[int, bytes] = field(default_factory=dict)
    flows: dict[tuple[str, str], FlowRow] = field(default_factory=dict)
    means: dict[tuple[str, int, int], Mean] = field(default_factory=dict)
    events: dict[int, Changed] = field(default_factory=dict)
    last_number: int = 0
    last_event: int = 0


class MemoryStore:
    """Keeps everything as long as its tables live."""

    def __init__(self, tables: Tables | None = None) -> None:
        self._tables = Tables() if tables is None else tables
        self._term = 0

    def open(self) -> Loaded:
        """Take over the tables."""
        tables = self._tables
        tables.term += 1
        self._term = tables.term
        waiting = sorted(
            (job for job in tables.jobs.values() if not job.over),
            key=lambda job: (job.rank, job.number),
        )
        return Loaded(
            term=self._term,
            jobs=[copy_job(job) for job in waiting],
            keys={(job.user, job.key): number for number, job in tables.jobs.items()},
            flows=list(tables.flows.values()),
            means=list(tables.means.values()),
            last_number=tables.last_number,
            last_event=tables.last_event,
            oldest_event=min(tables.events, default=tables.last_event + 1),
        )

    def commit(self, changes: Changes) -> None:
        """Write everything.  Raises Fenced, having written nothing."""
        tables = self._tables
        if tables.term != self._term:
            raise taken_over()
        for number, job in changes.jobs.items():
            tables.jobs[number] = copy_job(job)
            tables.last_number = max(tables.last_number, number)
        tables.specs.update(changes.specs)
        tables.flows.update(changes.flows)
        tables.means.update(changes.means)
        for event in changes.events:
            tables.events[event.seq] = event
            tables.last_event = max(tables.last_event, event.seq)

    def specs(self, numbers: Iterable[int]) -> Mapping[int, bytes]:
        """The specs of jobs."""
        kept = self._tables.specs
        return {number: kept[number] for number in numbers if number in kept}

    def jobs(self, numbers: Iterable[int]) -> list[JobRecord]:
        """Jobs by number."""
        kept = self._tables.jobs
        return [copy_job(kept[number]) for number in numbers if number in kept]

    def list_jobs(self, query: ListJobs) -> list[JobRecord]:
        """Newest first."""
        states, older = frozenset(sought(query)), before(query)
        found = (
            number
            for number, job in self._tables.jobs.items()
            if number < older and job.state in states and query.user in (None, job.user)
        )
        return self.jobs(sorted(found, reverse=True)[: query.limit])

    def events(self, since: int, limit: int) -> Sequence[Changed]:
        """State changes after a sequence number, oldest first."""
        kept = self._tables.events
        return [kept[seq] for seq in sorted(seq for seq in kept if seq > since)[:limit]]

    def forget(self, ended_before: float, most_events: int, at_most: int) -> Forgotten:
        """Remove what is old, oldest first."""
        tables = self._tables
        if tables.term != self._term:
            raise taken_over()
        old = sorted(
            (job.ended, number)
            for number, job in tables.jobs.items()
            if job.over and job.ended is not None and job.ended < ended_before
        )[:at_most]
        jobs = [tables.jobs.pop(number) for _, number in old]
        for _, number in old:
            tables.specs.pop(number, None)
        stale = sorted(seq for seq in tables.events if seq <= tables.last_event - most_events)
        for seq in stale[:at_most]:
            del tables.events[seq]
        return Forgotten(
            keys=tuple((job.user, job.key) for job in jobs),
            oldest_event=min(tables.events, default=tables.last_event + 1),
            more=len(old) == at_most or len(stale) > at_most,
        )

    def close(self) -> None:
        """The tables stay."""
