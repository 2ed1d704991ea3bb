"""Everything the window stands on and that outlives a tab: models, threads, what is kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from engine.folders import state_folder
from engine.graph.registry import Registry, installed_registry
from studio.background import Background
from studio.machines.desk import RunDesk
from studio.project.autosave import Autosave
from studio.project.backups import Backups
from studio.project.journal import Journal
from studio.project.recent import RecentFiles
from studio.project.settings import Preferences
from studio.runs import RunBook

if TYPE_CHECKING:
    from studio.project.shelf import Shelf


class Bell(QObject):
    """Lets any thread ask for something to be done on the window's thread."""

    _rung = Signal()

    def __init__(self, answer: Callable[[], None]) -> None:
        super().__init__()
        self._answer = answer
        self._rung.connect(self._hear, Qt.ConnectionType.QueuedConnection)

    def ring(self) -> None:
        """Any thread: come soon."""
        self._rung.emit()

    @Slot()
    def _hear(self) -> None:
        self._answer()


class Services:
    """One of each, made when the studio starts; `close` ends them in order."""

    def __init__(self, preferences: Preferences | None = None) -> None:
        self.preferences = preferences or Preferences()
        self.registry: Registry = installed_registry()
        self.journal = Journal()
        logging.getLogger().addHandler(self.journal)
        for room in ("engine", "cluster_agent", "studio"):
            logging.getLogger(room).setLevel(logging.INFO)
        self.background = Background()
        self.book = RunBook()
        folder = state_folder() / "studio" / "runs"
        self.desk = RunDesk(self.book, folder, self.preferences.current.output_folder)
        self.bell = Bell(self.desk.pump)
        self.desk.wake = self.bell.ring
        self.recent = RecentFiles(most=self.preferences.current.recent_length)
        self.backups = Backups()
        self.autosave = Autosave(
            self.backups, self.background.run, time.time, float(self.preferences.current.autosave)
        )

    @cached_property
    def shelf(self) -> Shelf:
        """The models on disk and those to fetch; made when somebody looks."""
        from studio.project.shelf import Shelf

        return Shelf()

    def close(self, keep_working: bool) -> None:
        """End in order; runs on this computer go on where they shall."""
        self.autosave.close()
        if "shelf" in self.__dict__:
            self.shelf.close()
        self.desk.close(keep_working)
        self.background.close()
        logging.getLogger().removeHandler(self.journal)
