"""Where the panels come from: the one place that imports other rooms' widgets, when first seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QWidget

from studio.app.changes_panel import ChangesPanel
from studio.app.services import Services
from studio.theme import Theme

if TYPE_CHECKING:
    from studio.inspector.app_view import AppView
    from studio.inspector.panel import InspectorPanel
    from studio.viewer.panel import ViewerPanel


SOON_NEEDED: Final = (
    "studio.viewer.panel",
    "studio.inspector.panel",
    "studio.panels.queue",
    "studio.panels.history",
    "studio.panels.machines",
    "studio.project.missing",
)
SEEN_FIRST: Final = ("view.viewer", "view.inspector", "view.queue")
"""The panels that are in front when the first document opens."""


def load_ahead() -> None:
    """Import what the first document will need.  For a background thread."""
    for name in SOON_NEEDED:
        import_module(name)


class Assembly:
    """Makes each panel once it is asked for.  `made` is told of every new one, by its command."""

    def __init__(self, services: Services, theme: Theme) -> None:
        self._services = services
        self.theme = theme
        self.made: Callable[[str, QWidget], None] = lambda _command, _widget: None

    def makers(self) -> Mapping[str, Callable[[], QWidget]]:
        """How each panel is made, by the command that shows it."""
        kinds: dict[str, Callable[[], QWidget]] = {
            "view.viewer": self.viewer,
            "view.inspector": self.inspector,
            "view.queue": self._queue,
            "view.history": self._history,
            "view.machines": self._machines,
            "view.models": self._models,
            "view.changes": lambda: ChangesPanel(self.theme),
            "view.log": self._log,
        }
        return {command: self._announced(command, make) for command, make in kinds.items()}

    def viewer(self) -> ViewerPanel:
        """What plays and compares results."""
        from studio.viewer.panel import ViewerPanel

        return ViewerPanel(self.theme, self._services.background)

    def inspector(self) -> InspectorPanel:
        """The settings of what is selected."""
        from studio.inspector.panel import InspectorPanel

        return InspectorPanel(self.theme, self._services.background)

    def app_view(self) -> AppView:
        """The exposed controls and the result, for people who want to see no graph."""
        from studio.inspector.app_view import AppView

        return AppView(self.theme, self._services.background)

    def _queue(self) -> QWidget:
        from studio.panels.queue import QueuePanel

        return QueuePanel(self._services.book, self._services.desk, self.theme)

    def _history(self) -> QWidget:
        from studio.panels.history import HistoryPanel

        return HistoryPanel(self._services.book, self._services.desk, self.theme)

    def _machines(self) -> QWidget:
        from studio.panels.machines import MachinesPanel

        return MachinesPanel(self._services.desk, theme=self.theme)

    def _models(self) -> QWidget:
        from studio.panels.models import ModelsPanel

        return ModelsPanel(self._services.shelf, self._services.background, self.theme)

    def _log(self) -> QWidget:
        from studio.panels.log import LogPanel

        return LogPanel(self._services.journal, self.theme)

    def _announced(self, command: str, make: Callable[[], QWidget]) -> Callable[[], QWidget]:
        def made() -> QWidget:
            widget = make()
            self.made(command, widget)
            return widget

        return made
