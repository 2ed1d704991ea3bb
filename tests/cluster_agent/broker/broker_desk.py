"""A broker at a desk: its machine on a store in memory, with a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cluster_agent.broker.machine import Broker
from cluster_agent.broker.outcome import Now, Outcome, Peer, Send, SendPrefetch, SendWork
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.job_spec import JobSpec, ResultFile
from cluster_agent.protocol.messages import (
    AgentInfo,
    Beat,
    Cancel,
    Checkpoint,
    Failed,
    Fault,
    Finished,
    Gpu,
    Lease,
    Message,
    Phase,
    Ready,
    Refused,
    Register,
    Report,
    Stopped,
    Submit,
    Submitted,
)
from cluster_agent.store.memory import MemoryStore, Tables

GIB = 1 << 30
WALL = 1_700_000_000.0
RESULT = ResultFile(path="film.mp4", node="write", digest="a" * 64, size=7)


def person(user: str = "ann", *roles: str, route: str = "") -> Peer:
    """Somebody who uses the cluster."""
    may = frozenset(roles or ("submit", "observe"))
    return Peer((route or user).encode(), f"key of {user}", user, may)


def machine(name: str = "mill", *, key: str = "", route: str = "") -> Peer:
    """An agent's connection."""
    identity = f"key of {key or name}"
    return Peer((route or name).encode(), identity, key or name, frozenset({"agent"}))


ANN, BOB, ROOT = person("ann"), person("bob"), person("root", "admin")
MILL, FORGE = machine("mill"), machine("forge")


def spec(key: str = "film", **more: object) -> JobSpec:
    """A small job."""
    return JobSpec.model_validate({"key": key, "graph": b"{}", **more})


def info(name: str = "mill", gpus: int = 1, memory: int = 24, **packs: str) -> AgentInfo:
    """A machine; `memory` of each GPU in GiB."""
    gpu = Gpu(name="H200", memory=memory * GIB)
    return AgentInfo(
        name=name,
        host=f"{name}.local",
        software="1",
        gpus=(gpu,) * gpus,
        cpus=8,
        memory=64 * GIB,
        packs=packs,
    )


def checkpoint(step: int, fingerprint: str = "f" * 16) -> Checkpoint:
    """A sampler's state after `step`."""
    return Checkpoint(fingerprint=fingerprint, step=step, digest=f"{step:064x}", size=10)


