"""The worker processes of an agent: started, spoken to, measured, killed, and heard to the end.

Each worker has a thread here that hears it and sees it die, and all share one that measures those
at work.  What happens is given to `tell` on those threads, as the machine's news.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import cluster_agent
from cluster_agent.agent.faults import verdict_of_exit
from cluster_agent.agent.kernel import memory_of, oom_kills
from cluster_agent.agent.news import Began, Ended, Kept, Measured, News, Told, WorkerDown, WorkerUp
from cluster_agent.agent.pipe import (
    Broken,
    CancelJob,
    FromWorker,
    JobBegan,
    JobEnded,
    JobKept,
    JobTold,
    Pipe,
    RunJob,
    ToWorker,
    Up,
    Warm,
)
from cluster_agent.agent.workspace import Room
from cluster_agent.protocol.messages import Lease
from engine.atomic import storage_failed

MEASURED_EVERY: Final = 0.5
_LOOKING: Final = 0.05
"""The part of the time that may be spent on looking through a worker's files."""
PATIENCE: Final = 2.0

Tell = Callable[[News], None]


@dataclass(eq=False)
class _Process:
    """A running worker.  `lease` is what it was given to do, `before` its disk when it began."""

    slot: int
    room: Room
    process: subprocess.Popen[bytes]
    pipe: Pipe
    oom_kills: int
    lease: Lease | None = None
    peak: int = 0
    before: int | None = None
    wrote: int = 0
    look_again: float = 0.0


