"""In the place of a field that a link feeds: where the value comes from, and 'unlink'."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from studio.inspector.faces import Source
from studio.inspector.fields.scrub_box import HEIGHT, ROUNDING
from studio.inspector.icon_button import IconButton
from studio.theme import Theme, icon_pixmap, tr

MARK: Final = 14
BUTTON: Final = 22


class LinkStrip(QAbstractButton):
    """Says what feeds a parameter; a click goes there."""

    unlink_wanted = Signal()
    source_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._source = Source("")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self._go)
        self.unlink = IconButton("unlink", tr("Unlink"), theme, self, size=MARK)
        self.unlink.setFixedSize(BUTTON, BUTTON)
        self.unlink.clicked.connect(self.unlink_wanted)

    def show_source(self, source: Source, label: str) -> None:
        """Say where a parameter's value comes from."""
        self._source = source
        self.setToolTip(tr("The value comes from {source}.", source=source.text))
        self.setAccessibleName(tr("{label}: from {source}", label=label, source=source.text))
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if source.node else Qt.CursorShape.ArrowCursor
        )
        self.unlink.say(tr("Unlink {label}", label=label))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.unlink.move(self.width() - BUTTON - 3, (HEIGHT - BUTTON) // 2)

    def _go(self) -> None:
        if self._source.node:
            self.source_wanted.emit(self._source.node)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self._theme.colors
        edge = colors.accent if self.hasFocus() else colors.outline
        painter.setPen(QPen(QColor(edge), 1))
        painter.setBrush(QColor(colors.info_wash))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, ROUNDING, ROUNDING)
        mark = icon_pixmap("link", colors.info, MARK, self.devicePixelRatioF())
        painter.drawPixmap(8, (HEIGHT - MARK) // 2, mark)
        room = QRect(28, 0, self.width() - 28 - BUTTON - 6, HEIGHT)
        font = self.font()
        font.setUnderline(self.underMouse() and bool(self._source.node))
        painter.setFont(font)
        painter.setPen(QColor(colors.info))
        text = self.fontMetrics().elidedText(
            self._source.text, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
