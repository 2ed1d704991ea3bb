"""The start page: a first video from one sentence, templates, recent files, and a place to drop."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio.app.card_grid import CardGrid
from studio.app.drop_zone import DropZone
from studio.app.first_prompt import FirstPrompt
from studio.app.recent_list import RecentList
from studio.background import Background
from studio.project import templates
from studio.project.first_video import TEMPLATE
from studio.project.recent import RecentFiles
from studio.project.templates import Template
from studio.theme import Theme, icon, icon_pixmap, tr

WIDEST: Final = 960
MARGIN: Final = 32
SHOWN_TEMPLATES: Final = 4


class WelcomePage(QScrollArea):
    """What is seen while no document is open.  It only asks; the window does."""

    make_requested = Signal(str)
    """A prompt: open the demo's graph with it (`project.first_video`) and run it."""
    template_chosen = Signal(str)
    file_chosen = Signal(object)
    """A Path that was dropped, or chosen among the recent files."""
    open_requested = Signal()
    new_requested = Signal()
    gallery_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        background: Background,
        recent: RecentFiles,
        first: bool = True,
        motion: bool = True,
    ) -> None:
        """`first`: nobody made a video with this studio yet."""
        super().__init__()
        self._theme = theme
        self.prompt = FirstPrompt(theme, first, motion)
        self.prompt.make_requested.connect(self.make_requested)
        self.grid = CardGrid(theme, motion)
        self.grid.chosen.connect(self.template_chosen)
        self.grid.reached.connect(self.ensureWidgetVisible)
        self.recent = RecentList(recent, background, theme)
        self.recent.chosen.connect(self.file_chosen)
        self.drop = DropZone(theme)
        self.drop.clicked.connect(self.open_requested)
        self._mark = QLabel()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Start page"))
        self.setAcceptDrops(True)
        self._arrange()
        self.set_theme(theme)
        self.setFocusProxy(self.prompt.field)
        background.run(templates.gallery, self._show_templates)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        for part in (self.prompt, self.grid, self.recent, self.drop):
            part.set_theme(theme)
        ratio = self.devicePixelRatioF()
        self._mark.setPixmap(icon_pixmap("app", theme.colors.accent, 28, ratio))
        for button, name in self._icons.items():
            button.setIcon(icon(name, theme))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData().urls()):
            event.acceptProposedAction()
            self.drop.set_hot(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drop.set_hot(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.drop.set_hot(False)
        event.acceptProposedAction()
        for path in dropped_paths(event.mimeData().urls()):
            self.file_chosen.emit(path)

    def _arrange(self) -> None:
        self._icons: dict[QPushButton, str] = {}
        column = QWidget()
        column.setMaximumWidth(WIDEST)
        rows = QVBoxLayout(column)
        rows.setContentsMargins(MARGIN, MARGIN - 12, MARGIN, MARGIN)
        rows.setSpacing(0)
        rows.addLayout(self._header())
        rows.addSpacing(12)
        rows.addWidget(self.prompt)
        rows.addSpacing(20)
        rows.addLayout(self._heading(tr("Start from a template"), self._all_button()))
        rows.addSpacing(8)
        rows.addWidget(self.grid)
        rows.addSpacing(20)
        rows.addLayout(self._lower())
        rows.addStretch(1)
        page = QWidget()
        sides = QHBoxLayout(page)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.addStretch(1)
        sides.addWidget(column, 1000)
        sides.addStretch(1)
        self.setWidget(page)

    def _header(self) -> QHBoxLayout:
        name = QLabel("Reelwright")
        name.setProperty("role", "heading")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(name)
        row.addStretch(1)
        new = self._button(tr("New graph"), "file-new", tr("Begin with an empty graph"))
        new.clicked.connect(self.new_requested)
        opening = self._button(tr("Open…"), "folder", tr("Open a graph, or the graph in a video"))
        opening.clicked.connect(self.open_requested)
        row.addWidget(new)
        row.addWidget(opening)
        return row

    def _lower(self) -> QHBoxLayout:
        files = QVBoxLayout()
        files.setSpacing(8)
        files.addLayout(self._heading(tr("Recent files")))
        files.addWidget(self.recent)
        files.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(24)
        columns.addLayout(files, 3)
        columns.addWidget(self.drop, 2, Qt.AlignmentFlag.AlignTop)
        return columns

    def _heading(self, text: str, button: QPushButton | None = None) -> QHBoxLayout:
        label = QLabel(text)
        label.setProperty("role", "heading")
        row = QHBoxLayout()
        row.addWidget(label)
        row.addStretch(1)
        if button is not None:
            row.addWidget(button)
        return row

    def _all_button(self) -> QPushButton:
        button = self._button(tr("All templates"), "template", tr("Show every template"))
        button.setProperty("role", "quiet")
        button.clicked.connect(self.gallery_requested)
        return button

    def _button(self, text: str, icon_name: str, help: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(help)
        self._icons[button] = icon_name
        return button

    def _show_templates(self, found: tuple[Template, ...]) -> None:
        self.grid.show_templates(found[:SHOWN_TEMPLATES])
        demo = next((each for each in found if each.name == TEMPLATE), None)
        if demo is not None:
            self.prompt.picture.show_picture(demo.picture)


def dropped_paths(urls: list[QUrl]) -> list[Path]:
    """The files of this computer among what is dragged."""
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
