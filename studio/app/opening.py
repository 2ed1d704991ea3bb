"""Opening files of any kind: read in the background, then a tab or a node that loads it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from psygnal import Signal

from engine.errors import ReelwrightError
from studio.app.documents import Documents
from studio.background import Background
from studio.document import OpenDocument, Selection
from studio.editing.adding import add_loader
from studio.editing.level import Level
from studio.project.opening import AddLoader, OpenGraph, Plan, plan

STEP: Final = 60.0
"""How far apart several new nodes stand."""

Point = tuple[float, float]


class Opening:
    """Opens paths one by one; one that cannot be opened hides no other."""

    said = Signal(str)
    """What happened, in a sentence."""
    failed = Signal(object, object)
    """A ReelwrightError, and the Path that it is about."""

    def __init__(self, documents: Documents, background: Background) -> None:
        self._documents = documents
        self._background = background
        self._waiting: deque[tuple[Path, bool] | Callable[[], object]] = deque()
        self._reading = False
        self.middle: Callable[[], Point] = lambda: (0.0, 0.0)
        """Where a node goes that loads a file: a place of the canvas in front."""

    def open(self, paths: Iterable[Path]) -> None:
        """Open graphs, and graphs in media; media without one get a node that loads them."""
        self._waiting += ((path, True) for path in paths)
        self._go_on()

    def add_media(self, paths: Iterable[Path]) -> None:
        """Add a node for each file that loads it, whatever graph is inside."""
        self._waiting += ((path, False) for path in paths)
        self._go_on()

    def afterwards(self, act: Callable[[], object]) -> None:
        """Do something once all that was named before is open, or could not be opened."""
        self._waiting.append(act)
        self._go_on()

    def carry_out(self, decided: Plan) -> OpenDocument | None:
        """Do what was decided for a file."""
        if isinstance(decided, AddLoader):
            document = self._add_loader(decided.path)
        elif isinstance(decided, OpenGraph):
            document = self._documents.opened_from(decided.document, decided.path)
        else:
            document = self._documents.opened_from(decided.document, None)
        self.said.emit(decided.said)
        return document

    def _go_on(self) -> None:
        """One after the other, so that tabs stand in the order in which files were named."""
        while self._waiting and not self._reading:
            next = self._waiting.popleft()
            if not isinstance(next, tuple):
                next()
                continue
            path, inside = next
            known = self._documents.at(path) if inside else None
            if known is not None:
                self._documents.show(known)
            else:
                self._read(path, inside)

    def _read(self, path: Path, inside: bool) -> None:
        self._reading = True
        self._background.run(
            lambda: plan(path, self._documents.registry, inside),
            lambda decided: self._have_read(path, decided),
            lambda error: self._have_read(path, error),
        )

    def _have_read(self, path: Path, outcome: Plan | ReelwrightError) -> None:
        self._reading = False
        try:
            if isinstance(outcome, ReelwrightError):
                raise outcome
            self.carry_out(outcome)
        except ReelwrightError as error:
            self.failed.emit(error, path)
        self._go_on()

    def _add_loader(self, path: Path) -> OpenDocument:
        document = self._documents.current or self._documents.new()
        level = Level(document.document, document.level, document.registry)
        x, y = self.middle()
        # Several files at once would lie on each other: the last added one is what is selected.
        shift = STEP * len(document.selection.nodes)
        added = add_loader(level, path, (x + shift, y + shift))
        document.do(added.edit)
        document.select(Selection(nodes=document.selection.nodes | {added.id}))
        return document
