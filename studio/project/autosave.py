"""When a safety copy is due: soon after an edit, never without one, gone once all is saved.

Runs on the window's thread and only decides; copies are written in the background.  Whoever owns
it calls `tick` about once a second.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Protocol

from psygnal import Signal

from engine.errors import ReelwrightError
from engine.graph.document import Document
from studio.document import OpenDocument
from studio.project.backups import Backups, Snapshot

MOST_LOST: Final = 10.0
"""Seconds of edits that a crash may cost."""

SOON: Final = 5.0
"""Seconds from the first edit to its copy: the rest of `MOST_LOST` is for ticks and the disk."""

_log = logging.getLogger(__name__)


class RunsWork(Protocol):
    """How work gets to the background: `Background.run`."""

    def __call__(
        self,
        work: Callable[[], None],
        done: Callable[[None], None],
        failed: Callable[[ReelwrightError], None] | None = None,
        /,
    ) -> object: ...


@dataclass
class _Watched:
    """What is known of one document.  `lock` keeps a late copy from outliving its document."""

    document: OpenDocument
    copied: Document | None = None
    """What the copy holds, or is about to hold."""
    changed_at: float | None = None
    busy: bool = False
    has_copy: bool = False
    ended: bool = False
    lock: Lock = field(default_factory=Lock)

    @property
    def differs(self) -> bool:
        """Whether something is unsaved that no copy holds."""
        return self.document.document is not self.copied and self.document.dirty


class Autosave:
    """Keeps safety copies of the documents that it watches."""

    trouble = Signal(str)
    """One sentence when copies cannot be written, '' when they can again."""

    def __init__(
        self,
        backups: Backups,
        run: RunsWork,
        wall: Callable[[], float],
        soon: float = SOON,
    ) -> None:
        """`wall` gives unix seconds, as a file's time does."""
        self._backups = backups
        self._run = run
        self._wall = wall
        self._watched: dict[str, _Watched] = {}
        self._trouble = ""
        self.soon = soon

    def watch(self, document: OpenDocument) -> None:
        """Keep copies of a document from now on."""
        self._watched.setdefault(document.id, _Watched(document))

    def tick(self, now: float) -> None:
        """Write what is due; `now` is any clock's seconds that only goes forward."""
        for watched in tuple(self._watched.values()):
            self._tick(watched, now)

    def copy_now(self, document: OpenDocument, then: Callable[[], None] | None = None) -> None:
        """Write a copy at once, of a document that was just recovered, say.

        `then` runs in the background once the copy is safe: removing the one it was made from.
        """
        watched = self._watched.get(document.id)
        if watched is not None and not watched.busy and watched.differs:
            self._write(watched, then)

    def forget(self, document: OpenDocument) -> None:
        """A document was closed, saved or not: its copy goes."""
        watched = self._watched.pop(document.id, None)
        if watched is not None:
            watched.ended = True
            self._run(lambda: self._remove(watched), _nothing, self._failed)

    def close(self) -> None:
        """The studio ends in order.  Waits for a copy that is being written."""
        for watched in self._watched.values():
            watched.ended = True
            with watched.lock:
                pass
        self._watched.clear()
        self._backups.close()

    def _tick(self, watched: _Watched, now: float) -> None:
        if not watched.differs:
            watched.changed_at = None
            if watched.has_copy and not watched.busy and not watched.document.dirty:
                self._discard(watched)
            return
        if watched.changed_at is None:
            watched.changed_at = now
        if now - watched.changed_at >= self.soon and not watched.busy:
            self._write(watched)

    def _write(self, watched: _Watched, then: Callable[[], None] | None = None) -> None:
        snapshot = _snapshot(watched.document, self._wall())
        before, watched.copied = watched.copied, snapshot.document
        watched.busy, watched.changed_at = True, None

        def wrote(_: None) -> None:
            watched.busy, watched.has_copy = False, True
            self._say("")

        def failed(error: ReelwrightError) -> None:
            watched.busy, watched.copied = False, before
            self._failed(error)

        def work() -> None:
            self._copy(watched, snapshot)
            if then is not None:
                then()

        self._run(work, wrote, failed)

    def _discard(self, watched: _Watched) -> None:
        watched.busy = True

        def removed(_: None) -> None:
            watched.busy, watched.has_copy, watched.copied = False, False, None

        def failed(error: ReelwrightError) -> None:
            watched.busy = False
            self._failed(error)

        self._run(lambda: self._remove(watched), removed, failed)

    def _copy(self, watched: _Watched, snapshot: Snapshot) -> None:
        with watched.lock:
            if not watched.ended:
                self._backups.write(snapshot)

    def _remove(self, watched: _Watched) -> None:
        with watched.lock:
            self._backups.remove(watched.document.id)

    def _failed(self, error: ReelwrightError) -> None:
        _log.warning("A safety copy could not be written: %s", error)
        self._say(f"No safety copy could be written: {error}")

    def _say(self, sentence: str) -> None:
        if sentence != self._trouble:
            self._trouble = sentence
            self.trouble.emit(sentence)


def _snapshot(document: OpenDocument, time: float) -> Snapshot:
    return Snapshot(document.id, document.document, document.path, document.name, time)


def _nothing(_: None) -> None:
    return None
