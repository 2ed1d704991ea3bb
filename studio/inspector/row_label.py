"""The label of a parameter: bright where it is set, with a mark where it is offered outside."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.inspector.fields.scrub_box import HEIGHT
from studio.theme import Theme

MARK: Final = 12
"""How much room the mark takes."""


class RowLabel(QWidget):
    """A text that is cut where it does not fit; painted, as a panel has many of them."""

    def __init__(self, text: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = text
        self._theme = theme
        self._bright = False
        self._offered = False
        self._kept_free = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def show_state(self, *, bright: bool, offered: bool) -> None:
        """Whether the parameter is set, and whether it is offered outside."""
        if (bright, offered) != (self._bright, self._offered):
            self._bright, self._offered = bright, offered
            self.update()

    def keep_free(self, pixels: int) -> None:
        """Leave room for a button at the right."""
        if pixels != self._kept_free:
            self._kept_free = pixels
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text) + 2, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = self._theme.colors
        room = self.width() - self._kept_free - (MARK if self._offered else 0)
        text = self.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(colors.text if self._bright else colors.muted))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)
        if self._offered:
            self._paint_mark(painter, self.fontMetrics().horizontalAdvance(text) + 7)
        painter.end()

    def _paint_mark(self, painter: QPainter, x: int) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.accent))
        y = self.height() / 2
        corners = [(x, y - 3.5), (x + 3.5, y), (x, y + 3.5), (x - 3.5, y)]
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
