"""The main window: menus, tool bar, messages, tabs, panels and status; it decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from studio.app.actions import Actions, fill_menu_bar
from studio.app.docks import Docks
from studio.app.messages import Messages
from studio.app.palette import Palette
from studio.app.run_control import RunControl
from studio.app.status_bar import StatusBar
from studio.app.tabs import Tabs
from studio.app.tool_bar import ToolBar
from studio.commands import MENUS
from studio.document import OpenDocument
from studio.theme import Theme, tr

PRODUCT: Final = "Reelwright"
FIRST_SIZE: Final = QSize(1440, 900)
LEAST_SIZE: Final = QSize(900, 600)


class MainWindow(QMainWindow):
    """Everything that is seen, put in its place."""

    files_dropped = Signal(object)
    """Paths (a list) that were dropped where no panel wanted them."""
    shut = Signal()
    """The window was closed for good."""

    def __init__(
        self,
        actions: Actions,
        control: RunControl,
        theme: Theme,
        make_page: Callable[[OpenDocument], QWidget],
        make_panels: Mapping[str, Callable[[], QWidget]],
    ) -> None:
        super().__init__()
        self.may_close: Callable[[], bool] = lambda: True
        self.setWindowTitle(PRODUCT)
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize()))
        self.setMinimumSize(LEAST_SIZE)
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.messages = Messages(theme)
        self.tabs = Tabs(make_page, theme)
        self.pages = QStackedWidget()
        self.center = QWidget()
        self._lay_out_center()
        self.setCentralWidget(self.center)
        self.menus: dict[str, QMenu] = fill_menu_bar(self.menuBar(), MENUS, actions)
        self.tools = ToolBar(actions, control, theme)
        self.addToolBar(self.tools)
        self.status = StatusBar(theme)
        self.setStatusBar(self.status)
        self.docks = Docks(self, make_panels)
        self.palette_box = Palette(actions, theme, self)
        actions.place("app", self)
        actions.place("canvas", self.tabs.stack)

    def show_editor(self) -> None:
        """Show the tabs with their canvases, and the panels around them."""
        self.pages.setCurrentWidget(self.tabs)
        self.docks.bring_back()
        self.tools.show_view(app=False)

    def show_instead(self, page: QWidget) -> None:
        """Show a page in place of the tabs and all panels: the start page, or the App view."""
        if self.pages.indexOf(page) < 0:
            self.pages.addWidget(page)
        self.docks.put_away()
        self.pages.setCurrentWidget(page)
        page.setFocus()

    @property
    def editor_is_shown(self) -> bool:
        """Whether the tabs are seen."""
        return self.pages.currentWidget() is self.tabs

    def set_title(self, document: OpenDocument | None) -> None:
        """Name the document in front, with the system's mark for unsaved changes."""
        name = f"{document.name}[*] — {PRODUCT}" if document is not None else PRODUCT
        self.setWindowTitle(name)
        self.setWindowModified(document is not None and document.dirty)
        path = document.path if document is not None else None
        self.setWindowFilePath(str(path) if path is not None else "")

    def set_theme(self, theme: Theme) -> None:
        """Draw everything in another theme; the style sheet is the application's."""
        for part in (self.messages, self.tabs, self.tools, self.status, self.docks):
            part.set_theme(theme)
        self.palette_box.set_theme(theme)
        others = (self.pages.widget(index) for index in range(self.pages.count()))
        for page in (*self.tabs.pages(), *others):
            change = getattr(page, "set_theme", None)
            if change is not None and page is not self.tabs:
                change(theme)

    def place(self) -> bytes:
        """Where the window stands, as Qt tells it."""
        return bytes(self.saveGeometry().data())

    def restore(self, geometry: bytes, docks: bytes) -> None:
        """Stand as last time; nothing is said where that cannot be."""
        if geometry:
            self.restoreGeometry(QByteArray(geometry))
        self.docks.restore(docks)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask first."""
        if not self.may_close():
            event.ignore()
            return
        event.accept()
        self.shut.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome anywhere."""
        if dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand on what was dropped."""
        paths = dropped_paths(event)
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The palette is placed by the window's size: it closes rather than hang askew."""
        super().resizeEvent(event)
        self.palette_box.hide()

    def _lay_out_center(self) -> None:
        self.center.setAccessibleName(tr("Work area"))
        rows = QVBoxLayout(self.center)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.messages)
        rows.addWidget(self.pages, 1)
        self.pages.addWidget(self.tabs)


def dropped_paths(event: QDropEvent) -> list[Path]:
    """The local files that a drag carries."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
