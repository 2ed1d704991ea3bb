"""Running documents in this process."""

from __future__ import annotations

import gc
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from engine.file_digests import KNOWN_DIGESTS
from engine.graph.flatten import flatten
from engine.graph.registry import Registry
from engine.run.cache import MemoryCache
from engine.run.checkpoint import CheckpointStore
from engine.run.context import RunningDocument, Services
from engine.run.disk_cache import DiskCache
from engine.run.emitter import Emitter
from engine.run.events import RunEnded, RunStarted
from engine.run.execution import Execution
from engine.run.plan import plan_run
from engine.run.results import Results
from engine.run.run_files import RunFiles
from engine.run.runner import Cancellation, Listener, RunRequest, RunResult
from engine.run.workspace import Workspace

if TYPE_CHECKING:
    from engine.models.residency import Residency

MEMORY_BUDGET: Final = 2 << 30
DISK_BUDGET: Final = 20 << 30
CHECKPOINT_BUDGET: Final = 8 << 30


class LocalRunner:
    """Implements `Runner` here.  One run at a time; a second one waits for its turn.

    `folder` holds results, checkpoints and temporary files, and may be shared by several
    processes; `output` is where finished files go.  Budgets are in bytes.  `checkpoints` is for
    those who want to know what is kept; others get a store in `folder`.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        folder: Path,
        output: Path,
        models: Residency | None = None,
        checkpoints: CheckpointStore | None = None,
        memory_budget: int = MEMORY_BUDGET,
        disk_budget: int = DISK_BUDGET,
        checkpoint_budget: int = CHECKPOINT_BUDGET,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._models = models
        self._silence = Emitter(None, clock)
        folder, output = folder.absolute(), output.absolute()
        self._results = Results(
            MemoryCache(memory_budget),
            DiskCache(folder / "results", disk_budget),
            KNOWN_DIGESTS,
            output,
        )
        self._services = Services(
            checkpoints=checkpoints or CheckpointStore(folder / "checkpoints", checkpoint_budget),
            workspace=Workspace(folder / "workspace"),
            output=output,
            models=self._residency,
            silence=self._silence,
        )
        self._turn = Lock()

    def run(
        self,
        request: RunRequest,
        *,
        listener: Listener | None = None,
        cancellation: Cancellation | None = None,
    ) -> RunResult:
        """Run to the end.  Raises InvalidDocument before anything runs."""
        with _collector_paused():
            graph = flatten(request.document, self._registry, request.outputs)
            plan = plan_run(graph)
        with self._turn:
            execution = Execution(
                plan,
                RunningDocument(request.document, request.fresh),
                self._services,
                self._results,
                RunFiles(KNOWN_DIGESTS),
                self._clock,
            )
            self._services.emitter = emitter = Emitter(
                listener, self._clock, previews=request.previews
            )
            self._services.cancellation = cancellation
            try:
                return self._told(execution, emitter, graph.warnings)
            finally:
                self._services.checkpoints.flush()
                self._services.emitter, self._services.cancellation = self._silence, None

    def _told(self, execution: Execution, emitter: Emitter, warnings: tuple[str, ...]) -> RunResult:
        """Run between the events that begin and end it; its checkpoints are safe by then."""
        run, started = uuid.uuid4().hex, self._clock()
        emitter.emit(RunStarted(run, len(execution.plan.steps)))
        for warning in warnings:
            emitter.note("", warning)
        result = execution.run()
        self._services.checkpoints.flush()
        emitter.finish()
        emitter.emit(RunEnded(run, result.outcome, self._clock() - started))
        return result

    def _residency(self) -> Residency:
        if self._models is None:
            from engine.models.residency import Residency

            self._models = Residency()
        return self._models


@contextmanager
def _collector_paused() -> Iterator[None]:
    """For building what lives on and holds no cycles: a collection finds nothing in it.

    It would look at every object of the process, and so make planning slower than linear.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
