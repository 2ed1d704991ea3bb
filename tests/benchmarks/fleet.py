"""The fleet on paper: 350 jobs a second on 15,750 slots, through the fair queue and through FIFO.

Fleet and people are those of the benchmark `fair_queue`, but here jobs come as people want them:
at random, 350 a second, with a rush in the middle.  A job takes 40 s on average, and 30 s more for
a load where another model is warm: the fleet keeps up only as long as loads are rare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple

from cluster_agent.scheduling.fair_queue import FairQueue, Job, Slot
from tests.benchmarks._table import row
from tests.benchmarks.fair_queue import PEOPLE, Crowd, Discipline, Fifo, Fleet

RATE, RUSH = 350.0, 1.15
"""Jobs a second; so many times as many come in the rush."""
RUSH_HOURS = (500.0, 700.0)
GREED = 10
"""A greedy user wants so many times as many jobs as others."""
PROMISED = {"premium": 30.0, "standard": 300.0, "free": 900.0}
"""Seconds that 95 % of the jobs of a tier may wait at most."""


class Wanted(NamedTuple):
    """A job, when it came, and how long it will really take."""

    job: Job
    came: float
    seconds: float


@dataclass
class Day:
    """What happened after the warm-up: waits by tier; GPU-seconds by (tier, user); model loads."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {tier: [] for tier in PEOPLE})
    wanted: dict[tuple[str, str], float] = field(default_factory=dict)
    got: dict[tuple[str, str], float] = field(default_factory=dict)
    started: int = 0
    cold: int = 0

    def jain(self, tier: str) -> float:
        """Jain's index of what users got, as parts of what the tier could have given each."""
        wanted = {flow: work for flow, work in self.wanted.items() if flow[0] == tier}
        got = {flow: self.got.get(flow, 0.0) for flow in wanted}
        share = max_min_share(list(wanted.values()), sum(got.values()))
        parts = [got[flow] / min(work, share) for flow, work in wanted.items()]
        return sum(parts) ** 2 / (len(parts) * sum(part * part for part in parts))


def max_min_share(wanted: Sequence[float], there: float) -> float:
    """What each may have of `there` at most, if those who want less get all they want."""
    left, share = there, 0.0
    for rank, each in enumerate(sorted(wanted)):
        share = left / (len(wanted) - rank)
        if each >= share:
            return share
        left -= each
    return max(share, *wanted)


class Simulation:
    """A fleet that jobs come to; a slot that finds no work waits for some."""

    def __init__(self, queue: Discipline, fleet: Fleet) -> None:
        self._queue, self._fleet = queue, fleet
        self._crowd, self._random = Crowd(fleet), Random(fleet.seed)
        people = [(tier, user) for tier, user, _ in self._crowd.users]
        weights = [GREED if greedy else 1 for *_, greedy in self._crowd.users]
        self._callers = iter(self._random.choices(people, weights, k=round(
            1.2 * RUSH * RATE * fleet.until)))  # fmt: skip
        self._waiting: dict[str, Wanted] = {}
        self._running: list[tuple[float, str, Wanted]] = []
        self._idle: dict[str | None, list[str]] = {None: [str(n) for n in range(fleet.slots)]}
        self.day = Day()

    def run(self) -> Day:
        """Until the day ends; what waits then has waited so far."""
        until, comes = self._fleet.until, 0.0
        while comes < until:
            ends = self._running[0][0] if self._running else until
            if ends <= comes:
                self._end(*heappop(self._running))
            else:
                self._come(comes)
                comes += self._random.expovariate(rate(comes))
        for wanted in self._waiting.values():
            self._note_wait(wanted, until)
        return self.day

    def _come(self, now: float) -> None:
        job = self._crowd.job(*next(self._callers))
        wanted = self._waiting[job.id] = Wanted(job, now, self._crowd.actual(job))
        if now >= self._fleet.warm_up:
            flow = (job.tier, job.user)
            self.day.wanted[flow] = self.day.wanted.get(flow, 0.0) + wanted.seconds
        self._queue.submit(job)
        # A slot is idle only while nothing waits: this job is the one it will be given.
        warm = job.model if self._idle.get(job.model) else next(iter(self._idle), None)
        if warm in self._idle:
            host = self._idle[warm].pop()
            if not self._idle[warm]:
                del self._idle[warm]
            self._start(host, warm, now)

    def _start(self, host: str, warm: str | None, now: float) -> None:
        job = self._queue.take(Slot(host, warm), now)
        if job is None:
            self._idle.setdefault(warm, []).append(host)
            return
        wanted, cold = self._waiting.pop(job.id), job.model != warm
        self._note_wait(wanted, now)
        if now >= self._fleet.warm_up:
            self.day.started += 1
            self.day.cold += cold
        load = self._fleet.load if cold else 0.0
        heappush(self._running, (now + load + wanted.seconds, host, wanted))

    def _end(self, now: float, host: str, wanted: Wanted) -> None:
        job = wanted.job
        self._queue.settle(job.id, wanted.seconds)
        if now >= self._fleet.warm_up:
            flow = (job.tier, job.user)
            self.day.got[flow] = self.day.got.get(flow, 0.0) + wanted.seconds
        self._start(host, job.model, now)

    def _note_wait(self, wanted: Wanted, now: float) -> None:
        if wanted.came >= self._fleet.warm_up:
            self.day.waits[wanted.job.tier].append(now - wanted.came)


def rate(now: float) -> float:
    """How many jobs come a second."""
    return RATE * (RUSH if RUSH_HOURS[0] <= now < RUSH_HOURS[1] else 1.0)


def waits(of: Mapping[str, list[float]], tier: str) -> str:
    """The median and the 95th percentile, in seconds."""
    ordered = sorted(of[tier])
    return f"{ordered[len(ordered) // 2]:.1f} / {ordered[len(ordered) * 95 // 100]:.1f} s"


def main() -> None:
    """Print what the fair queue makes of the day, and FIFO of the same one."""
    fleet = Fleet(until=1_200.0)
    fair, fifo = (Simulation(queue, fleet).run() for queue in (FairQueue(), Fifo()))
    for tier, seconds in PROMISED.items():
        row(f"wait in {tier}: p50 / p95", waits(fair.waits, tier), f"p95 < {seconds:.0f} s")
        row("  FIFO", waits(fifo.waits, tier))
    for tier in PROMISED:
        row(f"Jain's index in {tier}, of max-min shares (FIFO)",
            f"{fair.jain(tier):.3f} ({fifo.jain(tier):.3f})", ">= 0.95")  # fmt: skip
    colds = f"{fair.cold / fair.started:.1%} ({fifo.cold / fifo.started:.1%})"
    row("cold loads (FIFO)", f"{colds} of jobs")
    useful = sum(fair.got.values()) / sum(fifo.got.values())
    row("useful GPU-seconds over FIFO", f"{useful:.2f} x", ">= 1.4 x")


if __name__ == "__main__":
    main()
