"""The recent files as rows that open them; those that are gone say so."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from studio.background import Background
from studio.project.recent import RecentFile, RecentFiles, missing
from studio.theme import RADIUS, SMALL_TEXT_SIZE, Theme, icon_pixmap, tr, ui_font
from studio.times import ago

ROW_HEIGHT: Final = 44
MOST: Final = 8


class RecentRow(QAbstractButton):
    """One file: its name, where it lies, and when it was open."""

    forget_requested = Signal()

    def __init__(self, file: RecentFile, theme: Theme, now: float) -> None:
        super().__init__()
        self.file = file
        self.is_missing = False
        self._theme = theme
        self._when = ago(now - file.opened)
        self.setText(file.name)
        self.setToolTip(file.path)
        self.setAccessibleName(tr("Open {name}", name=file.name))
        self.setAccessibleDescription(f"{file.folder}, {self._when}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_missing(self) -> None:
        """The file is not there any more."""
        self.is_missing = True
        self.setToolTip(tr("{path} is not there any more.", path=self.file.path))
        self.setAccessibleDescription(tr("not there any more"))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, ROW_HEIGHT)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.addAction(tr("Forget this file"), self.forget_requested.emit)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect().adjusted(1, 1, -1, -1)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QColor(colors.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.hover))
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        name = "missing" if self.is_missing else "document"
        mark = icon_pixmap(name, colors.muted, 20, self.devicePixelRatioF())
        painter.drawPixmap(area.left() + 8, area.center().y() - 10, mark)
        side = tr("missing") if self.is_missing else self._when
        painter.setFont(ui_font(SMALL_TEXT_SIZE))
        width = painter.fontMetrics().horizontalAdvance(side)
        painter.setPen(QColor(colors.warning if self.is_missing else colors.muted))
        right = QRect(area.right() - 8 - width, area.top(), width, area.height())
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter, side)
        words = QRect(area.left() + 38, area.top() + 5, right.left() - area.left() - 50, 34)
        self._paint_words(painter, words)

    def _paint_words(self, painter: QPainter, area: QRect) -> None:
        colors = self._theme.colors
        middle, top = Qt.TextElideMode.ElideMiddle, Qt.AlignmentFlag.AlignTop
        painter.setPen(QColor(colors.muted))
        folder = painter.fontMetrics().elidedText(self.file.folder, middle, area.width())
        painter.drawText(area.adjusted(0, 18, 0, 0), top, folder)
        painter.setFont(ui_font())
        painter.setPen(QColor(colors.muted if self.is_missing else colors.text))
        name = painter.fontMetrics().elidedText(self.file.name, middle, area.width())
        painter.drawText(area, top, name)


class RecentList(QWidget):
    """The rows; follows the list of recent files."""

    chosen = Signal(object)
    """A Path."""

    def __init__(self, recent: RecentFiles, background: Background, theme: Theme) -> None:
        super().__init__()
        self._recent = recent
        self._background = background
        self._theme = theme
        self.rows: list[RecentRow] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._empty = QLabel(tr("Graphs that you open or save appear here."))
        self._empty.setProperty("role", "muted")
        self._layout.addWidget(self._empty)
        recent.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the files as they are now."""
        for row in self.rows:
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        now = time.time()
        self.rows = [RecentRow(file, self._theme, now) for file in self._recent.files[:MOST]]
        for row in self.rows:
            row.clicked.connect(lambda _=False, row=row: self._choose(row))
            row.forget_requested.connect(lambda row=row: self._recent.remove(row.file.path))
            self._layout.addWidget(row)
        self._empty.setVisible(not self.rows)
        files = self._recent.files
        if files:
            self._background.run(lambda: missing(files), self._mark)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.refresh()

    def _choose(self, row: RecentRow) -> None:
        from pathlib import Path

        self.chosen.emit(Path(row.file.path))

    def _mark(self, gone: frozenset[str]) -> None:
        for row in self.rows:
            if row.file.path in gone:
                row.set_missing()
