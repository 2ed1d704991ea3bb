"""The slots of an agent: one a GPU, each with a worker process that comes, works and goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from cluster_agent.agent.instructions import Cancel, Instruction, Kill, Start
from cluster_agent.agent.policy import AgentPolicy
from cluster_agent.agent.work import NEVER, Work

Ask: TypeAlias = Callable[[Instruction], None]


@dataclass(eq=False)
class Slot:
    """One worker.  `work` is what it is at, though the work may be over for everybody else.

    `warm` is the model that it holds; `kill_at` when it is killed unless it has stopped before.
    """

    number: int
    up: bool = False
    warm: str = ""
    work: Work | None = None
    kill_at: float = NEVER
    start_at: float = NEVER
    wait: float = 0.0

    @property
    def free(self) -> bool:
        """Whether it could be given work."""
        return self.up and self.work is None


class Slots:
    """All slots of an agent, by number."""

    def __init__(self, count: int, policy: AgentPolicy, ask: Ask) -> None:
        self._all = [Slot(number) for number in range(count)]
        self._policy = policy
        self._ask = ask

    def __getitem__(self, number: int) -> Slot:
        return self._all[number]

    def free(self) -> list[Slot]:
        """Those that could be given work."""
        return [slot for slot in self._all if slot.free]

    def offer(self) -> tuple[str, ...]:
        """The models that are warm in the free ones."""
        return tuple(slot.warm for slot in self._all if slot.free)

    def busy_with(self, work: Work) -> tuple[int, ...]:
        """The workers that are at some work."""
        return tuple(slot.number for slot in self._all if slot.work is work)

    def take(self, work: Work) -> bool:
        """Give it as many GPUs as it needs, those first where its model is warm; if there are."""
        count, model = work.spec.gpus, work.spec.model
        free = sorted(self.free(), key=lambda slot: (slot.warm != model, slot.warm != ""))
        if len(free) < count:
            return False
        for slot in free[:count]:
            slot.work = work
        work.slots = tuple(slot.number for slot in free[:count])
        return True

    def stop(self, work: Work, kill_at: float) -> None:
        """Let its workers stop at their next step, or be killed."""
        busy = self.busy_with(work)
        for number in busy:
            self._all[number].kill_at = min(self._all[number].kill_at, kill_at)
        if busy:
            self._ask(Cancel(work.lease, busy))

    def kill(self, work: Work) -> None:
        """End its workers at once."""
        busy = self.busy_with(work)
        for number in busy:
            self._all[number].kill_at = NEVER
        if busy:
            self._ask(Kill(busy))

    def release(self, work: Work) -> None:
        """Its workers have not begun: they are free again."""
        for number in self.busy_with(work):
            self._all[number].work = None

    def came(self, number: int) -> None:
        """A worker waits for work."""
        self._all[number].up = True

    def done(self, number: int, warm: str) -> None:
        """A worker is done with its work; it is well, so its next start will be at once."""
        slot = self._all[number]
        slot.work, slot.warm, slot.kill_at, slot.wait = None, warm, NEVER, 0.0

    def went(self, number: int, now: float) -> Work | None:
        """A worker ended; another will be started.  Says what it was at."""
        slot = self._all[number]
        work, slot.work = slot.work, None
        slot.up, slot.warm, slot.kill_at = False, "", NEVER
        slot.start_at = now + slot.wait
        slot.wait = min(max(2 * slot.wait, self._policy.restart), self._policy.restart_most)
        return work

    def tick(self, now: float) -> None:
        """Start and kill those whose time has come."""
        late = tuple(slot.number for slot in self._all if slot.kill_at <= now)
        if late:
            self._ask(Kill(late))
        for slot in self._all:
            if slot.kill_at <= now:
                slot.kill_at = NEVER
            if slot.start_at <= now:
                slot.start_at = NEVER
                self._ask(Start(slot.number))

    def due(self) -> float:
        """When the next one's time comes."""
        return min(min(slot.kill_at, slot.start_at) for slot in self._all)

    def begin(self, now: float) -> None:
        """Start all workers."""
        for slot in self._all:
            slot.start_at = now
