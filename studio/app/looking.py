"""Looking for problems of documents while they are edited, away from the window's thread."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine.graph.document import Document
from engine.graph.problems import Problem
from engine.graph.validate import validate
from studio.background import Background, Task
from studio.document import OpenDocument

PAUSE_MS: Final = 120
"""How long the hands must rest before the document is looked at."""


class ProblemWatch(QObject):
    """Keeps `known_problems` of the document in front up to date."""

    looked = Signal(object)
    """The OpenDocument that was just looked at: its hands rest."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._document: OpenDocument | None = None
        self._task: Task | None = None
        self._soon = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._soon.timeout.connect(self._look)

    def watch(self, document: OpenDocument | None) -> None:
        """Look at another document from now on."""
        if self._document is not None:
            self._document.changed.disconnect(self._later)
        self._document = document
        if document is not None:
            document.changed.connect(self._later)
            self._look()

    def _later(self, _before: object, _after: object) -> None:
        self._soon.start()

    def _look(self) -> None:
        document = self._document
        if document is None:
            return
        if self._task is not None:
            self._task.cancel()
        looked_at, registry = document.document, document.registry
        self._task = self._background.run(
            lambda: validate(looked_at, registry),
            lambda problems: self._know(document, looked_at, problems),
        )

    def _know(
        self, document: OpenDocument, looked_at: Document, problems: tuple[Problem, ...]
    ) -> None:
        document.know(looked_at, problems)
        self.looked.emit(document)
