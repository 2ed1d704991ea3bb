"""Running what is open: run, to the front, up to the selection, many at once, stop; Qt-free.

Also decides what the viewer shows: while a run of the document in front is at work its preview,
and its newest file once there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from psygnal import Signal

from engine.errors import InvalidInput
from engine.graph.document import Document
from studio.app.documents import Documents
from studio.document import OpenDocument
from studio.editing.variations import Variation, batch, sweep
from studio.inspector.seeds import renew_seeds
from studio.runs import HERE, Run, RunBook

SHOWN_SUFFIXES: Final = frozenset(
    (
        *(".mp4", ".mov", ".webm", ".mkv", ".m4v", ".gif"),
        *(".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"),
        *(".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus"),
    )
)
MOST_RUNS: Final = 100


class Desk(Protocol):
    """What this needs of `machines.desk.RunDesk`."""

    def submit(
        self,
        document: OpenDocument,
        outputs: Sequence[str] | None = None,
        place: str = HERE,
        front: bool = False,
        documents: Sequence[tuple[str, Document]] | None = None,
    ) -> Sequence[str]: ...
    def cancel(self, key: str) -> None: ...
    def pause(self, key: str) -> None: ...
    def resume(self, key: str) -> None: ...
    def retry(self, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Result:
    """A file that a run of a document made; `fresh`: just now."""

    run: Run
    path: Path
    title: str
    fresh: bool = False


class RunControl:
    """What the Run menu does to the document in front."""

    result = Signal(object)
    """A Result of the document in front that is to be shown."""
    preview = Signal(bytes)
    """A JPEG of what is being made for the document in front."""
    changed = Signal()
    """What can be done to runs, where they go, or how many, is not as before."""
    sent = Signal(object)
    """The keys of runs that were just sent."""

    def __init__(self, desk: Desk, book: RunBook, documents: Documents) -> None:
        self._desk = desk
        self._book = book
        self._documents = documents
        self._place = HERE
        self._count = 1
        self._seen: dict[str, int] = {}
        book.run_changed.connect(self._on_run)
        book.node_changed.connect(self._on_node)
        documents.current_changed.connect(self._on_document)

    @property
    def place(self) -> str:
        """Where runs go: 'here', or the name of a cluster."""
        return self._place

    @place.setter
    def place(self, name: str) -> None:
        if name != self._place:
            self._place = name
            self.changed.emit()

    @property
    def count(self) -> int:
        """How many runs one press makes, each with other seeds."""
        return self._count

    @count.setter
    def count(self, count: int) -> None:
        count = min(max(1, count), MOST_RUNS)
        if count != self._count:
            self._count = count
            self.changed.emit()

    @property
    def current(self) -> Run | None:
        """The run whose state the document in front shows."""
        document = self._documents.current
        return self._book.current_of(document.id) if document is not None else None

    @property
    def active(self) -> tuple[Run, ...]:
        """Every run of the document in front that is not over."""
        document = self._documents.current
        if document is None:
            return ()
        return tuple(r for r in self._book.runs() if r.document == document.id and r.active)

    @property
    def can_run(self) -> bool:
        """Whether there is anything to run."""
        document = self._documents.current
        return document is not None and bool(document.document.nodes)

    def run(self, front: bool = False) -> None:
        """Run the document in front, as often as `count` says.  Raises InvalidInput."""
        document = self._ready()
        several = None
        renew_seeds(document)
        if self._count > 1:
            several = batch(document.document, document.registry, self._count)
        self._send(document, None, front, several)

    def run_nodes(self, ids: Sequence[str]) -> None:
        """Run only what these nodes of the shown level need.  Raises InvalidInput."""
        document = self._ready()
        if not ids:
            raise InvalidInput("Nothing is selected.", remedy="Select the nodes to run up to.")
        renew_seeds(document)
        self._send(document, tuple(document.flat_path(id) for id in ids), False, None)

    def run_selected(self) -> None:
        """Run up to the selected nodes.  Raises InvalidInput."""
        self.run_nodes(sorted(self._ready().selection.nodes))

    def run_viewing(
        self, document: OpenDocument, shown: Document, outputs: Sequence[str], title: str
    ) -> None:
        """Run a document made to show one node of another."""
        self.sent.emit(
            tuple(
                self._desk.submit(
                    document, outputs=outputs, place=self._place, documents=[(title, shown)]
                )
            )
        )
        self.changed.emit()

    def sweep(self, axes: Mapping[str, str]) -> None:
        """Run once for each combination of values.  Raises InvalidInput."""
        document = self._ready()
        renew_seeds(document)
        self._send(document, None, False, sweep(document.document, document.registry, axes))

    def interrupt(self) -> None:
        """Stop the runs of the document in front that are sent, wait, or are at work."""
        for run in self.active:
            self._desk.cancel(run.key)

    def pause(self) -> None:
        """Let the current run wait."""
        if self.can_pause and self.current is not None:
            self._desk.pause(self.current.key)

    def resume(self) -> None:
        """Go on with the current run."""
        if self.can_resume and self.current is not None:
            self._desk.resume(self.current.key)

    def retry(self) -> None:
        """Send the current run again."""
        if self.can_retry and self.current is not None:
            self._desk.retry(self.current.key)

    @property
    def can_pause(self) -> bool:
        """Whether the current run is at work or waits."""
        return self.current is not None and self.current.state in ("queued", "running")

    @property
    def can_resume(self) -> bool:
        """Whether the current run is paused, or its process died."""
        return self.current is not None and self.current.state in ("paused", "lost")

    @property
    def can_retry(self) -> bool:
        """Whether the current run ended without what was wanted."""
        return self.current is not None and self.current.state in (
            "failed",
            "cancelled",
            "blocked",
        )

    def show_node(self, document: OpenDocument, id: str) -> bool:
        """Show what a node of the shown level made last.  False: it has made no file yet."""
        run = self._book.current_of(document.id)
        node = run.nodes.get(document.flat_path(id)) if run is not None else None
        shown = newest_media(node.files) if node is not None else None
        if run is None or shown is None:
            return False
        self.result.emit(Result(run, shown, id))
        return True

    def show_latest(self) -> bool:
        """Show the newest file of the document in front.  False: there is none."""
        run = self.current
        shown = newest_media(run.files) if run is not None else None
        if run is None or shown is None:
            return False
        self.result.emit(Result(run, shown, run.label or shown.name))
        return True

    def _ready(self) -> OpenDocument:
        document = self._documents.current
        if document is None:
            raise InvalidInput("No document is open.", remedy="Open one, or begin a new one.")
        if not document.document.nodes:
            raise InvalidInput(
                "There is nothing to run: this graph is empty.", remedy="Press Tab to add a node."
            )
        return document

    def _send(
        self,
        document: OpenDocument,
        outputs: Sequence[str] | None,
        front: bool,
        several: Sequence[Variation] | None,
    ) -> None:
        documents = None if several is None else [(each.label, each.document) for each in several]
        keys = self._desk.submit(
            document, outputs=outputs, place=self._place, front=front, documents=documents
        )
        self.sent.emit(tuple(keys))
        self.changed.emit()

    def _on_document(self, _: OpenDocument | None) -> None:
        self.changed.emit()
        self.show_latest()

    def _on_run(self, run: Run) -> None:
        if not self._is_in_front(run):
            return
        self.changed.emit()
        known = self._seen.get(run.key, 0)
        self._seen[run.key] = len(run.files)
        shown = newest_media(run.files[known:])
        if shown is not None:
            self.result.emit(Result(run, shown, run.label or shown.name, fresh=True))

    def _on_node(self, run: Run, path: str) -> None:
        node = run.nodes.get(path)
        at_work = node is not None and node.state == "running"
        if node is not None and at_work and node.preview and run is self.current:
            self.preview.emit(node.preview)

    def _is_in_front(self, run: Run) -> bool:
        document = self._documents.current
        return document is not None and run.document == document.id


def newest_media(files: Sequence[Path]) -> Path | None:
    """The last of some files that the viewer can show."""
    return next((f for f in reversed(files) if f.suffix.lower() in SHOWN_SUFFIXES), None)
