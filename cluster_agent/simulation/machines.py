"""A simulated computer with an agent on it: the real agent's machine, workers that compute digest
chains, and everything that happens to computers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from cluster_agent.agent import instructions as do
from cluster_agent.agent import news
from cluster_agent.agent.machine import Agent
from cluster_agent.agent.policy import AgentPolicy
from cluster_agent.protocol.job_spec import JobSpec, ResultFile
from cluster_agent.protocol.messages import (
    AgentInfo,
    Checkpoint,
    Failed,
    Fault,
    Finished,
    Lease,
    Stopped,
)
from cluster_agent.protocol.wire import TO_AGENT, Malformed, decode, encode
from cluster_agent.simulation.clock import Clock
from cluster_agent.simulation.disk import Disk
from cluster_agent.simulation.labour import CHECKPOINT_EVERY, Progress, beginning, fingerprint
from cluster_agent.simulation.network import Line, Network
from engine.errors import StorageFailed

POLICY: Final = AgentPolicy(
    hang=20.0, stop_grace=5.0, dismissed=5.0, push_grace=10.0, restart_most=4.0
)
TRANSFER: Final = 0.05
TICK: Final = 0.001
"""No process wakes itself more often than this."""
DEADLY: Final[dict[str, Fault]] = {"poison": "crashed", "greedy": "out_of_memory"}
"""Labels of jobs that kill their workers, wherever they run."""


@dataclass(eq=False)
class Worker:
    """A worker process.  `life` tells its present process from those before it."""

    slot: int
    life: int = 0
    lease: Lease | None = None
    spec: JobSpec | None = None
    progress: Progress | None = None
    cancelled: bool = False
    stuck: bool = False


class Surroundings(NamedTuple):
    """What a computer is in.  `worked` gets the GPU-seconds for which it held each job."""

    clock: Clock
    chance: Random
    network: Network
    disk: Disk
    worked: dict[str, float]


class Computer:
    """Runs one agent.  `killed` computers come back with an agent that knows nothing."""

    def __init__(
        self,
        name: str,
        surroundings: Surroundings,
        info: AgentInfo,
        key: str,
    ) -> None:
        self.name = name
        self._clock, self._chance, self._network, self._disk, self._worked = surroundings
        self.info, self.key = info, key
        self.step_seconds = self._chance.choice((0.1, 0.2, 0.4))
        self.frozen_until = 0.0
        self._deaf = self._dumb = False
        self.alive = False
        self._life = 0
        self.start()

    # The agent's process

    def start(self) -> None:
        """A fresh agent process."""
        self._life += 1
        self.alive = True
        self._agent = Agent(self.info, POLICY, self._clock.now)
        self._workers = [Worker(slot) for slot in range(len(self.info.gpus))]
        self._prepared: dict[Lease, Progress] = {}
        self._files: dict[Path, bytes] = {}
        self._begun: dict[Lease, tuple[float, int]] = {}
        self._line = self._connect()
        self._woken = float("inf")
        self._obey()

    def kill(self) -> None:
        """kill -9 of the agent; its workers end with it."""
        self._life += 1
        self.alive = False
        self._network.close(self._line)
        self.close_accounts()

    def close_accounts(self) -> None:
        """Count what it still holds, as far as it has come."""
        for lease in list(self._begun):
            self._count(lease)

    def start_again(self) -> None:
        """Start the agent, if it does not run."""
        if not self.alive:
            self.start()

    def freeze(self, seconds: float) -> None:
        """SIGSTOP of everything, and SIGCONT after a while."""
        self.frozen_until = max(self.frozen_until, self._clock.now + seconds)

    def reconnect(self) -> None:
        """The connection breaks and is made anew."""
        if self.alive:
            self._network.close(self._line)
            self._line = self._connect()
            self._soon(lambda: self._agent.parted(self._clock.now))

    def cut(self, *, deaf: bool, dumb: bool) -> None:
        """Cut one direction of the wire, or both, or neither; new connections use the same one."""
        self._deaf, self._dumb = deaf, dumb
        self._line.deaf, self._line.dumb = deaf, dumb

    def _connect(self) -> Line:
        line = self._network.connect(self.key, self)
        line.deaf, line.dumb = self._deaf, self._dumb
        return line

    def kill_worker(self) -> None:
        """A worker is ended by a signal."""
        self._die(self._chance.choice(self._workers), "crashed", "Killed by SIGKILL.")

    def stick(self) -> None:
        """A worker hangs."""
        self._chance.choice(self._workers).stuck = True

    def computing(self) -> list[tuple[Lease, Worker]]:
        """What the workers are at now."""
        if not self.alive or self._clock.now < self.frozen_until:
            return []
        return [(w.lease, w) for w in self._workers if w.lease is not None and not w.stuck]

    def hear(self, frame: bytes) -> None:
        """The broker said something."""
        try:
            message = decode(frame, TO_AGENT)
        except Malformed:
            return
        self._soon(lambda: self._agent.receive(message, self._clock.now))

    # Between the machine and the world

    def _soon(self, action: Callable[[], None]) -> None:
        """Do something as soon as the process runs, unless it is another one by then."""
        life = self._life

        def act() -> None:
            if self._life != life or not self.alive:
                return
            if self._clock.now < self.frozen_until:
                self._clock.at(self.frozen_until, act)
                return
            action()
            self._obey()

        self._clock.after(0.0, act)

    def _tell(self, seconds: float, told: news.News) -> None:
        """Let the agent hear of something in a while."""
        life = self._life

        def tell() -> None:
            if self._life == life:
                self._soon(lambda: self._agent.hear(told, self._clock.now))

        self._clock.after(seconds, tell)

    def _obey(self) -> None:
        for instruction in self._agent.take():
            self._do(instruction)
        due = max(self._agent.due(), self._clock.now + TICK)
        if due < self._woken:
            self._woken = due
            self._clock.at(due, self._wake_for(due))

    def _wake_for(self, due: float) -> Callable[[], None]:
        life = self._life

        def wake() -> None:
            if self._life == life and self._woken == due:
                self._woken = float("inf")
                self._soon(lambda: self._agent.tick(self._clock.now))

        return wake

    def _do(self, instruction: do.Instruction) -> None:
        match instruction:
            case do.Say():
                if isinstance(instruction.message, Finished | Failed | Stopped):
                    self._count(instruction.message.lease)
                self._line.send(encode(instruction.message))
            case do.Prepare():
                self._prepare(instruction)
            case do.Run():
                self._run(instruction)
            case do.Cancel():
                for slot in instruction.slots:
                    if self._workers[slot].lease == instruction.lease:
                        self._workers[slot].cancelled = True
            case do.Kill():
                for slot in instruction.slots:
                    self._die(self._workers[slot], "crashed", "Killed by its agent.")
            case do.Start():
                worker = self._workers[instruction.slot]
                worker.life += 1
                worker.stuck = False
                self._tell(0.5, news.WorkerUp(instruction.slot))
            case do.Push():
                self._push(instruction)
            case do.Deliver():
                self._deliver(instruction)
            case do.Forget():
                self._prepared.pop(instruction.lease, None)
                self._count(instruction.lease)

    def _count(self, lease: Lease) -> None:
        """A lease is over here: so long it held its GPUs."""
        begun, gpus = self._begun.pop(lease, (self._clock.now, 0))
        before = self._worked.get(lease.job, 0.0)
        self._worked[lease.job] = before + gpus * (self._clock.now - begun)

    def _prepare(self, asked: do.Prepare) -> None:
        """The newest checkpoint that is whole; a damaged one is passed over."""
        progress = beginning(asked.spec)
        for checkpoint in asked.checkpoints:
            content = self._disk.get(checkpoint.digest)
            if content is not None and checkpoint.step > progress.step:
                progress = Progress.unpacked(content)
        self._prepared[asked.lease] = progress
        self._begun[asked.lease] = (self._clock.now, asked.spec.gpus)
        self._tell(TRANSFER, news.Prepared(asked.lease))

    def _run(self, asked: do.Run) -> None:
        progress = self._prepared.get(asked.lease)
        assert progress is not None, "nothing runs that was not prepared"
        for number, slot in enumerate(asked.slots):
            worker = self._workers[slot]
            worker.lease, worker.spec, worker.cancelled = asked.lease, asked.spec, False
            worker.progress = Progress(progress.step, progress.state) if number == 0 else None
        self._tell(0.0, news.Began(asked.lease))
        first = self._workers[asked.slots[0]]
        self._step_later(first, asked.slots)

    def _step_later(self, worker: Worker, slots: tuple[int, ...]) -> None:
        life, lives = self._life, [self._workers[slot].life for slot in slots]

        def step() -> None:
            now_lives = [self._workers[slot].life for slot in slots]
            if self._life != life or now_lives != lives or worker.lease is None or worker.stuck:
                return
            if self._clock.now < self.frozen_until:
                self._clock.at(self.frozen_until, step)
                return
            self._step(worker, slots)

        self._clock.after(self.step_seconds, step)

    def _step(self, worker: Worker, slots: tuple[int, ...]) -> None:
        lease, spec, progress = worker.lease, worker.spec, worker.progress
        assert lease is not None
        assert spec is not None
        assert progress is not None
        if worker.cancelled:
            self._end(slots, news.Ended(worker.slot, lease, cancelled=True))
            return
        if progress.step < spec.steps:  # not so after a crash between the last step and the end
            progress.advance()
        if spec.label in DEADLY and progress.step > spec.steps // 2:
            self._die(worker, DEADLY[spec.label], f"It ended in step {progress.step}.")
            return
        event = {"kind": "progress", "node": "sample", "done": progress.step, "total": spec.steps}
        self._tell(
            0.0,
            news.Told(
                lease, json.dumps(event), "progress sample", "sample", "GENERATING",
                progress.step, spec.steps,
            ),
        )  # fmt: skip
        if progress.step % CHECKPOINT_EVERY == 0:
            path = Path(f"/{lease.job}-{lease.epoch}-{progress.step}")
            self._files[path] = progress.packed()
            self._tell(0.0, news.Kept(lease, fingerprint(spec), progress.step, path))
        if progress.step >= spec.steps:
            self._files[Path(f"/result-{lease.job}-{lease.epoch}")] = progress.state
            self._end(slots, news.Ended(worker.slot, lease, warm=spec.model))
        else:
            self._step_later(worker, slots)

    def _end(self, slots: tuple[int, ...], ended: news.Ended) -> None:
        for slot in slots:
            worker = self._workers[slot]
            worker.lease = worker.spec = worker.progress = None
            self._tell(0.0, ended._replace(slot=slot))

    def _die(self, worker: Worker, fault: Fault, error: str) -> None:
        worker.life += 1
        worker.lease = worker.spec = worker.progress = None
        worker.stuck = False
        self._tell(0.01, news.WorkerDown(worker.slot, fault, error, 1 << 20))

    def _push(self, asked: do.Push) -> None:
        content = self._files[asked.path]
        try:
            digest = self._disk.put(content)
        except StorageFailed as error:
            self._tell(TRANSFER, news.Unpushed(asked.lease, str(error)))
            return
        checkpoint = Checkpoint(
            fingerprint=asked.fingerprint, step=asked.step, digest=digest, size=len(content)
        )
        self._tell(TRANSFER, news.Pushed(asked.lease, checkpoint))

    def _deliver(self, asked: do.Deliver) -> None:
        lease = asked.lease
        content = self._files[Path(f"/result-{lease.job}-{lease.epoch}")]
        try:
            digest = self._disk.put(content)
        except StorageFailed as error:
            self._tell(TRANSFER, news.Undelivered(lease, "storage", str(error)))
            return
        file = ResultFile(path="video.mp4", node="save", digest=digest, size=len(content))
        self._tell(TRANSFER, news.Delivered(lease, (file,)))
