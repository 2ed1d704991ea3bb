"""Real worker processes, and what is heard of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from types import MappingProxyType, TracebackType
from typing import TypeVar

from cluster_agent.agent import news
from cluster_agent.agent.pipe import RunJob
from cluster_agent.agent.supervisor import Supervisor
from cluster_agent.agent.workspace import Room
from cluster_agent.protocol.messages import Lease
from tests.cluster_agent.waiting import wait_for

CALM = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
Heard = TypeVar("Heard", bound=tuple[object, ...])


def anything(told: object) -> bool:
    return True


class Crew:
    """A supervisor with its workers; always ended with the `with`."""

    def __init__(
        self,
        folder: Path,
        limit: int = 0,
        preload: str = "",
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.heard: list[news.News] = []
        self._queue: SimpleQueue[news.News] = SimpleQueue()
        self.supervisor = Supervisor(
            folder,
            lambda slot: {**CALM, **environment},
            self._queue.put,
            limit=limit,
            preload=preload,
        )

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.supervisor.close()

    def start(self, slot: int = 0) -> Crew:
        """A worker that waits for work."""
        self.supervisor.start(slot)
        self.hear(news.WorkerUp)
        return self

    def room(self, slot: int = 0) -> Room:
        return self.supervisor.room(slot)

    def process(self, slot: int = 0) -> int:
        """The process id of a worker."""
        return self.supervisor._workers[slot].process.pid

    def give(
        self,
        graph: bytes,
        epoch: int = 1,
        slot: int = 0,
        inputs: Mapping[str, bytes] | None = None,
        **more: object,
    ) -> Lease:
        """Begin with a job."""
        lease = Lease(job="j1", epoch=epoch)
        room = self.room(slot)
        room.clear()
        room.graph.write_bytes(graph)
        for path, content in (inputs or {}).items():
            (room.work / path).parent.mkdir(parents=True, exist_ok=True)
            (room.work / path).write_bytes(content)
        order = {"outputs": None, "previews": False, "fresh": False, **more}
        self.supervisor.run(slot, RunJob.model_validate({"lease": lease, **order}))
        return lease

    def do(self, graph: bytes, epoch: int = 1, **more: object) -> news.Ended:
        """Do a job to its end."""
        lease = self.give(graph, epoch, **more)  # type: ignore[arg-type]
        return self.hear(news.Ended, lambda ended: ended.lease == lease)

    def hear(self, kind: type[Heard], fits: Callable[[Heard], bool] = anything) -> Heard:
        """The next news of a kind that fits; what came before it is in `heard`."""
        found: list[Heard] = []

        def listen() -> bool:
            try:
                told = self._queue.get(timeout=0.2)
            except Empty:
                return False
            self.heard.append(told)
            if isinstance(told, kind) and fits(told):
                found.append(told)
            return bool(found)

        wait_for(listen, lambda: f"no {kind.__name__} came; heard {self.heard[-5:]}")
        return found[0]

    def events(self) -> str:
        """All engine events so far, as text."""
        return "\n".join(told.event for told in self.heard if isinstance(told, news.Told))
