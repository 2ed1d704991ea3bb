"""Following a document and its runs: many changes of one moment are one look."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from studio.document import OpenDocument
from studio.inspector.controller import InspectorController
from studio.runs import Run, RunBook


class Following(QObject):
    """Calls `look` soon after something changed; also for the selection where that is shown."""

    def __init__(self, look: Callable[[], None], parent: QObject, *, selection: bool) -> None:
        super().__init__(parent)
        self.controller: InspectorController | None = None
        self._selection = selection
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(look)

    def follow(self, opened: OpenDocument | None, book: RunBook) -> None:
        """Another document, or none."""
        self._leave()
        if opened is None:
            return
        self.controller = InspectorController(opened, book)
        opened.changed.connect(self._on_edit)
        opened.problems_changed.connect(self._on_news)
        book.run_changed.connect(self._on_run)
        if self._selection:
            opened.selection_changed.connect(self._on_selection)
            opened.level_changed.connect(self._on_news)

    def looked(self) -> None:
        """The look was taken: no need of another."""
        self._soon.stop()

    def _leave(self) -> None:
        if self.controller is None:
            return
        opened, book = self.controller.opened, self.controller.book
        self.controller = None
        opened.changed.disconnect(self._on_edit)
        opened.problems_changed.disconnect(self._on_news)
        book.run_changed.disconnect(self._on_run)
        if self._selection:
            opened.selection_changed.disconnect(self._on_selection)
            opened.level_changed.disconnect(self._on_news)

    def _on_edit(self, before: object, after: object) -> None:
        self._soon.start()

    def _on_selection(self, selection: object) -> None:
        self._soon.start()

    def _on_news(self) -> None:
        self._soon.start()

    def _on_run(self, run: Run) -> None:
        if self.controller is not None and run.document == self.controller.opened.id:
            self._soon.start()
