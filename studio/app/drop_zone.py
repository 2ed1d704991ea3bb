"""A place that says what may be dropped, and lights up while something is over it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from studio.theme import RADIUS, SMALL_TEXT_SIZE, Theme, icon_pixmap, tr, ui_font

HEIGHT: Final = 148


class DropZone(QAbstractButton):
    """Dashed; a click asks for a file instead."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._hot = False
        self.setText(tr("Drop a file here"))
        self.setToolTip(tr("Drop a file here, or click to choose one"))
        self.setAccessibleName(tr("Choose a file to open"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.update()

    def set_hot(self, hot: bool) -> None:
        """Something that can be dropped is over the page."""
        self._hot = hot
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = self._theme.colors
        lit = self._hot or self.underMouse() or self.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        edge = QColor(colors.accent if self._hot or self.hasFocus() else colors.outline_strong)
        painter.setPen(QPen(edge, 1.0, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(colors.selection if self._hot else colors.window))
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        mark = colors.accent if lit else colors.muted
        middle, top = area.center().x(), area.center().y() - 42
        painter.drawPixmap(
            int(middle - 14), int(top), icon_pixmap("media", mark, 28, self.devicePixelRatioF())
        )
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        painter.setPen(QColor(colors.text))
        painter.setFont(ui_font())
        painter.drawText(area.adjusted(16, 0, -16, 0).translated(0, 74), int(centre), self.text())
        painter.setPen(QColor(colors.muted))
        painter.setFont(ui_font(SMALL_TEXT_SIZE))
        hint = tr("A video opens with the graph that made it")
        painter.drawText(area.adjusted(16, 0, -16, 0).translated(0, 96), int(centre), hint)
