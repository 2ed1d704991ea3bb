"""Writing documents to their files, in the background where nobody waits for it; Qt-free.

What is written is a snapshot, so editing goes on meanwhile; a document is saved only once its file
is complete, and a failed write changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Protocol

from engine.errors import StorageFailed
from engine.graph.document import Document, save_document
from studio.document import OpenDocument


class RunsWork(Protocol):
    """How work gets to the background: `Background.run`."""

    def __call__(self, work: Callable[[], None], done: Callable[[None], None], /) -> object: ...


def at_once(work: Callable[[], None], done: Callable[[None], None]) -> None:
    """Work that is done before this returns: where there is no background."""
    work()
    done(None)


class Writing:
    """The newest write of a file stands, whatever ends first."""

    def __init__(self, saved: Callable[[OpenDocument], None]) -> None:
        self.run: RunsWork = at_once
        self._saved = saved
        self._numbers = count(1)
        self._written: dict[Path, int] = {}
        self._marked: dict[str, int] = {}
        self._begun: dict[str, tuple[int, Path]] = {}
        self._lock = Lock()

    def begin(self, opened: OpenDocument, path: Path) -> None:
        """Write what the document is now, soon."""
        self._begin(opened, path, self.run)

    def finish(self, opened: OpenDocument) -> None:
        """Do at once what was begun and is not done yet.  Raises StorageFailed."""
        number, path = self._begun.get(opened.id, (0, Path()))
        if number > self._marked.get(opened.id, 0):
            self.now(opened, path)

    def now(self, opened: OpenDocument, path: Path) -> None:
        """Write what the document is now, and return once it is.  Raises StorageFailed."""
        self._begin(opened, path, at_once)

    def _begin(self, opened: OpenDocument, path: Path, run: RunsWork) -> None:
        number, snapshot, target = next(self._numbers), opened.document, path.absolute()
        self._begun[opened.id] = number, target

        def done(_: None) -> None:
            if number > self._marked.get(opened.id, 0):
                self._marked[opened.id] = number
                opened.mark_saved(snapshot, target)
                self._saved(opened)

        def work() -> None:
            try:
                self._write(number, snapshot, target)
            except StorageFailed:
                self._begun.pop(opened.id, None)  # it was told, and is not tried again unasked
                raise

        run(work, done)

    def _write(self, number: int, document: Document, path: Path) -> None:
        with self._lock:
            if number > self._written.get(path, 0):
                save_document(document, path)
                self._written[path] = number
