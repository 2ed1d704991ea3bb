"""The job table: every job that has not ended, the newest that have, and what waits for what."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

from cluster_agent.broker.leases import Hold
from cluster_agent.broker.records import JobRecord
from cluster_agent.store.protocol import Loaded

Archive = Callable[[Sequence[int]], Iterable[JobRecord]]
"""Finds jobs that ended in the store."""


class JobTable:
    """Jobs by number.

    `live` have not ended; `held` are those with a lease; `unmet` are the jobs that a job still
    waits for, `dependents` the way back; `waiting` counts PENDING and QUEUED jobs by tier and user.
    """

    def __init__(self, loaded: Loaded, archive: Archive, remembered: int) -> None:
        self.live: dict[int, JobRecord] = {job.number: job for job in loaded.jobs}
        self.held: dict[int, Hold] = {}
        self.unmet: dict[int, set[int]] = {}
        self.dependents: dict[int, list[int]] = {}
        self.waiting: Counter[tuple[str, str]] = Counter()
        self.keys = loaded.keys
        self._recent: OrderedDict[int, JobRecord] = OrderedDict()
        self._archive = archive
        self._remembered = remembered
        self._last = loaded.last_number
        ranks = [job.rank for job in loaded.jobs]
        self._front, self._back = min(ranks, default=0), max(ranks, default=-1) + 1

    def new_number(self) -> int:
        """The number of the next job."""
        self._last += 1
        return self._last

    def rank(self, *, front: bool) -> int:
        """Before, or behind, every job there is."""
        if front:
            self._front -= 1
            return self._front
        self._back += 1
        return self._back - 1

    def add(self, job: JobRecord) -> None:
        """A new job."""
        self.live[job.number] = job
        self.keys[job.user, job.key] = job.number

    def find(self, number: int) -> JobRecord | None:
        """A job by number, wherever it is; one from the store is not part of the table."""
        return self.live.get(number) or self.found((number,)).get(number)

    def found(self, numbers: Iterable[int]) -> dict[int, JobRecord]:
        """Jobs by number, wherever they are; those that are nowhere are left out."""
        found = {}
        missing = []
        for number in numbers:
            job = self.live.get(number) or self._recent.get(number)
            if job is None:
                missing.append(number)
            else:
                found[number] = job
        if missing:
            found.update((job.number, job) for job in self._archive(missing))
        return found

    def known(self, user: str, key: str) -> int | None:
        """The number of the job that a user submitted under this key."""
        return self.keys.get((user, key))

    def end(self, job: JobRecord) -> list[int]:
        """A job ended; returns the jobs that waited for it."""
        del self.live[job.number]
        self._recent[job.number] = job
        if len(self._recent) > self._remembered:
            self._recent.popitem(last=False)
        for number in self.unmet.pop(job.number, ()):
            if number in self.dependents:
                self.dependents[number].remove(job.number)
        return self.dependents.pop(job.number, [])

    def revive(self, job: JobRecord) -> bool:
        """A job that ended is tried again; says whether it came out of the store."""
        self.live[job.number] = job
        return self._recent.pop(job.number, None) is None

    def depend(
        self, job: JobRecord, known: Mapping[int, JobRecord] | None = None
    ) -> JobRecord | None:
        """Let a job wait for those it comes after; returns one that ended in vain, if any.

        `known` are those jobs, where somebody has looked them up already.
        """
        others = self.found(job.after) if known is None else known
        unmet = set()
        for number in job.after:
            other = others.get(number)
            if other is None or other.state == "COMPLETED":
                continue
            if other.over:
                return other
            unmet.add(number)
        if unmet:
            self.unmet[job.number] = unmet
            for number in sorted(unmet):
                self.dependents.setdefault(number, []).append(job.number)
        return None

    def met(self, job: JobRecord, number: int) -> bool:
        """One of the jobs it waited for is done; says whether that was the last one."""
        unmet = self.unmet[job.number]
        unmet.discard(number)
        if unmet:
            return False
        del self.unmet[job.number]
        return True

    def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """Jobs that retention removed may be submitted anew."""
        for key in keys:
            number = self.keys.get(key)
            if number is not None and number not in self.live:
                del self.keys[key]
                self._recent.pop(number, None)
