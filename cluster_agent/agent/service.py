"""A whole agent in this process: its folder, workers and line to the broker, until told to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from cluster_agent.addresses import beside
from cluster_agent.agent.checkpoints import Blobs
from cluster_agent.agent.daemon import Daemon, clock
from cluster_agent.agent.errands import Errands
from cluster_agent.agent.hardware import Machine, environment, this_machine
from cluster_agent.agent.machine import Agent
from cluster_agent.agent.news import News, WorkerDown, WorkerUp
from cluster_agent.agent.policy import AgentPolicy
from cluster_agent.agent.supervisor import Supervisor
from cluster_agent.agent.takedowns import TakedownSource, following
from cluster_agent.blobs.client import BlobClient
from cluster_agent.folder_lock import locked
from cluster_agent.hosting import Hosting, host
from cluster_agent.keys import ROLES, KeyPair, KnownServer, Trust, TrustedPeer, cluster_folder
from cluster_agent.protocol.messages import AgentInfo
from cluster_agent.transport import Connection
from engine.errors import ReelwrightError, StorageFailed

FIRST_WORD: Final = 120.0
"""Seconds that the first worker has to come up: a cold disk is slow."""
_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What the operator decides.

    `folder` is where the work lies, `broker` whom to work for, `own` the key by which it knows us.
    `slots` is how many jobs may run at one time: GPUs, or shares of the CPU; None is all GPUs, or
    one.  A bound of 0 in `policy` stands for nine tenths of the memory, shared by the slots.
    `preload` is a model that every worker loads before it is given work.  `takedowns` is an
    operator's register that every export here is held against.
    """

    name: str
    folder: Path
    broker: KnownServer
    own: KeyPair
    slots: int | None = None
    policy: AgentPolicy = field(default_factory=AgentPolicy)
    preload: str = ""
    takedowns: TakedownSource | None = None


def serve(settings: AgentSettings, ready: Callable[[str], None]) -> None:
    """Be an agent until SIGTERM or SIGINT: once ends when the work has ended, twice gives it back.

    `ready` is told the name.  Raises InvalidInput, or StorageFailed for a folder that cannot be
    used, and both for takedowns that cannot be followed.
    """
    with running(settings) as daemon, _signals(daemon.end):
        ready(settings.name)
        daemon.run()


def serve_alone(
    settings: AgentSettings, hosting: Hosting, ready: Callable[[str, str], None]
) -> None:
    """Be broker, blob service and agent at once, until SIGTERM or SIGINT.

    `settings.broker` is not looked at: the agent works for the broker in this process, which it
    reaches as everybody does.  Work under way goes on from its checkpoints the next time.
    """
    keys = hosting.broker.keys or cluster_folder()
    trust = Trust(keys / "trust.toml")
    if trust.grant(settings.own.public) is None:
        trust.add(TrustedPeer(key=settings.own.public, user=settings.name, roles=ROLES))
    alone = _Alone(replace(settings, takedowns=None))

    def up(address: str, public: str) -> None:
        alone.start(KnownServer(name="here", address=_reachable(address), key=public))
        ready(address, public)

    with following(settings.takedowns):
        try:
            host(hosting, up)
        finally:
            alone.end()


@contextmanager
def running(settings: AgentSettings) -> Iterator[Daemon]:
    """A daemon that is ready to run, its workers coming up; in the end everything is stopped."""
    computer = this_machine(settings.slots)
    policy = settings.policy
    if not policy.memory:
        share = int(_SHARE * computer.memory / len(computer.gpus))
        policy = replace(policy, memory=share)
    inbox: SimpleQueue[News] = SimpleQueue()
    with (
        locked(settings.folder, "agent"),
        following(settings.takedowns),
        Connection(settings.broker.address, settings.own, settings.broker.key) as line,
    ):

        def tell(news: News) -> None:
            inbox.put(news)
            line.wake()

        supervisor = Supervisor(
            settings.folder,
            lambda slot: environment(computer, slot),
            tell,
            limit=policy.memory,
            preload=settings.preload,
        )
        try:
            info = _introduction(settings, computer, supervisor, inbox)
            machine = Agent(info, policy, clock())
            with _errands(settings, machine, supervisor, tell, len(info.gpus)) as errands:
                yield Daemon(line, machine, supervisor, errands, inbox)
        finally:
            supervisor.close()


@contextmanager
def _errands(
    settings: AgentSettings,
    machine: Agent,
    supervisor: Supervisor,
    tell: Callable[[News], None],
    slots: int,
) -> Iterator[Errands]:
    broker = settings.broker

    def connect() -> Blobs:
        if not machine.blobs:
            raise StorageFailed(
                f"The broker '{broker.name}' has no blob service.",
                remedy="Start it with one: files and checkpoints go through it.",
            )
        return BlobClient(beside(machine.blobs, broker.address), settings.own, broker.key)

    errands = Errands(settings.folder, supervisor.room, connect, tell, slots)
    try:
        yield errands
    finally:
        errands.close()


def _introduction(
    settings: AgentSettings,
    computer: Machine,
    supervisor: Supervisor,
    inbox: SimpleQueue[News],
) -> AgentInfo:
    """Start the workers; the first to come up knows what is installed here."""
    for slot in range(len(computer.gpus)):
        supervisor.start(slot)
    try:
        first = inbox.get(timeout=FIRST_WORD)
    except Empty:
        first = WorkerDown(0, "hung", f"it said nothing for {FIRST_WORD:.0f} s.", 0)
    if not isinstance(first, WorkerUp):
        said = first.error if isinstance(first, WorkerDown) else ""
        raise ReelwrightError(
            f"No worker can be started: {said}",
            remedy=f"Its last words are in '{supervisor.room(0).root / 'worker.log'}'.",
        )
    inbox.put(first)
    return AgentInfo(
        name=settings.name,
        host=computer.host,
        software=_version(),
        gpus=computer.gpus,
        cpus=computer.cpus,
        memory=computer.memory,
        packs=dict(first.packs),
        models=first.models,
    )


class _Alone:
    """An agent on a thread of its own, for a broker in the same process."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._thread: threading.Thread | None = None
        self._daemon: Daemon | None = None
        self._ending = threading.Event()

    def start(self, broker: KnownServer) -> None:
        settings = replace(self._settings, broker=broker)
        self._thread = threading.Thread(target=self._run, args=(settings,), name="agent")
        self._thread.start()

    def end(self) -> None:
        """Stop the work at once and wait for the end: the broker is no more."""
        self._ending.set()
        if self._daemon is not None:
            self._daemon.abort()
        if self._thread is not None:
            self._thread.join()

    def _run(self, settings: AgentSettings) -> None:
        with running(settings) as daemon:
            self._daemon = daemon
            if not self._ending.is_set():
                daemon.run()


@contextmanager
def _signals(end: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT ask for an end."""

    def heard(number: int, frame: object) -> None:
        end()

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _reachable(address: str) -> str:
    """An address that listens everywhere, as this machine calls it."""
    return beside(address, "tcp://127.0.0.1:0")


def _version() -> str:
    try:
        return version("reelwright")
    except PackageNotFoundError:
        return "0"
