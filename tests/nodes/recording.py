"""A context that keeps what a node tells it, and cancels when asked to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import Cancelled
from engine.graph.context import Snapshot
from engine.models.residency import Residency
from engine.values import Image


@dataclass
class RecordingContext:
    """Implements `engine.graph.context.Context` for one node outside of any run.

    `cancel_at` is the count of `progress` from which on the run is cancelled.
    """

    folder: Path
    models: Residency
    node: str = "node"
    fingerprint: str = "0" * 64
    document: str = '{"format": 1, "name": "recorded"}'
    cancel_at: int | None = None
    stored: Snapshot | None = None
    saved: list[Snapshot] = field(default_factory=list)
    told: list[tuple[int, int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    previews: list[Callable[[], Image]] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    def check(self) -> None:
        if self.cancel_at is not None and len(self.told) >= self.cancel_at:
            raise Cancelled()

    def progress(self, done: int, total: int, unit: str = "steps") -> None:
        self.told.append((done, total, unit))
        self.check()

    def preview(self, make: Callable[[], Image]) -> None:
        self.check()
        self.previews.append(make)

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def save(self, snapshot: Snapshot) -> None:
        self.saved.append(snapshot)
        self.check()

    def resume(self) -> Snapshot | None:
        return self.stored
