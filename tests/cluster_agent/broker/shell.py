"""The broker's shell with everything around it made of memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from cluster_agent.broker.daemon import LARGEST_HEARD, Daemon
from cluster_agent.broker.machine import Broker
from cluster_agent.broker.outcome import Now
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.sessions import Greeting, Sessions
from cluster_agent.keys import Grant
from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.message import Message
from cluster_agent.protocol.messages import (
    AgentInfo,
    Gpu,
    Hello,
    Ready,
    Register,
    Submit,
    Submitted,
)
from cluster_agent.protocol.wire import decode, encode
from cluster_agent.store.memory import MemoryStore, Tables
from cluster_agent.store.protocol import Changes, Store
from engine.errors import StorageFailed
from tests.cluster_agent.broker.broker_process import TO_PEER

Said = TypeVar("Said", bound=Message)
EVERYTHING = frozenset({"submit", "observe", "agent", "admin"})


class Heard(NamedTuple):
    route: bytes
    identity: str
    frame: bytes


class Ears:
    """A listener of which the test is the network."""

    def __init__(self) -> None:
        self.dropped = 0
        self.inbox: list[Heard] = []
        self.sent: list[tuple[bytes, bytes]] = []
        self.deaf: set[bytes] = set()
        self.polled: list[float] = []

    def poll(self, timeout_s: float) -> bool:
        self.polled.append(timeout_s)
        return bool(self.inbox)

    def receive(self, most: int) -> Sequence[Heard]:
        taken, self.inbox = self.inbox[:most], self.inbox[most:]
        return taken

    def send(self, route: bytes, frame: bytes) -> bool:
        if route in self.deaf:
            return False
        self.sent.append((route, frame))
        return True

    def wake(self) -> None:
        """Nothing sleeps here."""


class Grants:
    """Keys that are trusted; the test changes them."""

    def __init__(self) -> None:
        self.known: dict[str, Grant] = {}

    def grant(self, identity: str) -> Grant | None:
        return self.known.get(identity)


class Disk(MemoryStore):
    """A store that can be full, and counts its commits."""

    def __init__(self, tables: Tables | None = None) -> None:
        super().__init__(tables)
        self.full = False
        self.commits: list[Changes] = []

    def commit(self, changes: Changes) -> None:
        if self.full:
            raise StorageFailed("There is no room left to write 'queue.db'.")
        super().commit(changes)
        self.commits.append(changes)


class Shell:
    """A daemon, its surroundings, and a clock that the test moves."""

    def __init__(
        self,
        policy: BrokerPolicy | None = None,
        store: Store | None = None,
        referred: Callable[[frozenset[str]], None] | None = None,
    ) -> None:
        self.policy = policy or BrokerPolicy()
        self.ears, self.grants = Ears(), Grants()
        self.disk = Disk() if store is None else store
        self.now = Now(100.0, 1_000_000.0)
        self.machine = Broker(self.disk.open(), self.policy, self.now, self.disk.jobs)
        self.sessions = Sessions(self.grants, Greeting("here", "tcp://blobs:1", LARGEST_HEARD))
        self.daemon = Daemon(
            self.ears, self.machine, self.disk, self.sessions, self.policy, lambda: self.now,
            referred,
        )  # fmt: skip

    def pass_time(self, seconds: float) -> None:
        self.now = Now(self.now.monotonic + seconds, self.now.wall + seconds)

    def peer(self, name: str, roles: frozenset[str] = EVERYTHING) -> Peer:
        """Somebody with a key of their own, greeted."""
        peer = Peer(self, name, name.encode(), roles)
        peer.say(Hello(versions=(1,), software="test"))
        self.daemon.turn()
        return peer

    def turns(self, count: int) -> None:
        for _ in range(count):
            self.daemon.turn()


class Peer:
    """A connection; what it was told is taken out with `told`."""

    def __init__(self, shell: Shell, user: str, route: bytes, roles: frozenset[str]) -> None:
        self.identity, self.route, self._shell = f"key of {user}", route, shell
        shell.grants.known[self.identity] = Grant(user, roles)

    def say(self, *messages: Message) -> None:
        for message in messages:
            self.say_bytes(encode(message))

    def say_bytes(self, frame: bytes) -> None:
        self._shell.ears.inbox.append(Heard(self.route, self.identity, frame))

    def told(self) -> list[Message]:
        ears = self._shell.ears
        mine = [decode(frame, TO_PEER) for route, frame in ears.sent if route == self.route]
        ears.sent = [each for each in ears.sent if each[0] != self.route]
        return mine

    def one(self, kind: type[Said]) -> Said:
        """The only message of this kind among those that came."""
        (found,) = [message for message in self.told() if isinstance(message, kind)]
        return found

    def ask(self, message: Message, kind: type[Said]) -> Said:
        """Say it, let the broker have a turn, and take the answer."""
        self.told()
        self.say(message)
        self._shell.daemon.turn()
        return self.one(kind)

    def submit(self, *keys: str, seconds: float = 1.0) -> tuple[str, ...]:
        jobs = tuple(a_spec(key, seconds) for key in keys)
        return self.ask(Submit(jobs=jobs), Submitted).jobs

    def register(self, gpus: int = 1) -> None:
        """Be an agent with free GPUs."""
        gpu = Gpu(name="cpu", memory=2**34)
        name = self.route.decode()
        info = AgentInfo(
            name=name, host=name, software="", gpus=(gpu,) * gpus, cpus=1, memory=1, packs={}
        )
        self.say(Register(info=info), Ready(number=1, free=("",) * gpus))
        self._shell.daemon.turn()


def a_spec(key: str, seconds: float = 1.0) -> JobSpec:
    return JobSpec(key=key, graph=b"{}", seconds=seconds)
