"""What outlives the window: recent files, safety copies and their recovery, how it all stood."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer

from engine.errors import StorageFailed
from studio.app.documents import Documents
from studio.app.look import Look
from studio.app.opening import Opening
from studio.app.services import Services
from studio.app.window import MainWindow
from studio.document import OpenDocument
from studio.project.recovery import Recovery, recovered
from studio.project.sessions import Session, Tab, encoded, load_session, save_session

TICK_MS: Final = 1000


class Keeping(QObject):
    """Keeps what is needed to come back to where one was, after an end of any kind."""

    def __init__(
        self,
        services: Services,
        documents: Documents,
        opening: Opening,
        window: MainWindow,
        look: Look,
    ) -> None:
        super().__init__(window)
        self._services = services
        self._documents = documents
        self._opening = opening
        self._window = window
        self._look = look
        self._last = load_session()
        self._recovery: Recovery | None = None
        self._ticks = QTimer(self, interval=TICK_MS)
        self._ticks.timeout.connect(self._tick)
        documents.opened.connect(self._on_opened)
        documents.closed.connect(services.autosave.forget)
        documents.saved.connect(self._on_saved)
        services.autosave.trouble.connect(self._on_trouble)

    def restore_window(self) -> None:
        """Put the window where it stood."""
        last = self._last.value
        self._window.restore(last.geometry_bytes, last.docks_bytes)

    def begin(self, paths: Sequence[Path]) -> None:
        """Open these files, after those of last time; offer what a crash left."""
        services = self._services
        for problem in (
            services.preferences.problem,
            services.recent.problem,
            self._last.problem,
        ):
            if problem:
                self._window.messages.say(problem, "warning")
        tabs = self._last.value.tabs if services.preferences.current.reopen else ()
        there = [Path(tab.path) for tab in tabs]
        front = there[min(self._last.value.active, len(there) - 1)] if there and not paths else None
        # A file that is open already is shown: naming the one in front last brings it there.
        again = [front] if front is not None and front != there[-1] else []
        self._opening.open([*(path for path in there if path not in paths), *paths, *again])
        self._ticks.start()
        services.background.run(Recovery, self._offer)

    def end(self) -> None:
        """Keep how everything stands."""
        self._ticks.stop()
        if self._recovery is not None:
            self._recovery.close()
        with suppress(StorageFailed):  # nobody is there any more who could be told
            save_session(self.session())

    def session(self) -> Session:
        """How everything stands now."""
        paths = [str(item.path) for item in self._documents.items if item.path is not None]
        current = self._documents.current
        front = str(current.path) if current is not None else ""
        return Session(
            tabs=tuple(Tab(path=path) for path in paths),
            active=paths.index(front) if front in paths else 0,
            geometry=encoded(self._window.place()),
            docks=encoded(self._window.docks.save()),
        )

    def _offer(self, found: Recovery) -> None:
        self._recovery = found
        if not found.offers:
            for problem in found.problems:
                self._window.messages.say(problem, "warning")
            return
        from studio.app.recovery import RecoveryDialog

        dialog = RecoveryDialog(found.offers, found.problems, self._look.theme, parent=self._window)
        dialog.finished.connect(lambda _: self._answered(dialog))
        dialog.open()

    def _answered(self, dialog: object) -> None:
        from studio.app.recovery import RecoveryDialog

        assert isinstance(dialog, RecoveryDialog)
        if dialog.answer == "recover":
            for offer in dialog.chosen:
                opened = self._documents.add(recovered(offer, self._documents.registry))
                # A second crash must not find the old copy gone and no new one there.
                self._services.autosave.copy_now(opened, offer.discard)
        elif dialog.answer == "discard" and self._recovery is not None:
            for offer in self._recovery.offers:
                offer.discard()
        dialog.deleteLater()

    def _on_opened(self, document: OpenDocument) -> None:
        self._services.autosave.watch(document)
        if document.path is not None:
            self._remember(document.path)

    def _on_saved(self, document: OpenDocument) -> None:
        if document.path is not None:
            self._remember(document.path)
            self._window.status.say(f"Saved '{document.path.name}'.")

    def _remember(self, path: Path) -> None:
        with suppress(StorageFailed):  # a full disk is told where something is lost by it
            self._services.recent.add(path, time.time())

    def _on_trouble(self, sentence: str) -> None:
        if sentence:
            self._window.messages.say(sentence, "warning")

    def _tick(self) -> None:
        self._services.autosave.tick(time.monotonic())
