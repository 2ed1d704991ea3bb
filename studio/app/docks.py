"""The panels around the canvas: where each stands at first; contents are made when seen first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from studio.commands import COMMANDS
from studio.theme import Theme, tr

LAYOUT_VERSION: Final = 1
LEAST_WIDTH: Final = 300
_AREAS: Final = {
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: the command that shows it, its area, and whether it is seen at first."""

    command: str
    area: str
    shown: bool


PANELS: Final = (
    Panel("view.viewer", "right", True),
    Panel("view.inspector", "right", True),
    Panel("view.queue", "bottom", True),
    Panel("view.history", "bottom", True),
    Panel("view.machines", "bottom", True),
    Panel("view.models", "bottom", True),
    Panel("view.changes", "bottom", True),
    Panel("view.log", "bottom", True),
)


class Docks(QObject):
    """The docks of the window.  Contents come from `make`, by command, when first seen."""

    def __init__(self, window: QMainWindow, make: Mapping[str, Callable[[], QWidget]]) -> None:
        super().__init__(window)
        self._window = window
        self._make = make
        self._away: bytes | None = None
        """How they stood before all of them were put away."""
        self.contents: dict[str, QWidget] = {}
        self.docks: dict[str, QDockWidget] = {}
        for panel in PANELS:
            self._add(panel)
        self.reset()

    def content(self, command: str) -> QWidget:
        """The content of a panel; made now if nobody has seen it yet."""
        if command not in self.contents:
            made = self._make[command]()
            # What stands there now must not widen the dock: contents leave out what has no room.
            made.setMinimumWidth(LEAST_WIDTH)
            self.contents[command] = made
            self.docks[command].setWidget(made)
        return self.contents[command]

    def take_back(self, command: str) -> None:
        """Put a content into its dock that was shown elsewhere meanwhile."""
        content, dock = self.contents.get(command), self.docks[command]
        if content is not None and dock.widget() is not content:
            dock.setWidget(content)
            content.show()

    def put_away(self) -> None:
        """Hide all of them until `bring_back`: the window shows something else."""
        if self._away is None:
            self._away = self._state()
            for dock in self.docks.values():
                dock.hide()

    def bring_back(self) -> None:
        """As they stood before they were put away."""
        if self._away is not None:
            away, self._away = self._away, None
            self.restore(away)

    def is_shown(self, command: str) -> bool:
        """Whether a panel is open, if perhaps behind another's tab."""
        return not self.docks[command].isHidden()

    def toggle(self, command: str) -> None:
        """Show a hidden panel, bring one to the front that is behind, hide one that is seen."""
        dock = self.docks[command]
        if dock.isHidden() or dock.visibleRegion().isEmpty():
            self.reveal(command)
        else:
            dock.hide()

    def reveal(self, command: str) -> None:
        """Show a panel, in front of those that share its place."""
        self.bring_back()
        dock = self.docks[command]
        dock.show()
        dock.raise_()
        self.content(command)

    def reset(self) -> None:
        """Every panel where it was at first."""
        self._away = None
        for panel in PANELS:
            dock = self.docks[panel.command]
            dock.setFloating(False)
            self._window.addDockWidget(_AREAS[panel.area], dock)
            dock.setVisible(panel.shown)
        right = [self.docks[p.command] for p in PANELS if p.area == "right"]
        bottom = [self.docks[p.command] for p in PANELS if p.area == "bottom"]
        self._window.splitDockWidget(right[0], right[1], Qt.Orientation.Vertical)
        for before, after in pairwise(bottom):
            self._window.tabifyDockWidget(before, after)
        bottom[0].raise_()
        size = self._window.size()
        wide = max(340, min(760, size.width() * 4 // 15))
        tall = max(140, min(260, size.height() // 5))
        self._window.resizeDocks(right[:1], [wide], Qt.Orientation.Horizontal)
        self._window.resizeDocks(right, [9, 11], Qt.Orientation.Vertical)
        self._window.resizeDocks(bottom[:1], [tall], Qt.Orientation.Vertical)

    def save(self) -> bytes:
        """How they stand, or did before they were put away, as Qt tells it."""
        return self._away if self._away is not None else self._state()

    def restore(self, state: bytes) -> None:
        """As they stood; state of another version is passed over."""
        if self._away is not None:
            self._away = state or self._away
            return
        if state and not self._window.restoreState(QByteArray(state), LAYOUT_VERSION):
            self.reset()

    def set_theme(self, theme: Theme) -> None:
        """Draw the contents in another theme."""
        for content in self.contents.values():
            change = getattr(content, "set_theme", None)
            if change is not None:
                change(theme)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A panel that is really seen for the first time gets its content right after."""
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, lambda: self.content(watched.objectName()))
        return False

    def _state(self) -> bytes:
        return bytes(self._window.saveState(LAYOUT_VERSION).data())

    def _add(self, panel: Panel) -> None:
        title = tr(COMMANDS[panel.command].text)
        dock = QDockWidget(title, self._window)
        dock.setObjectName(panel.command)
        dock.setAccessibleName(title)
        if panel.area == "bottom":
            # Their tabs name them; a title under the tabs would say it twice.
            dock.setTitleBarWidget(QWidget())
        placeholder = QWidget()
        placeholder.setObjectName(panel.command)
        placeholder.installEventFilter(self)
        dock.setWidget(placeholder)
        self.docks[panel.command] = dock
