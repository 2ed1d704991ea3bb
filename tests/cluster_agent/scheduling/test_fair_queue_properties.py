"""What holds for every history: the bound of fair queuing, and that nothing is lost or invented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cluster_agent.scheduling.fair_queue import FairQueue, Job, Policy, Slot, Terms
from cluster_agent.scheduling.flows import TierState, UserState

SLACK = 25.0
SHARES = {"premium": 8.0, "standard": 3.0, "free": 1.0}
TIERS = st.sampled_from(sorted(SHARES))
USERS = st.sampled_from(["ann", "bob", "cyd"])
MODELS = st.sampled_from(["wan", "ltx", "mochi"])
SECONDS = st.integers(1, 100).map(float)
WEIGHTS = {"ann": 1.0, "bob": 2.0, "cyd": 0.5}


@dataclass
class Rival:
    """One flow as its rivals see it: weight, dispatched service, and the largest estimate."""

    weight: float
    served: float = 0.0
    largest: float = 0.0
    waiting: int = 0

    def dispatch(self, cost: float) -> None:
        self.served += cost
        self.largest = max(self.largest, cost)


@dataclass
class Gap:
    """How far two flows drifted apart since both became backlogged, at the extremes."""

    start: float | None = None
    low: float = 0.0
    high: float = 0.0

    def look(self, one: Rival, other: Rival) -> None:
        if not (one.waiting and other.waiting):
            self.start = None
            return
        apart = one.served / one.weight - other.served / other.weight
        if self.start is None:
            self.start = self.low = self.high = apart
        self.low, self.high = min(self.low, apart), max(self.high, apart)
        bound = one.largest / one.weight + other.largest / other.weight + 2 * SLACK
        assert self.high - self.low <= bound + 1e-6


@dataclass
class Watch:
    """The bound, checked at each level between every two flows."""

    flows: dict[tuple[str, str], Rival] = field(default_factory=dict)
    gaps: dict[tuple[tuple[str, str], tuple[str, str]], Gap] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for tier, weight in SHARES.items():
            self.flows[tier, ""] = Rival(weight)
            self.flows.update({(tier, user): Rival(w) for user, w in WEIGHTS.items()})
        for one, other in combinations(self.flows, 2):
            if (one[1] == other[1] == "") or (one[0] == other[0] and one[1] and other[1]):
                self.gaps[one, other] = Gap()

    def both(self, job: Job) -> Iterator[Rival]:
        yield self.flows[job.tier, ""]
        yield self.flows[job.tier, job.user]

    def arrived(self, job: Job, more: int = 1) -> None:
        for flow in self.both(job):
            flow.waiting += more
        self.look()

    def dispatched(self, job: Job) -> None:
        """The job counts in the interval that its dispatch may end."""
        for flow in self.both(job):
            flow.dispatch(job.cost)
        self.look()
        self.arrived(job, -1)

    def look(self) -> None:
        for (one, other), gap in self.gaps.items():
            gap.look(self.flows[one], self.flows[other])


ARRIVAL = st.tuples(TIERS, USERS, MODELS, SECONDS, st.integers(1, 5))
STEPS = st.lists(st.one_of(ARRIVAL, ARRIVAL, MODELS, MODELS, MODELS, st.none()), max_size=150)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_two_backlogged_flows_never_drift_apart_by_more_than_the_bound(
    steps: list[tuple[str, str, str, float, int] | str | None],
) -> None:
    queue, watch = FairQueue(Policy(SHARES, SLACK)), Watch()
    for tier in SHARES:
        for user, weight in WEIGHTS.items():
            queue.agree(tier, user, Terms(weight))
    waiting: dict[str, Job] = {}
    for number, step in enumerate(steps):
        if isinstance(step, tuple):
            tier, user, model, seconds, copies = step
            for copy in range(copies):
                job = Job(f"{number}-{copy}", user, tier, model, seconds)
                waiting[job.id] = job
                queue.submit(job)
                watch.arrived(job)
        elif step is None and waiting:
            job = queue.withdraw(next(iter(waiting)))
            del waiting[job.id]
            watch.arrived(job, -1)
        else:
            taken = queue.take(Slot("host", step), 0.0)
            assert (taken is not None) == bool(waiting)
            if taken is not None:
                del waiting[taken.id]
                watch.dispatched(taken)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(USERS, MODELS, SECONDS), min_size=1, max_size=30), MODELS)
def test_nobody_starves_however_much_the_others_queue(
    flood: list[tuple[str, str, float]], warm: str
) -> None:
    """The victim has the least weight, a cold model, and rivals with endless jobs above it."""
    queue = FairQueue(Policy(SHARES, SLACK))
    queue.submit(Job("victim", "victim", "free", "cold", 10.0))
    numbers = iter(range(10**9))

    def feed() -> None:
        for user, model, seconds in flood:
            for tier in SHARES:
                queue.submit(Job(str(next(numbers)), user, tier, model, seconds))

    feed()
    for _ in range(40 * len(flood) + 4000):
        taken = queue.take(Slot("host", warm), 0.0)
        assert taken is not None
        if taken.id == "victim":
            return
        queue.submit(Job(str(next(numbers)), taken.user, taken.tier, taken.model, taken.seconds))
    raise AssertionError("the victim was never served")


class Histories(RuleBasedStateMachine):
    """Every operation in any order, beside a plain account of what should be true."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = FairQueue(Policy(SHARES, SLACK))
        self.lines: dict[tuple[str, str], list[Job]] = {}
        self.running: dict[str, Job] = {}
        self.charged: dict[str, float] = {}
        self.gone: set[str] = set()
        self.paused: set[tuple[str, str]] = set()
        self.quota: dict[tuple[str, str], int] = {}
        self.made = 0

    def waiting(self) -> list[Job]:
        return [job for line in self.lines.values() for job in line]

    def runnable(self) -> dict[tuple[str, str], Job]:
        return {
            (tier, user): line[0]
            for (tier, user), line in self.lines.items()
            if line and not self.paused & {(tier, user), (tier, "")}
            if self.holds(tier, user) < self.quota.get((tier, user), 1000)
        }

    def holds(self, tier: str, user: str) -> int:
        return sum((job.tier, job.user) == (tier, user) for job in self.running.values())

    def line_of(self, job: Job) -> list[Job]:
        return self.lines.setdefault((job.tier, job.user), [])

    @rule(tier=TIERS, user=USERS, model=MODELS, seconds=SECONDS, priority=st.integers(0, 2))
    def submit(self, tier: str, user: str, model: str, seconds: float, priority: int) -> None:
        self.made += 1
        job = Job(str(self.made), user, tier, model, seconds, priority=priority)
        self.queue.submit(job)
        line = self.line_of(job)
        line.append(job)
        line.sort(key=lambda each: each.priority)

    @rule(model=MODELS)
    def take(self, model: str) -> None:
        runnable, tags = self.runnable(), self.tags()
        taken = self.queue.take(Slot("host", model), 0.0)
        assert (taken is None) == (not runnable), "a slot idles exactly when nothing can run"
        if taken is None:
            return
        key = (taken.tier, taken.user)
        assert taken == runnable[key], "a user's jobs start in their order"
        assert taken.id not in self.gone
        for tier, user in runnable:
            assert tags[taken.tier, ""] <= tags[tier, ""] + SLACK
            assert tier != taken.tier or tags[key] <= tags[tier, user] + SLACK
        self.lines[key].remove(taken)
        self.running[taken.id] = taken
        self.charged[taken.id] = taken.cost

    @precondition(lambda self: self.running)
    @rule(data=st.data(), cost=st.integers(0, 300).map(float))
    def report(self, data: st.DataObject, cost: float) -> None:
        id = data.draw(st.sampled_from(sorted(self.running)))
        self.queue.report(id, cost)
        self.charged[id] = cost

    @precondition(lambda self: self.running)
    @rule(data=st.data(), cost=st.integers(0, 300).map(float), again=st.booleans())
    def settle(self, data: st.DataObject, cost: float, again: bool) -> None:
        id = data.draw(st.sampled_from(sorted(self.running)))
        job = self.running.pop(id)
        assert self.queue.settle(id, cost) == job
        self.charged[id] = cost
        if again:
            self.made += 1
            rest = Job(str(self.made), job.user, job.tier, job.model, 5.0, priority=job.priority)
            self.queue.put_back(rest)
            self.line_of(job).insert(0, rest)
            self.line_of(job).sort(key=lambda each: each.priority)

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.waiting()))
        assert self.queue.withdraw(job.id) == job
        self.line_of(job).remove(job)
        self.gone.add(job.id)

    @precondition(lambda self: self.waiting())
    @rule(data=st.data(), index=st.one_of(st.none(), st.integers(0, 4)))
    def move(self, data: st.DataObject, index: int | None) -> None:
        job = data.draw(st.sampled_from(self.waiting()))
        self.queue.move([job.id], index)
        line = self.line_of(job)
        equals = [each for each in line if each.priority == job.priority and each != job]
        equals.insert(len(equals) if index is None else index, job)
        others = [each for each in line if each.priority != job.priority]
        line[:] = sorted([*others, *equals], key=lambda each: each.priority)

    @rule(tier=TIERS, user=st.one_of(st.just(""), USERS), paused=st.booleans())
    def pause(self, tier: str, user: str, paused: bool) -> None:
        if paused:
            self.queue.pause(tier, user or None)
            self.paused.add((tier, user))
        else:
            self.queue.resume(tier, user or None)
            self.paused.discard((tier, user))

    @rule(tier=TIERS, user=USERS, weight=st.sampled_from([0.5, 1.0, 4.0]), slots=st.integers(1, 3))
    def agree(self, tier: str, user: str, weight: float, slots: int) -> None:
        self.queue.agree(tier, user, Terms(weight, slots))
        self.quota[tier, user] = slots

    @rule()
    def restart(self) -> None:
        state = self.queue.export()
        again = FairQueue.rebuilt(json.loads(json.dumps(state)), Policy(SHARES, SLACK))
        assert again.export() == state
        self.queue = again

    @invariant()
    def counters_conserve(self) -> None:
        served = self.queue.served()
        charged = sum(self.charged.values())
        assert sum(each for users in served.values() for each in users.values()) == charged
        assert sum(tier["served"] for tier in self.queue.export()["tiers"]) == charged
        held = {each.job.id: each.counted for each in self.queue.held()}
        assert held == {id: self.charged[id] for id in self.running}

    @invariant()
    def lines_are_as_promised(self) -> None:
        for (tier, user), line in self.lines.items():
            assert list(self.queue.line(tier, user)) == line
        assert len(self.queue) == len(self.waiting())

    def tags(self) -> dict[tuple[str, str], float]:
        flows: list[tuple[str, str, TierState | UserState]] = []
        for tier in self.queue.export()["tiers"]:
            flows.append((tier["name"], "", tier))
            flows += [(tier["name"], user["name"], user) for user in tier["users"]]
        return {(tier, user): flow["tag"] for tier, user, flow in flows}


Histories.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestHistories = Histories.TestCase
