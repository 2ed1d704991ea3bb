"""The fair queue at the size of a fleet: speed, tier shares, fairness and useful work against FIFO.

The fleet is simulated: 15,750 slots, 5,000 users, 4 % of them greedy (ten times the jobs), ten
models, and a load of 30 s whenever a slot's model changes.  Everyone replaces a job that ended, so
that everyone stays backlogged and an equal share of the tier is the right one.
"""

from __future__ import annotations

import gc
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heapreplace
from random import Random
from typing import Protocol

from cluster_agent.scheduling.fair_queue import FairQueue, Job, Policy, Slot
from tests.benchmarks._table import row

MODELS = tuple(f"model-{number}" for number in range(10))
SECONDS, ODDS = (10.0, 30.0, 60.0, 120.0), (30, 35, 25, 10)
PEOPLE = {"premium": 0.3, "standard": 0.5, "free": 0.2}
DEPTH = {"premium": 14, "standard": 4, "free": 4}
ROUNDS, BATCH = 20, 2000


@dataclass(frozen=True)
class Fleet:
    """What is simulated; times in seconds of the simulation."""

    slots: int = 15_750
    users: int = 5_000
    greedy: float = 0.04
    load: float = 30.0
    warm_up: float = 300.0
    until: float = 1_800.0
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What the fleet did after its warm-up, in GPU-seconds by (tier, user), and how often cold."""

    work: dict[tuple[str, str], float]
    cold: float

    def total(self, tier: str = "") -> float:
        return sum(done for (of, _), done in self.work.items() if tier in ("", of))

    def jain(self, tier: str) -> float:
        """Jain's index: 1 when all got the same, 1/n when one got everything."""
        done = [done for (of, _), done in self.work.items() if of == tier]
        return sum(done) ** 2 / (len(done) * sum(each * each for each in done))


class Discipline(Protocol):
    """A way to choose the next job."""

    def submit(self, job: Job) -> None: ...

    def take(self, slot: Slot, now: float) -> Job | None: ...

    def settle(self, id: str, cost: float) -> object: ...


class Fifo:
    """First come, first served."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()

    def submit(self, job: Job) -> None:
        self._jobs.append(job)

    def take(self, slot: Slot, now: float) -> Job | None:
        return self._jobs.popleft() if self._jobs else None

    def settle(self, id: str, cost: float) -> None:
        """Nobody is charged."""


class Crowd:
    """The users, and the jobs they want."""

    def __init__(self, fleet: Fleet) -> None:
        self._random = Random(fleet.seed)
        self._made = 0
        self.users = [
            (tier, f"{tier}-{number}", number < fleet.greedy * share * fleet.users)
            for tier, share in PEOPLE.items()
            for number in range(round(share * fleet.users))
        ]

    def job(self, tier: str, user: str) -> Job:
        self._made += 1
        model = self._random.choice(MODELS)
        (seconds,) = self._random.choices(SECONDS, ODDS)
        return Job(str(self._made), user, tier, model, seconds)

    def first(self) -> list[Job]:
        """What waits at the beginning, in random order."""
        jobs = [
            self.job(tier, user)
            for tier, user, greedy in self.users
            for _ in range(DEPTH[tier] * (10 if greedy else 1))
        ]
        self._random.shuffle(jobs)
        return jobs

    def actual(self, job: Job) -> float:
        """How long a job really takes: its estimate is right on average."""
        return job.seconds * self._random.uniform(0.7, 1.3)


def simulate(queue: Discipline, fleet: Fleet) -> Outcome:
    """Run the fleet; every slot always has work."""
    crowd = Crowd(fleet)
    work = dict.fromkeys(((tier, user) for tier, user, _ in crowd.users), 0.0)
    loads: Counter[bool] = Counter()
    for job in crowd.first():
        queue.submit(job)

    def start(host: int, warm: str | None, now: float) -> tuple[float, int, Job, float]:
        job = queue.take(Slot(str(host), warm), now)
        assert job is not None
        loads[job.model != warm] += now >= fleet.warm_up
        seconds = crowd.actual(job)
        return now + seconds + (fleet.load if job.model != warm else 0.0), host, job, seconds

    running = [start(host, None, 0.0) for host in range(fleet.slots)]
    heapify(running)
    while running[0][0] < fleet.until:
        now, host, job, seconds = running[0]
        queue.settle(job.id, seconds)
        queue.submit(crowd.job(job.tier, job.user))
        if now >= fleet.warm_up:
            work[job.tier, job.user] += seconds
        heapreplace(running, start(host, job.model, now))
    return Outcome(work, loads[True] / loads.total())


def speeds(fleet: Fleet) -> tuple[float, float]:
    """Dispatches, and whole cycles of dispatch, settling and submission, per CPU second."""
    crowd, queue = Crowd(fleet), FairQueue()
    for job in crowd.first():
        queue.submit(job)
    slots = [Slot(str(host), MODELS[host % len(MODELS)]) for host in range(fleet.slots)]
    running = deque((slot, taken(queue, slot)) for slot in slots)
    gc.collect()
    gc.freeze()
    dispatches, cycles = [], []
    for _ in range(ROUNDS):
        ended = [running.popleft() for _ in range(BATCH)]
        new = [crowd.job(job.tier, job.user) for _, job in ended]
        free = [Slot(slot.host, job.model) for slot, job in ended]
        began = time.process_time()
        for (_, job), arrival in zip(ended, new, strict=True):
            queue.settle(job.id, job.seconds)
            queue.submit(arrival)
        half = time.process_time()
        started = [(slot, taken(queue, slot)) for slot in free]
        end = time.process_time()
        running.extend(started)
        dispatches.append(BATCH / (end - half))
        cycles.append(BATCH / (end - began))
    gc.unfreeze()
    return median(dispatches), median(cycles)


def taken(queue: FairQueue, slot: Slot) -> Job:
    job = queue.take(slot, 0.0)
    assert job is not None
    return job


def median(figures: Iterable[float]) -> float:
    ranked = sorted(figures)
    return ranked[len(ranked) // 2]


def print_fairness(fair: Outcome, fifo: Outcome) -> None:
    shares = Policy().shares
    whole = sum(shares.values())
    for tier, weight in shares.items():
        share = fair.total(tier) / fair.total() * whole / weight
        row(f"share of {tier}, of what its weight promises", f"{share:.2%}", "99 % to 101 %")
    for tier in shares:
        figure = f"{fair.jain(tier):.3f} ({fifo.jain(tier):.3f})"
        row(f"Jain's index in {tier} (FIFO)", figure, ">= 0.95")
    row("cold loads (FIFO)", f"{fair.cold:.1%} ({fifo.cold:.1%}) of jobs")
    row("useful GPU-seconds over FIFO", f"{fair.total() / fifo.total():.2f} x", ">= 1.4 x")


def main() -> None:
    """Print each figure with its bar."""
    fleet = Fleet()
    dispatches, cycles = speeds(fleet)
    row("decisions a CPU second, 15,750 slots, 5,000 users", f"{dispatches:,.0f}", ">= 100,000")
    row("  with settling and the next submission", f"{cycles:,.0f}")
    print_fairness(simulate(FairQueue(), fleet), simulate(Fifo(), fleet))


if __name__ == "__main__":
    main()
