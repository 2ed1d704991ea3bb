"""A daemon with real workers in this process, and a broker made of words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import TypeVar

from cluster_agent.agent import news
from cluster_agent.agent.daemon import Daemon, clock
from cluster_agent.agent.errands import Errands
from cluster_agent.agent.machine import Agent
from cluster_agent.agent.policy import AgentPolicy
from cluster_agent.agent.supervisor import Supervisor
from cluster_agent.blobs.store import BlobStore
from cluster_agent.protocol.messages import (
    AgentInfo,
    Assign,
    Beat,
    Beaten,
    Done,
    Failed,
    Finished,
    Gpu,
    Hello,
    Lease,
    Message,
    Ready,
    Register,
    Registered,
    Stopped,
    Welcome,
)
from cluster_agent.protocol.wire import FROM_AGENT, decode, encode
from tests.cluster_agent.agent.crew import CALM
from tests.cluster_agent.agent.desk import spec
from tests.cluster_agent.agent.near_blobs import NearBlobs
from tests.cluster_agent.waiting import wait_for

Said = TypeVar("Said", bound=Message)
MEMORY = 64 << 30


class WordyLine:
    """Implements `daemon.Line` with a broker that agrees to everything."""

    broken = turned_away = False

    def __init__(self) -> None:
        self.said: list[Message] = []
        self._frames: list[bytes] = []
        self._bell = threading.Event()

    def ready(self, timeout_s: float) -> bool:
        return True

    def poll(self, timeout_s: float) -> bool:
        self._bell.wait(0.0 if self._frames else timeout_s)
        self._bell.clear()
        return bool(self._frames)

    def receive(self, most: int) -> list[bytes]:
        taken, self._frames = self._frames[:most], self._frames[most:]
        return taken

    def send(self, frame: bytes) -> bool:
        message = decode(frame, FROM_AGENT)
        self.said.append(message)
        match message:
            case Hello():
                self.say(
                    Welcome(
                        re=message.re, version=1, broker="b", user="u", roles=("agent",),
                        blobs="here", largest=1 << 20,
                    )
                )  # fmt: skip
            case Register():
                self.say(Registered(re=message.re, beat=1.0, fence=1e6, lease=2e6, void=()))
            case Beat():
                self.say(Beaten(number=message.number))
            case Finished() | Failed() | Stopped():
                self.say(Done(re=message.re))
        return True

    def say(self, message: Message) -> None:
        self._frames.append(encode(message))
        self._bell.set()

    def reconnect(self) -> None: ...

    def wake(self) -> None:
        self._bell.set()


class Shift:
    """One agent with one worker; always ended with the `with`.

    Its clock is `skipped` seconds ahead.
    """

    def __init__(self, folder: Path, policy: AgentPolicy) -> None:
        self.line = WordyLine()
        inbox: SimpleQueue[news.News] = SimpleQueue()

        def tell(told: news.News) -> None:
            inbox.put(told)
            self.line.wake()

        info = AgentInfo(
            name="a", host="h", software="1", gpus=(Gpu(name="cpu", memory=MEMORY),), cpus=1,
            memory=MEMORY, packs={}, models=("starter",),
        )  # fmt: skip
        self.supervisor = Supervisor(folder, lambda slot: CALM, tell, limit=policy.memory)
        blobs = NearBlobs(BlobStore(folder / "blobs"))
        self._errands = Errands(folder, self.supervisor.room, lambda: blobs, tell, 1)
        machine = Agent(info, policy, clock())
        self.skipped = 0.0
        self._given = 0
        self._daemon = Daemon(
            self.line, machine, self.supervisor, self._errands, inbox,
            now=lambda: clock() + self.skipped,
        )  # fmt: skip

    def __enter__(self) -> Shift:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._errands.close()
        self.supervisor.close()

    def assign(self, graph: bytes, number: int = 1, **wishes: object) -> Lease:
        """Give it a job, once its worker is free."""
        self.hear(Ready, fits=lambda ready: bool(ready.free), since=self._given)
        self._given = len(self.line.said)
        lease = Lease(job=f"j{number}", epoch=1)
        self.line.say(
            Assign(
                lease=lease, spec=spec(graph=graph, **wishes), user="ann", ready=1,
                timeout=3600.0, checkpoints=(),
            )
        )  # fmt: skip
        return lease

    def hear(
        self,
        kind: type[Said],
        fits: Callable[[Said], bool] = lambda said: True,
        since: int = 0,
    ) -> Said:
        """Work until a fitting word has been said, after the first `since` of all words."""

        def work() -> bool:
            self.line.poll(0.05)
            self._daemon.turn()
            return bool(found())

        def found() -> list[Said]:
            said = (each for each in self.line.said[since:] if isinstance(each, kind))
            return [each for each in said if fits(each)]

        wait_for(work, lambda: f"no {kind.kind} was said; heard {self.line.said[-3:]}")
        return found()[0]

    @property
    def worker(self) -> int:
        """The worker's process id."""
        return self.supervisor._workers[0].process.pid