class Desk:
    """A broker's machine with its store and clock; each call is one message and one commit."""

    def __init__(self, policy: BrokerPolicy | None = None, **changed: object) -> None:
        self.policy = replace(policy or BrokerPolicy(), **changed)  # type: ignore[arg-type]
        self.tables = Tables()
        self.now = Now(1000.0, WALL)
        self.said: list[tuple[bytes, Message]] = []
        self.work: list[SendWork] = []
        self.prefetches: list[SendPrefetch] = []
        self._numbers = 0
        self.restart()

    def restart(self) -> None:
        """The broker is killed, and another one starts on what was committed."""
        self.store = MemoryStore(self.tables)
        self.broker = Broker(self.store.open(), self.policy, self.now, self.store.jobs)
        self.settle()

    # One turn of a shell

    def settle(self) -> list[Message]:
        """Commit and deliver what was decided; returns what was said."""
        said: list[Message] = []
        while True:
            outcome = self.broker.take_outcome()
            self.store.commit(outcome.changes)
            said += self._deliver(outcome)
            if not outcome.replays:
                return said
            for replay in outcome.replays:
                events = self.store.events(replay.since, replay.limit)
                self.broker.replayed(replay.route, events)

    def _deliver(self, outcome: Outcome) -> list[Message]:
        for send in outcome.sends:
            if isinstance(send, SendWork):
                self.work.append(send)
            elif isinstance(send, SendPrefetch):
                self.prefetches.append(send)
            else:
                self.said.append((send.route, send.message))
        return [send.message for send in outcome.sends if isinstance(send, Send)]

    def tell(self, peer: Peer, *messages: Message) -> list[Message]:
        """Somebody says something; returns what is said to anybody upon it."""
        for message in messages:
            self.broker.receive(peer, message, self.now)
        return self.settle()

    def ask(self, peer: Peer, message: Message) -> Message:
        """Somebody asks; returns the first answer to it."""
        before = len(self.said)
        self.tell(peer, message)
        return next(said for route, said in self.said[before:] if route == peer.route)

    def wait(self, seconds: float, *beating: Peer) -> list[Message]:
        """Time passes, in steps of a second; some agents go on beating with what they hold."""
        said: list[Message] = []
        while seconds > 0:
            step = min(1.0, seconds)
            seconds -= step
            self.now = Now(self.now.monotonic + step, self.now.wall + step)
            for peer in beating:
                self.broker.receive(peer, self.beating(peer), self.now)
            self.broker.tick(self.now)
            said += self.settle()
        return said

    def number(self) -> int:
        """A number that grows."""
        self._numbers += 1
        return self._numbers

    # What people do

    def submit(self, *specs: JobSpec, peer: Peer = ANN) -> tuple[str, ...]:
        """Submit jobs, which must be taken."""
        answer = self.ask(peer, Submit(re=self.number(), jobs=specs or (spec(),)))
        assert isinstance(answer, Submitted), answer
        return answer.jobs

    def cancel(self, *jobs: str, peer: Peer = ANN) -> list[Message]:
        """Cancel jobs."""
        return self.tell(peer, Cancel(jobs=jobs))

    # What agents do

    def arrive(
        self, peer: Peer = MILL, about: AgentInfo | None = None, holding: Iterable[Lease] = ()
    ) -> list[Message]:
        """An agent registers and says that all of it is free."""
        about = about or info(peer.route.decode())
        said = self.tell(peer, Register(info=about, holding=tuple(holding)))
        self.ready(peer, *[""] * len(about.gpus))
        return said

    def ready(self, peer: Peer = MILL, *free: str) -> list[SendWork]:
        """An agent says what is free; returns the work it gets."""
        before = len(self.work)
        self.tell(peer, Ready(number=self.number(), free=free or ("",)))
        return [work for work in self.work[before:] if work.route == peer.route]

    def beating(self, peer: Peer) -> Beat:
        """A beat with everything that the broker thinks the agent holds."""
        leases = [
            Lease(job=job.id, epoch=job.epoch)
            for job in self.tables.jobs.values()
            if job.agent == peer.route.decode() and self.broker.live(job.number) is not None
        ]
        return Beat(number=self.number(), holding=tuple(leases))

    def beat(self, peer: Peer = MILL, *holding: Lease) -> list[Message]:
        """An agent beats."""
        return self.tell(peer, Beat(number=self.number(), holding=holding))

    def report(
        self,
        lease: Lease,
        peer: Peer = MILL,
        seconds: float = 1.0,
        *,
        step: int = 0,
        steps: int = 0,
        saved: int | None = None,
        phase: Phase | None = "GENERATING",
        events: tuple[str, ...] = (),
    ) -> list[Message]:
        """An agent reports; `saved` is the step of a new checkpoint."""
        return self.tell(
            peer,
            Report(
                lease=lease,
                seconds=seconds,
                phase=phase,
                step=step,
                steps=steps,
                checkpoint=None if saved is None else checkpoint(saved),
                events=events,
            ),
        )

    def finish(self, lease: Lease, peer: Peer = MILL, seconds: float = 10.0) -> Message:
        """An agent has finished; returns the answer."""
        return self.ask(peer, Finished(lease=lease, seconds=seconds, results=(RESULT,)))

    def fail(
        self, lease: Lease, peer: Peer = MILL, fault: Fault = "failed", seconds: float = 5.0
    ) -> Message:
        """An agent has failed; returns the answer."""
        return self.ask(peer, Failed(lease=lease, seconds=seconds, fault=fault, error="Broken."))

    def stopped(self, lease: Lease, peer: Peer = MILL, seconds: float = 5.0) -> Message:
        """An agent has stopped work as it was told; returns the answer."""
        return self.ask(peer, Stopped(lease=lease, seconds=seconds))

    # What can be seen

    def job(self, id: str) -> JobRecord:
        """A job as it was committed."""
        return self.tables.jobs[int(id[1:])]

    def states(self, *ids: str) -> list[str]:
        """The states of jobs as they were committed."""
        return [self.job(id).state for id in ids]

    def told(self, id: str) -> list[str]:
        """The states that a job has gone through, as they are told to those who watch."""
        return [event.state for event in self.tables.events.values() if event.job == id]

    def heard(self, peer: Peer, kind: type[Message]) -> list[Message]:
        """What somebody was told, of one kind."""
        return [said for route, said in self.said if route == peer.route and type(said) is kind]


def refusal(message: Message) -> str:
    """The code of a refusal."""
    assert isinstance(message, Refused), message
    return message.code
