"""What has been dispatched: running jobs by host, and hosts kept free for jobs of several GPUs.

A job that needs more GPUs than a host has free reserves the host and is charged at once, as if
it ran: fairness is settled, and the others need not wait for it.  Until enough GPUs are free,
a smaller job may fill the gap on that host only if its estimate ends before the reservation
begins.  This is backfilling with one reservation a host (Lifka, "The ANL/IBM SP scheduling
system", JSSPP 1995).  All times are seconds on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

from cluster_agent.flows import Fits, Job, JobState


class HeldState(TypedDict):
    """A dispatched job as plain data."""

    job: JobState
    host: str
    counted: float
    started: float | None


@dataclass(frozen=True, slots=True)
class Slot:
    """An offer of a host: `free` of its `size` GPUs, with the model that is warm there."""

    host: str
    model: str | None = None
    free: int = 1
    size: int = 1


@dataclass(slots=True, eq=False)
class Held:
    """A dispatched job; `counted` GPU-seconds are charged for it, a reservation has no start."""

    job: Job
    host: str
    counted: float
    started: float | None = None

    def restate(self) -> HeldState:
        """As plain data."""
        return HeldState(
            job=self.job.restate(), host=self.host, counted=self.counted, started=self.started
        )

    def ends(self, now: float) -> float:
        """When it is expected to free its GPUs; one that is overdue may do so any moment."""
        started = now if self.started is None else self.started
        return max(now, started + self.counted / self.job.gpus)


class Ledger:
    """Everything dispatched and not settled, by job and by host."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._running: dict[str, dict[str, Held]] = {}
        self._reserved: dict[str, Held] = {}

    def __iter__(self) -> Iterator[Held]:
        """In the order of dispatch."""
        return iter(self._held.values())

    def __len__(self) -> int:
        return len(self._held)

    def get(self, id: str) -> Held | None:
        """The record of a job that was dispatched and not settled."""
        return self._held.get(id)

    def add(self, held: Held) -> None:
        """Count a job that starts now, or that reserves its host."""
        self._held[held.job.id] = held
        if held.started is None:
            self._reserved[held.host] = held
        else:
            self._running.setdefault(held.host, {})[held.job.id] = held

    def remove(self, id: str) -> Held:
        """Forget a job, and the reservation it had."""
        held = self._held.pop(id)
        if held.started is None:
            del self._reserved[held.host]
        else:
            here = self._running[held.host]
            del here[id]
            if not here:
                del self._running[held.host]
        return held

    @property
    def reserved(self) -> dict[str, Held]:
        """Reservations by host, oldest first."""
        return self._reserved

    def startable(self, slot: Slot, accepts: Fits | None) -> Held | None:
        """The reservation that the free GPUs of this slot fulfil.

        It is the host's own, or, on a host without one, the oldest that fits: whichever host is
        ready first is as good as the one that was reserved.
        """
        own = self._reserved.get(slot.host)
        waiting = self._reserved.values() if own is None else (own,)
        for held in waiting:
            if held.job.gpus <= slot.free and (accepts is None or accepts(held.job)):
                return held
        return None

    def begin(self, held: Held, host: str, now: float) -> None:
        """Turn a reservation into a running job, here or elsewhere."""
        self.remove(held.job.id)
        held.host, held.started = host, now
        self.add(held)

    def opening(self, slot: Slot, gpus: int, now: float) -> float:
        """When a host will have so many GPUs free, if every job there ends as estimated."""
        free, at = slot.free, now
        running = self._running.get(slot.host, {}).values()
        for end, freed in sorted((held.ends(now), held.job.gpus) for held in running):
            if free >= gpus:
                break
            free, at = free + freed, end
        return at

    def fits(self, slot: Slot, now: float, accepts: Fits | None) -> Fits:
        """Which jobs a slot may be given: those it can hold and that delay no reservation."""
        own = self._reserved.get(slot.host)
        most = slot.size if own is None else slot.free
        until = float("inf") if own is None else self.opening(slot, own.job.gpus, now)

        def fit(job: Job) -> bool:
            if job.gpus > most or now + job.seconds > until:
                return False
            return accepts is None or accepts(job)

        return fit
