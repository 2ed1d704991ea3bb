"""What holds after every event, whatever happens: nothing is lost, done twice or charged twice."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cluster_agent.broker.outcome import Peer
from cluster_agent.broker.policy import BrokerPolicy, Preemption
from cluster_agent.broker.records import ENDED, WAITING
from cluster_agent.broker.states import HELD
from cluster_agent.protocol.messages import (
    Beat,
    Cancel,
    Changed,
    Checkpoint,
    Drain,
    Failed,
    Fault,
    Finished,
    Lease,
    Message,
    Move,
    Pause,
    PauseFlow,
    Ready,
    Refused,
    Register,
    Report,
    Resume,
    Retry,
    SetTerms,
    Started,
    Stopped,
    Submit,
)
from tests.cluster_agent.broker.broker_desk import (
    RESULT,
    ROOT,
    Desk,
    checkpoint,
    info,
    machine,
    person,
    refusal,
    spec,
)

AGENTS = {"mill": 1, "forge": 2, "loom": 4}
FAULTS: tuple[Fault, ...] = ("failed", "invalid", "refused", "blocked", "crashed", "hung")
POLICY = BrokerPolicy(preemption=Preemption(after=3.0, calm=2.0, recent=60.0))
USERS = st.sampled_from(["ann", "bob"])
TIERS = st.sampled_from(["premium", "standard", "free"])
NAMES = st.sampled_from(sorted(AGENTS))
ANY = st.integers(0, 10_000)
GPUS = st.lists(st.sampled_from([1, 1, 2, 4]), min_size=1, max_size=3)


class Cluster(RuleBasedStateMachine):
    """Users, agents and a network that does everything wrong, around one broker."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(POLICY)
        self.leases: list[tuple[str, Lease]] = []
        self.past: list[tuple[Peer, Message]] = []
        self.routes = dict.fromkeys(AGENTS, 0)
        self.completed: Counter[str] = Counter()

    # The network

    def peer(self, name: str) -> Peer:
        return machine(name, route=f"{name}/{self.routes[name]}")

    def say(self, peer: Peer, message: Message) -> None:
        self.past.append((peer, message))
        self.desk.tell(peer, message)
        self.note()

    def note(self) -> None:
        """Remember which leases were given to whom."""
        for work in self.desk.work:
            self.leases.append((work.route.decode().split("/")[0], work.lease))
        self.desk.work.clear()

    @rule(kind=st.sampled_from(["repeat", "repeat", "disconnect", "kill"]), name=NAMES, which=ANY)
    def misfortune(self, kind: str, name: str, which: int) -> None:
        """A message comes again, at once or long after; a connection ends; the broker is killed."""
        if kind == "repeat" and self.past:
            peer, message = self.past[-1 - which % len(self.past)]
            self.desk.tell(peer, message)
        elif kind == "disconnect":
            self.desk.broker.gone(self.peer(name).route, self.desk.now)
            self.desk.settle()
        elif kind == "kill":
            self.desk.restart()
        self.note()

    @rule(seconds=st.sampled_from([0.5, 2.0, 4.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.desk.wait(seconds)
        self.note()

    # Users

    @rule(
        user=USERS, tier=TIERS, gpus=GPUS,
        after=st.none() | ANY, priority=st.sampled_from([0, 100]), pack=st.booleans(),
    )  # fmt: skip
    def submit(
        self, user: str, tier: str, gpus: list[int], after: int | None, priority: int, pack: bool
    ) -> None:
        mine = [job.id for job in self.desk.tables.jobs.values() if job.user == user]
        jobs = [
            spec(
                f"film {self.desk.number()}",
                tier=tier,
                gpus=count,
                priority=priority,
                model="wan" if pack else "",
                steps=10,
                packs={"wan": "1.0"} if pack else {},
                after=(mine[after % len(mine)],) if mine and after is not None else (),
            )
            for count in gpus
        ]
        self.say(person(user), Submit(jobs=tuple(jobs)))

    @precondition(lambda self: self.desk.tables.jobs)
    @rule(which=ANY, kind=st.sampled_from([Cancel, Pause, Resume, Retry]))
    def command(self, which: int, kind: type[Cancel]) -> None:
        self.say(ROOT, kind(jobs=(self.some_job(which),)))

    @precondition(lambda self: self.desk.tables.jobs)
    @rule(which=ANY, index=st.sampled_from([None, 0, 1]))
    def move(self, which: int, index: int | None) -> None:
        self.say(ROOT, Move(jobs=(self.some_job(which),), index=index))

    @rule(
        kind=st.sampled_from(["pause", "resume", "terms", "drain", "work"]), name=NAMES, tier=TIERS,
        user=USERS, slots=st.sampled_from([None, 1, 2]),
    )  # fmt: skip
    def administer(self, kind: str, name: str, tier: str, user: str, slots: int | None) -> None:
        if kind == "terms":
            terms = SetTerms(tier=tier, user=user, weight=2.0, slots=slots, cost=None)
            self.say(ROOT, terms)
        elif kind in ("drain", "work"):
            self.say(ROOT, Drain(agent=name, on=kind == "drain"))
        else:
            who = user if slots else None
            self.say(ROOT, PauseFlow(tier=tier, user=who, on=kind == "pause"))

    def some_job(self, which: int) -> str:
        jobs = list(self.desk.tables.jobs.values())
        return jobs[which % len(jobs)].id

    # Agents

    @rule(name=NAMES, keep=st.booleans(), pack=st.booleans(), anew=st.booleans())
    def register(self, name: str, keep: bool, pack: bool, anew: bool) -> None:
        self.routes[name] += anew
        packs = {"wan": "1.2"} if pack else {}
        holding = self.of(name) if keep else ()
        about = info(name, AGENTS[name], 24, **packs)
        self.say(self.peer(name), Register(info=about, holding=holding))

    @rule(name=NAMES)
    def be_well(self, name: str) -> None:
        """An agent that is there, or comes back, with everything free that it has."""
        peer = self.peer(name)
        self.say(peer, Beat(number=self.desk.number(), holding=self.of(name)))
        if isinstance(self.desk.said[-1][1], Refused):
            about = info(name, AGENTS[name], 24, wan="1.2")
            self.say(peer, Register(info=about, holding=self.of(name)))
        self.say(peer, Ready(number=self.desk.number(), free=("",) * AGENTS[name]))

    @rule(name=NAMES, free=st.lists(st.sampled_from(["", "wan"]), max_size=4), keep=st.booleans())
    def beat_or_say_what_is_free(self, name: str, free: list[str], keep: bool) -> None:
        peer, number = self.peer(name), self.desk.number()
        if free:
            self.say(peer, Ready(number=number, free=tuple(free)))
        else:
            self.say(peer, Beat(number=number, holding=self.of(name) if keep else ()))

    @precondition(lambda self: self.leases)
    @rule(which=ANY, seconds=st.floats(0, 50))
    def finish(self, which: int, seconds: float) -> None:
        name, lease = self.leases[-1 - which % min(len(self.leases), 3)]
        self.say(self.peer(name), Finished(lease=lease, seconds=seconds, results=(RESULT,)))

    @precondition(lambda self: self.leases)
    @rule(
        which=ANY, seconds=st.floats(0, 50), step=st.integers(0, 10), saved=st.booleans(),
        kind=st.sampled_from(["started", "report", "finished", "failed", "stopped"]),
        fault=st.sampled_from(FAULTS),
    )  # fmt: skip
    def work(
        self, which: int, seconds: float, step: int, saved: bool, kind: str, fault: Fault
    ) -> None:
        name, lease = self.leases[-1 - which % min(len(self.leases), 8)]
        self.say(self.peer(name), _word(kind, lease, seconds, step, saved, fault))

    def of(self, name: str) -> tuple[Lease, ...]:
        return tuple(lease for owner, lease in self.leases[-10:] if owner == name)

    # What holds

    @invariant()
    def jobs_are_conserved(self) -> None:
        census = self.desk.broker.census()
        assert census.submitted == census.waiting + census.held + census.ended
        states = Counter(job.state for job in self.desk.tables.jobs.values())
        assert census.held == sum(states[state] for state in HELD)
        assert census.waiting == sum(states[state] for state in WAITING)

    @invariant()
    def the_queue_and_the_leases_agree_with_the_jobs(self) -> None:
        self.desk.broker.check()

    @invariant()
    def everything_is_paid_once(self) -> None:
        held = self.desk.broker.charges()
        paid = sum(job.charged for job in self.desk.tables.jobs.values())
        assert abs(held.served - held.expected - paid) < 1e-3

    @invariant()
    def a_job_has_one_result(self) -> None:
        for job in self.desk.tables.jobs.values():
            assert bool(job.results) == (job.state == "COMPLETED")

    @invariant()
    def state_changes_are_numbered_without_a_gap(self) -> None:
        events = self.desk.tables.events
        assert list(events) == list(range(1, len(events) + 1))
        assert self.desk.tables.last_event == len(events)
        for event in list(events.values())[-20:]:
            assert isinstance(event, Changed)

    def teardown(self) -> None:
        """Once everything is well again, every job that was taken comes to its end."""
        desk = self.desk
        for tier in ("premium", "standard", "free"):
            for user in (None, "ann", "bob"):
                desk.tell(ROOT, PauseFlow(tier=tier, user=user, on=False))
        for name in AGENTS:
            self.routes[name] += 1
            desk.tell(ROOT, Drain(agent=name, on=False))
        for round_ in range(1000):
            waiting = [job for job in desk.tables.jobs.values() if not job.over]
            if not waiting:
                break
            for job in waiting:
                if job.paused:
                    desk.tell(ROOT, Resume(jobs=(job.id,)))
            for name, gpus in AGENTS.items():
                peer = self.peer(name)
                if round_ == 0:
                    desk.tell(peer, Register(info=info(name, gpus, wan="1.0")))
                desk.tell(peer, Ready(number=desk.number(), free=("",) * gpus))
            for work in desk.work:
                name = work.route.decode().split("/")[0]
                desk.finish(work.lease, self.peer(name))
            desk.work.clear()
            desk.wait(1.0)
            for name in AGENTS:
                desk.tell(self.peer(name), Beat(number=desk.number(), holding=()))
        assert {job.state for job in desk.tables.jobs.values()} <= ENDED


def _word(kind: str, lease: Lease, seconds: float, step: int, saved: bool, fault: Fault) -> Message:
    """What an agent says of a lease."""
    if kind == "started":
        return Started(lease=lease)
    if kind == "report":
        at: Checkpoint | None = checkpoint(step) if saved else None
        return Report(
            lease=lease, seconds=seconds, phase="GENERATING", step=step, steps=10, checkpoint=at
        )
    if kind == "finished":
        return Finished(lease=lease, seconds=seconds, results=(RESULT,))
    if kind == "failed":
        return Failed(lease=lease, seconds=seconds, fault=fault, error="Broken.")
    return Stopped(lease=lease, seconds=seconds)


def test_a_stale_lease_changes_nothing() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit()
    old = desk.work[0].lease
    desk.wait(11.0)
    desk.arrive()
    before = repr(desk.tables)
    for kind in ("started", "report", "finished", "failed", "stopped"):
        said = desk.tell(machine("mill"), _word(kind, old, 9.0, 3, True, "failed"))
        assert refusal(said[0]) == "stale"
    assert repr(desk.tables) == before
    assert desk.states(job) == ["ASSIGNED"]


TestCluster = Cluster.TestCase
TestCluster.settings = settings(
    max_examples=200,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
