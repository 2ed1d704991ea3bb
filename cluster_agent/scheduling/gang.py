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

from cluster_agent.scheduling.flows import Fits
from cluster_agent.scheduling.jobs import Job, JobState


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

    def ends(self) -> float:
        """When it is expected to free its GPUs; in the past where it is overdue."""
        assert self.started is not None, "a reservation does not run"
        return self.started + self.counted / self.job.gpus


class Ledger:
    """Everything dispatched and not settled, by job and by host.

    `reserved` holds the reservations by host, oldest first.
    """

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._running: dict[str, dict[str, Held]] = {}
        self.reserved: dict[str, Held] = {}

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
            self.reserved[held.host] = held
        else:
            self._running.setdefault(held.host, {})[held.job.id] = held

    def remove(self, id: str) -> Held:
        """Forget a job, and the reservation it had."""
        held = self._held.pop(id)
        if held.started is None:
            del self.reserved[held.host]
        else:
            here = self._running[held.host]
            del here[id]
            if not here:
                del self._running[held.host]
        return held

    def startable(self, slot: Slot, accepts: Fits | None) -> Held | None:
        """The reservation that the free GPUs of this slot fulfil.

        It is the host's own, or, on a host without one, the oldest that fits: whichever host is
        ready first is as good as the one that was reserved.
        """
        own = self.reserved.get(slot.host)
        waiting = self.reserved.values() if own is None else (own,)
        for held in waiting:
            if held.job.gpus <= slot.free and (accepts is None or accepts(held.job)):
                return held
        return None

    def hopeless(self, slot: Slot, accepts: Fits | None) -> bool:
        """Whether the host is reserved for a job that it cannot run, or not any more."""
        own = self.reserved.get(slot.host)
        if own is None:
            return False
        return own.job.gpus > slot.size or (accepts is not None and not accepts(own.job))

    def begin(self, held: Held, host: str, now: float) -> None:
        """Turn a reservation into a running job, here or elsewhere."""
        self.remove(held.job.id)
        held.host, held.started = host, now
        self.add(held)

    def opening(self, slot: Slot, gpus: int, now: float) -> float:
        """When a host has so many GPUs free, if every job there ends as estimated.

        In the past where the last of them is overdue, so that nothing more is let in.
        """
        free, at = slot.free, now
        running = self._running.get(slot.host, {}).values()
        for end, freed in sorted((held.ends(), held.job.gpus) for held in running):
            if free >= gpus:
                break
            free, at = free + freed, end
        return at

    def fits(self, slot: Slot, now: float, accepts: Fits | None) -> Fits:
        """Which jobs a slot may be given: those it can hold and that delay no reservation."""
        own = self.reserved.get(slot.host)
        most = slot.size if own is None else slot.free
        until = float("inf") if own is None else self.opening(slot, own.job.gpus, now)

        def fit(job: Job) -> bool:
            if job.gpus > most or now + job.seconds > until:
                return False
            return accepts is None or accepts(job)

        return fit
