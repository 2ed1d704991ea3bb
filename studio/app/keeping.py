"""What outlives the window: recent files, safety copies and their recovery, how it all stood."""

from __future__ import annotations

import logging
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
from studio.app.recovering import Recovering
from studio.app.services import Services
from studio.app.window import MainWindow
from studio.document import OpenDocument
from studio.project.sessions import Session, Tab, encoded, load_session, save_session

TICK_MS: Final = 1000

_log = logging.getLogger(__name__)


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
        self._tabs_changed = False
        self._recovering: Recovering | None = None
        self._ticks = QTimer(self, interval=TICK_MS)
        self._ticks.timeout.connect(self._tick)
        documents.id_of = services.recent.document_at
        documents.opened.connect(self._on_opened)
        documents.closed.connect(services.autosave.forget)
        documents.saved.connect(self._on_saved)
        documents.current_changed.connect(self._on_tabs)
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
            *(f"{each.message} {each.remedy}" for each in services.registry.problems),
        ):
            if problem:
                self._window.messages.say(problem, "warning")
        self._recovering = Recovering(
            services.background,
            services.registry,
            services.autosave,
            self._documents.add,
            lambda problem: self._window.messages.say(problem, "warning"),
            lambda: self._reopen(paths),
            self._window,
        )
        self._recovering.begin(self._look.theme)
        self._ticks.start()

    def end(self) -> None:
        """Keep how everything stands."""
        self._ticks.stop()
        if self._recovering is not None:
            self._recovering.close()
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

    def _reopen(self, paths: Sequence[Path]) -> None:
        """The tabs of last time that are not open by now, and these files in front of them."""
        last, wanted = self._last.value, self._services.preferences.current.reopen
        there = [Path(tab.path) for tab in last.tabs] if wanted else []
        front = there[min(last.active, len(there) - 1)] if there else None
        recovered = self._documents.current
        self._opening.open([*(path for path in there if path not in paths), *paths])
        if not paths:
            self._opening.afterwards(lambda: self._bring_to_front(recovered, front))

    def _bring_to_front(self, recovered: OpenDocument | None, path: Path | None) -> None:
        """What was just recovered, or else what was in front last time."""
        there = self._documents.items
        found = self._documents.at(path) if path is not None else None
        wanted = recovered if recovered in there else found
        if wanted is not None:
            self._documents.show(wanted)

    def _on_opened(self, document: OpenDocument) -> None:
        self._services.autosave.watch(document)
        if document.path is not None:
            self._remember(document.path, document.id)

    def _on_saved(self, document: OpenDocument) -> None:
        if document.path is not None:
            self._remember(document.path, document.id)
            self._window.status.say(f"Saved '{document.path.name}'.")

    def _remember(self, path: Path, id: str) -> None:
        with suppress(StorageFailed):  # a full disk is told where something is lost by it
            self._services.recent.add(path, time.time(), id)

    def _on_trouble(self, sentence: str) -> None:
        if sentence:
            self._window.messages.say(sentence, "warning")

    def _on_tabs(self, _: OpenDocument | None) -> None:
        self._tabs_changed = True

    def _tick(self) -> None:
        self._services.autosave.tick(time.monotonic())
        if self._tabs_changed:
            self._tabs_changed = False
            self._keep_tabs()

    def _keep_tabs(self) -> None:
        """After an end without warning, the same tabs come back."""
        session = self.session()
        self._services.background.run(
            lambda: save_session(session), lambda _: None, lambda error: _log.warning("%s", error)
        )
