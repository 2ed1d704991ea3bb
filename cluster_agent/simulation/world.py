"""A simulated cluster: a broker (the real daemon and machine), computers, people, and troubles.

Everything follows from one seed: the same seed gives the same history, message by message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final, NamedTuple

from cluster_agent.broker.daemon import Daemon
from cluster_agent.broker.machine import Broker
from cluster_agent.broker.outcome import Now
from cluster_agent.broker.policy import BrokerPolicy, Preemption
from cluster_agent.broker.sessions import Greeting, Sessions
from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.messages import AgentInfo, Changed, Gpu
from cluster_agent.simulation.clock import Clock
from cluster_agent.simulation.disk import Disk, SimulatedStore
from cluster_agent.simulation.machines import Computer, Surroundings
from cluster_agent.simulation.network import Network, Trouble
from cluster_agent.simulation.people import Person
from engine.errors import StorageFailed

ROOMS: Final = ("premium", "standard", "free")
POLICY: Final = BrokerPolicy(
    backoff=0.5,
    longest_backoff=4.0,
    timeouts=dict.fromkeys(ROOMS, 90.0),
    timeout=90.0,
    preemption=Preemption(after=6.0, calm=4.0, recent=30.0),
    rate=50.0,
    burst=100.0,
)
RESUMING: Final = 20.0
HOUSEWORK: Final = 0.5
"""Seconds after which a daemon looks around even if nothing happens."""
MODELS: Final = ("", "starter", "large")


class Granted(NamedTuple):
    """Whom a simulated key stands for."""

    user: str
    roles: frozenset[str]


class Keyring:
    """Who is trusted: users and agents by how their keys begin, but nobody of the `removed`."""

    def __init__(self) -> None:
        self.removed: set[str] = set()

    def grant(self, identity: str) -> Granted | None:
        """What a key may do."""
        if identity in self.removed:
            return None
        if identity.startswith("user"):
            return Granted(identity, frozenset({"submit", "observe"}))
        if identity.startswith("agent"):
            return Granted(identity, frozenset({"agent"}))
        return None


class World:
    """A cluster with `jobs` jobs of two people on three computers."""

    def __init__(self, seed: int, jobs: int = 12) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.clock = Clock()
        self.disk = Disk(Random(self.chance.random()))
        self.history: list[Changed] = []
        self.troubles: list[str] = []
        self.troubles_over = False
        self.worked: dict[str, float] = {}
        self.both_since: dict[str, float] = {}
        self.network = Network(
            self.clock, Random(self.chance.random()), self._soon_turn,
            late=lambda: self.disk.took,
        )  # fmt: skip
        self.keyring = Keyring()
        self.daemon: Daemon | None = None
        self.machine: Broker | None = None
        self._turning = False
        self._busy_until = 0.0
        self._woken = float("inf")
        self.start_broker()
        self.computers = [self._computer(number) for number in range(3)]
        self.specs = self._jobs(jobs)
        self.people = [
            Person(
                self.clock, Random(self.chance.random()), self.network, f"user{number}",
                self.specs[number::2],
            )
            for number in range(2)
        ]  # fmt: skip
        for number, spec in enumerate(self.specs):
            want = partial(self.people[number % 2].want, spec.key)
            self.clock.at(self.chance.uniform(0.0, 30.0), want)

    # The broker's process

    def start_broker(self) -> None:
        """A fresh broker on what the disk holds."""
        if self.daemon is not None:
            return
        store = SimulatedStore(self.disk.tables, self.disk, self.history.append)
        self.machine = Broker(store.open(), POLICY, self._now(), store.jobs)
        sessions = Sessions(self.keyring, Greeting("simulated", "", 1 << 20))
        self.network.ears.up = True
        self.daemon = Daemon(self.network.ears, self.machine, store, sessions, POLICY, self._now)
        self._soon_turn()

    def kill_broker(self) -> None:
        """kill -9: whatever was not committed is gone, and so are the connections."""
        self.daemon = self.machine = None
        self._turning, self._busy_until, self.disk.took = False, 0.0, 0.0
        ears = self.network.ears
        ears.up = False
        ears.waiting.clear()
        for line in list(ears.lines.values()):
            self.network.close(line)
        for computer in self.computers:
            self.clock.after(self.chance.uniform(0.05, 1.0), computer.reconnect)

    def _now(self) -> Now:
        return Now(self.clock.now, self.clock.wall)

    def _soon_turn(self) -> None:
        if not self._turning:
            self._turning = True
            self.clock.at(max(self.clock.now + 0.0005, self._busy_until), self._turn)

    def _turn(self) -> None:
        self._turning = False
        daemon, machine = self.daemon, self.machine
        if daemon is None or machine is None:
            return
        if self.clock.now < self._busy_until:
            self._soon_turn()
            return
        try:
            daemon.turn()
        except StorageFailed:
            self.kill_broker()
            self.clock.after(1.0, self.start_broker)
            return
        self._busy_until, self.disk.took = self.clock.now + self.disk.took, 0.0
        self._wake_at(max(min(machine.due(), self.clock.now + HOUSEWORK), self.clock.now + 0.001))

    def _wake_at(self, due: float) -> None:
        """Have the daemon look then, or earlier."""
        if due >= self._woken:
            return
        self._woken = due

        def wake() -> None:
            if self._woken == due:
                self._woken = float("inf")
                self._soon_turn()

        self.clock.at(due, wake)

    # What it is made of

    def _computer(self, number: int) -> Computer:
        gpus = tuple(Gpu(name="simulated", memory=24 << 30) for _ in range(1 + number % 2))
        info = AgentInfo(
            name=f"agent{number}", host=f"host{number}", software="simulated", gpus=gpus, cpus=4,
            memory=64 << 30, packs={"reelwright": "1.0"}, models=MODELS,
        )  # fmt: skip
        return Computer(f"computer{number}", self._surroundings(), info, f"agent{number}")

    def twin(self) -> Computer:
        """Another computer whose agent has the name and the key of the first one's."""
        first = self.computers[0]
        return Computer("twin", self._surroundings(), first.info, first.key)

    def _surroundings(self) -> Surroundings:
        chance = Random(self.chance.random())
        return Surroundings(self.clock, chance, self.network, self.disk, self.worked)

    def _jobs(self, count: int) -> list[JobSpec]:
        """Jobs of all sorts; one may kill its workers, some need two GPUs or come after others."""
        keys = [
            hashlib.sha256(f"{self.seed} {number}".encode()).hexdigest()[:20]
            for number in range(count)
        ]
        return [
            JobSpec(
                key=key,
                graph=b"{}",
                label=self.chance.choices(("", "poison", "greedy"), (20, 1, 1))[0],
                tier=self.chance.choice(ROOMS),
                priority=self.chance.choice((0, 100, 100)),
                model=self.chance.choice(MODELS),
                steps=self.chance.randrange(1, self.chance.choice((45, 45, 45, 150))),
                size=100,
                seconds=float(self.chance.randrange(1, 20)),
                gpus=self.chance.choice((1, 1, 1, 2)),
                attempts=20,
                after=self._some(keys[number % 2 : number : 2]),
            )
            for number, key in enumerate(keys)
        ]

    def _some(self, keys: list[str]) -> tuple[str, ...]:
        """Mostly none of them."""
        return tuple(self.chance.sample(keys, min(len(keys), self.chance.choice((0, 0, 0, 1, 2)))))

    def note(self, what: str) -> None:
        """Something befell the cluster."""
        self.troubles.append(f"{self.clock.now:8.3f} {what}")

    def every(self, what: str, seconds: float, share: float, action: Callable[[], object]) -> None:
        """Let something befall the cluster now and then, until troubles end."""

        def perhaps() -> None:
            if self.troubles_over:
                return
            if self.chance.random() < share:
                self.note(what)
                action()
            self.clock.after(seconds, perhaps)

        self.clock.after(self.chance.uniform(0, seconds), perhaps)

    def settled(self) -> bool:
        """Whether all that was acknowledged has ended, and nobody waits for an answer."""
        jobs = self.disk.tables.jobs
        acknowledged = (
            jobs.get(int(id[1:])) for person in self.people for id in person.acknowledged.values()
        )
        return all(person.content for person in self.people) and all(
            job is None or job.over for job in acknowledged
        )

    def end_troubles(self) -> None:
        """From now on everything works."""
        self.troubles_over = True
        self.network.trouble = Trouble()
        self.disk.full, self.disk.slow = False, 0.0
        self.keyring.removed.clear()
        self.clock.skew = 0.0
        self.start_broker()
        for computer in self.computers:
            if computer.name == "twin":
                computer.kill()
                continue
            computer.cut(deaf=False, dumb=False)
            computer.start_again()
        self._resume_all()

    def _resume_all(self) -> None:
        """Again and again: what somebody asked for before may still be heard after this."""
        for person in self.people:
            person.resume_all()
        self.clock.after(RESUMING, self._resume_all)
