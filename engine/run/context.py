"""What a running node gets as its `Context`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import Cancelled, StorageFailed
from engine.graph.context import Snapshot
from engine.graph.document import Document, dump_document
from engine.run.checkpoint import CheckpointStore
from engine.run.emitter import Emitter
from engine.run.events import Checkpointed
from engine.run.fingerprint import Identity
from engine.run.runner import Cancellation
from engine.run.workspace import Workspace
from engine.values import Image

if TYPE_CHECKING:
    from engine.models.residency import Residency


class Services:
    """What a runner lends to the nodes of all its runs.

    `emitter` and `cancellation` are of the run under way.  A clip is streamed long after its node
    returned, perhaps in a later run: it then reports to that run, and stops when that one is
    cancelled.
    """

    def __init__(
        self,
        checkpoints: CheckpointStore,
        workspace: Workspace,
        output: Path,
        models: Callable[[], Residency],
        silence: Emitter,
    ) -> None:
        self.checkpoints = checkpoints
        self.workspace = workspace
        self.output = output
        self.models = models
        self.emitter = silence
        self.cancellation: Cancellation | None = None

    def check(self) -> None:
        """Raise Cancelled if the run under way is; hand over events that wait."""
        if self.cancellation is not None and self.cancellation.is_set():
            raise Cancelled()
        self.emitter.deliver()


@dataclass(eq=False)
class RunningDocument:
    """The document of a run, as text once somebody wants it."""

    document: Document
    fresh: bool

    @cached_property
    def text(self) -> str:
        return dump_document(self.document)


class RunContext:
    """Implements `engine.graph.context.Context` for one call of one node.

    `check` and `progress` cost about a microsecond while nobody listens; `save` costs a copy of
    the tensors.
    """

    __slots__ = ("_identity", "_node", "_running", "_services", "checkpointed")

    def __init__(
        self, node: str, identity: Identity, running: RunningDocument, services: Services
    ) -> None:
        self._node = node
        self._identity = identity
        self._running = running
        self._services = services
        self.checkpointed = False
        """Whether it saved or resumed: then the work is dear, however short it seemed here."""

    @property
    def node(self) -> str:
        return self._node

    @property
    def fingerprint(self) -> str:
        return self._identity.fingerprint

    @property
    def workspace(self) -> Path:
        return self._services.workspace.path

    @property
    def output(self) -> Path:
        return self._services.output

    @property
    def document(self) -> str:
        return self._running.text

    @property
    def models(self) -> Residency:
        return self._services.models()

    def check(self) -> None:
        self._services.check()

    def progress(self, done: int, total: int, unit: str = "steps") -> None:
        self._services.check()
        self._services.emitter.progress(self._node, done, total, unit)

    def preview(self, make: Callable[[], Image]) -> None:
        self._services.check()
        self._services.emitter.preview(self._node, make)

    def note(self, sentence: str) -> None:
        self._services.check()
        self._services.emitter.note(self._node, sentence)

    def save(self, snapshot: Snapshot) -> None:
        """Keep a checkpoint, unless this work's identity does not say all about it."""
        if self._identity.lasting:
            self.checkpointed = True
            self._services.checkpoints.save(snapshot, self.fingerprint, self._saved)
        self._services.check()

    def resume(self) -> Snapshot | None:
        self._services.check()
        if self._running.fresh:
            self._services.checkpoints.discard(self.fingerprint)
            return None
        snapshot = self._services.checkpoints.load(self.fingerprint)
        if snapshot is not None:
            self.checkpointed = True
            self.note(f"Resumed from step {snapshot.step}.")
        return snapshot

    def _saved(self, step: int, error: StorageFailed | None) -> None:
        emitter = self._services.emitter
        if error is None:
            emitter.emit(Checkpointed(self._node, step))
        else:
            emitter.note(self._node, f"No checkpoint of step {step}: {error}")