class Supervisor:
    """Workers by slot.

    `limit` is the memory, in bytes, at which one is killed by its agent; `preload` is a model that
    each loads when it has come up.
    """

    def __init__(
        self,
        folder: Path,
        environment: Callable[[int], Mapping[str, str]],
        tell: Tell,
        *,
        limit: int = 0,
        preload: str = "",
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._tell = tell
        self._limit = limit
        self._preload = preload
        self._workers: dict[int, _Process] = {}
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._closing = False
        for left in (*folder.glob("rooms/*/outbox"), folder / "meetings"):
            shutil.rmtree(left, ignore_errors=True)

    def room(self, slot: int) -> Room:
        """Where the worker of a slot works."""
        return Room(self._folder / "rooms" / str(slot))

    def meeting(self, lease: Lease) -> Path:
        """Where the workers meet that do a job together."""
        return self._folder / "meetings" / f"{lease.job}-{lease.epoch}"

    def start(self, slot: int) -> None:
        """Start a worker, if there is none; WorkerUp or WorkerDown will follow.

        Raises StorageFailed.
        """
        if slot in self._workers:
            return
        room = self.room(slot)
        room.make()
        room.clear()
        ours, theirs = socket.socketpair()
        log = room.root / "worker.log"
        try:
            with theirs, open(log, "wb") as output:
                process = self._spawn(slot, room, theirs, output)
        except OSError as error:
            ours.close()
            raise storage_failed(error, log) from error
        worker = _Process(slot, room, process, Pipe(ours, patience=PATIENCE), oom_kills())
        with self._changed:
            self._workers[slot] = worker
        thread = threading.Thread(target=self._attend, args=(worker,), name=f"worker {slot}")
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()

    def run(self, slot: int, order: RunJob) -> None:
        """Give a worker a job; what lies in its room is its input."""
        with self._changed:
            worker = self._workers.get(slot)
            if worker is not None:
                worker.lease, worker.peak = order.lease, 0
                worker.before, worker.look_again = None, 0.0
                worker.oom_kills = oom_kills()
                self._measure_from_now()
        self._order(worker, order)

    def cancel(self, slot: int, lease: Lease) -> None:
        """Tell a worker to stop at its next step."""
        self._order(self._workers.get(slot), CancelJob(lease=lease))

    def warm(self, model: str) -> None:
        """Have a model's weights brought nearer, by any worker."""
        worker = next(iter(self._workers.values()), None)
        self._order(worker, Warm(model=model))

    def kill(self, slot: int) -> None:
        """End a worker at once, with everything that it has started."""
        worker = self._workers.get(slot)
        if worker is not None and worker.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(worker.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill all workers, and hear them out."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for slot in list(self._workers):
            self.kill(slot)
        for thread in self._threads:
            thread.join()

    def _spawn(
        self, slot: int, room: Room, theirs: socket.socket, output: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "cluster_agent.agent.worker"]
        command += ["--pipe", str(theirs.fileno()), "--room", str(room.root)]
        if self._preload:
            command += ["--preload", self._preload]
        return subprocess.Popen(
            command,
            cwd=room.work,
            env={**os.environ, **self._environment(slot), "PYTHONPATH": _import_path()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )

    def _order(self, worker: _Process | None, order: RunJob | CancelJob | Warm) -> None:
        """A worker that does not listen any more is ended: its end will be told."""
        if worker is not None:
            try:
                worker.pipe.send(order)
            except Broken:
                self.kill(worker.slot)

    # On the worker's thread

    def _attend(self, worker: _Process) -> None:
        with suppress(Broken):
            for frame in worker.pipe.frames():
                self._heard(worker, frame)
        # Its pipe is closed: it is dead, or has nothing to say any more.
        self.kill(worker.slot)
        _, status, usage = os.wait4(worker.process.pid, 0)
        worker.process.returncode = code = os.waitstatus_to_exitcode(status)
        worker.pipe.close()
        verdict = verdict_of_exit(
            code,
            peak=max(worker.peak, usage.ru_maxrss << 10),
            limit=self._limit,
            oom_kills=oom_kills() - worker.oom_kills,
        )
        with self._changed:
            if self._workers.get(worker.slot) is worker:
                del self._workers[worker.slot]
            closing = self._closing
        if not closing:
            assert verdict.fault is not None
            peak = max(worker.peak, usage.ru_maxrss << 10)
            self._tell(WorkerDown(worker.slot, verdict.fault, verdict.error, peak))

    def _heard(self, worker: _Process, frame: FromWorker | ToWorker) -> None:
        match frame:
            case Up():
                self._tell(WorkerUp(worker.slot, frame.packs, frame.models))
            case JobBegan(lease=lease):
                self._tell(Began(lease))
            case JobTold():
                self._tell(_told(frame))
            case JobKept():
                path = worker.room.outbox / frame.name
                self._tell(Kept(frame.lease, frame.fingerprint, frame.step, path))
            case JobEnded():
                with self._changed:
                    worker.lease = None
                self._tell(_ended(worker.slot, frame))
            case _:
                raise Broken("A worker gave an order.")

    # On the measuring thread, which is there as long as somebody works

    def _measure_from_now(self) -> None:
        if not any(thread.name == "measuring" and thread.is_alive() for thread in self._threads):
            thread = threading.Thread(target=self._measure, name="measuring")
            self._threads.append(thread)
            thread.start()

    def _measure(self) -> None:
        while True:
            with self._changed:
                busy = [each for each in self._workers.values() if each.lease is not None]
                if self._closing or not busy:
                    self._threads.remove(threading.current_thread())
                    return
            for worker in busy:
                self._look_at(worker)
            with self._changed:
                self._changed.wait_for(lambda: self._closing, MEASURED_EVERY)

    def _look_at(self, worker: _Process) -> None:
        memory = memory_of(worker.process.pid)
        worker.peak = max(worker.peak, memory)
        began = time.monotonic()
        if began >= worker.look_again:
            used = worker.room.used()
            worker.before = used if worker.before is None else worker.before
            worker.wrote = max(0, used - worker.before)
            ended = time.monotonic()
            worker.look_again = ended + (ended - began) / _LOOKING
        self._tell(Measured(worker.slot, memory, worker.wrote))


def _told(frame: JobTold) -> Told:
    topic, node, phase = frame.topic, frame.node, frame.phase
    return Told(frame.lease, frame.event, topic, node, phase, frame.step, frame.steps)


def _ended(slot: int, frame: JobEnded) -> Ended:
    cancelled, fault, error = frame.cancelled, frame.fault, frame.error
    return Ended(slot, frame.lease, cancelled, fault, error, frame.peak, frame.warm)


def _import_path() -> str:
    """Where this program was imported from, so that a worker finds it wherever it stands."""
    home = Path(cluster_agent.__file__).resolve().parent.parent
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join([str(home), *(str(Path(each).absolute()) for each in given if each)])
