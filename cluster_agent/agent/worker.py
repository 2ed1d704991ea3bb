"""The process that computes: it is given one graph after the other, and keeps its models warm.

`python -m cluster_agent.agent.worker --pipe FD --room FOLDER` is how an agent starts it; with
`--preload MODEL` it loads a model while it waits for its first order.  It is alone with the work:
what kills it kills neither its agent nor other jobs.  It ends with its agent, because their pipe
does.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from cluster_agent.agent.faults import Verdict, verdict_of, verdict_of_error
from cluster_agent.agent.kernel import die_with_parent, forget_peak, peak_memory
from cluster_agent.agent.packs import warm_weights, weights_here
from cluster_agent.agent.pipe import (
    Broken,
    CancelJob,
    FromWorker,
    JobBegan,
    JobEnded,
    JobKept,
    Pipe,
    RunJob,
    Up,
    Warm,
)
from cluster_agent.agent.telling import phases_of, told
from cluster_agent.agent.workspace import (
    LARGEST_DOCUMENT,
    Room,
    check_document,
    check_graph,
    files_in,
    storage_errors,
)
from cluster_agent.protocol.messages import Lease, Phase
from engine.errors import InvalidInput
from engine.graph.document import Document, parse_document
from engine.graph.flatten import flatten
from engine.graph.registry import Registry, installed_registry
from engine.run.checkpoint import CheckpointStore
from engine.run.events import Event
from engine.run.local import CHECKPOINT_BUDGET, LocalRunner
from engine.run.runner import RunRequest
from engine.run.signer import require_signer
from engine.run.tensor_file import Blob, write_tensor_file

if TYPE_CHECKING:
    from engine.models.residency import Residency

RESULT_BUDGET: Final = 4 << 30
KEPT_CLIPS: Final = 2 << 30
_log = logging.getLogger(__name__)


class Worker:
    """Takes orders on a thread of its own, and carries them out one after the other."""

    def __init__(self, pipe: Pipe, room: Room, registry: Registry) -> None:
        self._pipe = pipe
        self._room = room
        self._registry = registry
        self._orders: SimpleQueue[RunJob] = SimpleQueue()
        self._cancelled: dict[Lease, threading.Event] = {}
        self._lease: Lease | None = None
        self._phases: Mapping[str, Phase] = {}
        self._runner: LocalRunner | None = None
        self._residency: Residency | None = None

    def serve(self, preload: str = "") -> None:
        """Until the agent is gone."""
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        self._pipe.send(
            Up(
                packs=dict(self._registry.packs),
                models=weights_here(),
                problems=tuple(str(problem) for problem in self._registry.problems),
            )
        )
        if preload:
            self._load(preload)
        while True:
            self._carry_out(self._orders.get())

    def _listen(self) -> None:
        try:
            for order in self._pipe.frames():
                if isinstance(order, RunJob):
                    self._cancelled[order.lease] = threading.Event()
                    self._orders.put(order)
                elif isinstance(order, CancelJob):
                    with suppress(KeyError):
                        self._cancelled[order.lease].set()
                elif isinstance(order, Warm):
                    with suppress(Exception):
                        warm_weights(order.model)
        finally:
            os._exit(0)  # whatever the other threads are at: the agent is gone

    def _load(self, model: str) -> None:
        """Bring a model onto the device before it is asked for; who asks hears what is wrong."""
        from engine.models.catalog import handle

        try:
            self._models().get(handle(model))
        except Exception as error:  # noqa: BLE001 - the worker is as good without it
            _log.warning("The model '%s' was not loaded beforehand: %s", model, error)

    def _carry_out(self, order: RunJob) -> None:
        self._lease = order.lease
        forget_peak()
        if order.rank == 0:  # the first of several speaks for all
            self._pipe.send(JobBegan(lease=order.lease))
        try:
            if order.fresh:
                self._forget_results()
            verdict = self._run(order)
        except Exception as error:  # noqa: BLE001 - the next job must find a worker
            _log.exception("A job failed outside of its nodes.")
            verdict = verdict_of_error(error)
        del self._cancelled[order.lease]
        self._lease = None
        self._make_room()
        self._pipe.send(
            JobEnded(
                lease=order.lease,
                cancelled=verdict.cancelled,
                fault=verdict.fault,
                error=verdict.error,
                peak=peak_memory(),
                warm=self._warm(),
            )
        )

    def _run(self, order: RunJob) -> Verdict:
        if order.size > 1:
            return self._run_together(order)
        if self._runner is None:
            self._runner = self._new_runner(self._models())
        return self._run_graph(order, self._runner)

    def _run_graph(self, order: RunJob, runner: LocalRunner) -> Verdict:
        document = self._document(order)
        fresh = order.fresh and not order.resumed
        request = RunRequest(document, order.outputs, fresh=fresh, previews=order.previews)
        cancelled = self._cancelled[order.lease]
        return verdict_of(runner.run(request, listener=self._tell, cancellation=cancelled))

    def _run_together(self, order: RunJob) -> Verdict:
        """Run the graph with the help of others, or be one of those."""
        from cluster_agent.agent.group import GroupModels, Leader, follow, meeting

        folder = Path(order.meeting)
        with meeting(folder, order.rank, order.size) as team:
            if order.rank > 0:
                follow(team, folder, self._models())
                return Verdict()
            leader = Leader(team, folder)
            try:
                runner = self._new_runner(GroupModels(self._models(), leader))
                return self._run_graph(order, runner)
            finally:
                leader.end()

    def _document(self, order: RunJob) -> Document:
        """The graph of a job, checked.  Raises InvalidInput."""
        with storage_errors(self._room.graph), open(self._room.graph, "rb") as file:
            text = file.read(LARGEST_DOCUMENT + 1)
        if len(text) > LARGEST_DOCUMENT:
            raise InvalidInput(f"The graph is larger than {LARGEST_DOCUMENT >> 20} MiB.")
        document = parse_document(text, "the graph")
        check_document(document, self._registry)
        graph = flatten(document, self._registry, order.outputs)
        check_graph(graph, self._room.work)
        require_signer([graph])
        self._phases = phases_of(graph)
        return document

    def _models(self) -> Residency:
        if self._residency is None:
            from engine.models.residency import Residency

            self._residency = Residency()
        return self._residency

    def _new_runner(self, models: Residency) -> LocalRunner:
        state = self._room.state
        checkpoints = CheckpointStore(state / "checkpoints", CHECKPOINT_BUDGET, write=self._keep)
        return LocalRunner(
            self._registry,
            folder=state,
            output=self._room.out,
            models=models,
            checkpoints=checkpoints,
            disk_budget=RESULT_BUDGET,
        )

    def _forget_results(self) -> None:
        """What earlier jobs left, but for checkpoints: of a resumed job they were laid there."""
        self._runner = None
        with storage_errors(self._room.state):
            shutil.rmtree(self._room.state / "results", ignore_errors=True)

    def _make_room(self) -> None:
        """Clips stay in the engine's memory as files: not so many that the disk runs out."""
        kept = sum(size for _, size in files_in(self._room.state / "workspace"))
        if kept > KEPT_CLIPS:
            self._runner = None

    def _warm(self) -> str:
        loaded = self._residency.loaded if self._residency is not None else ()
        return loaded[-1].source[:200] if loaded else ""

    # What is told of the job; the agent may be gone, then so are we in a moment

    def _tell(self, event: Event) -> None:
        assert self._lease is not None
        frame = told(self._lease, event, self._phases)
        if frame is not None:
            self._send(frame)

    def _keep(self, path: Path, text: str, blobs: Mapping[str, Blob]) -> None:
        """Write a checkpoint, with a second name under which it stays until it was sent."""
        write_tensor_file(path, text, blobs)
        lease = self._lease
        if lease is None:
            return
        fingerprint, step = path.parent.name, int(path.stem.rpartition("-")[2])
        name = f"{fingerprint}-{step}"
        kept = self._room.outbox / name
        with suppress(OSError):
            kept.unlink(missing_ok=True)
            os.link(path, kept)
            self._send(JobKept(lease=lease, fingerprint=fingerprint, step=step, name=name))

    def _send(self, frame: FromWorker) -> None:
        with suppress(Broken):
            self._pipe.send(frame)


def main(arguments: Sequence[str] | None = None) -> None:
    """Work for the agent at the other end of the pipe."""
    parser = argparse.ArgumentParser("worker")
    parser.add_argument("--pipe", type=int, required=True)
    parser.add_argument("--room", type=Path, required=True)
    parser.add_argument("--preload", default="")
    given = parser.parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    die_with_parent()
    pipe = Pipe(socket.socket(fileno=given.pipe))
    with suppress(Broken):
        Worker(pipe, Room(given.room), installed_registry()).serve(given.preload)


if __name__ == "__main__":
    main()
    sys.exit(0)
