"""The sound as a picture: under the time line, or large where there is nothing else to see."""

from __future__ import annotations

from math import copysign
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import SMALL_TEXT_SIZE, Theme, tr, ui_font
from studio.theme.colors import mixed
from studio.viewer.scrubber import MARGIN

_SOFTNESS: Final = 0.6
_THIN: Final = 0.01
_FAINT: Final = 0.35  # what is not played

Peaks = tuple[tuple[float, float], ...]


class Waveform(QWidget):
    """Peaks over the length of the time line.  Shares are parts of that length, 0 to 1."""

    scrubbed = Signal(float)
    released = Signal()

    def __init__(self, theme: Theme, height: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._peaks: Peaks = ()
        self._covers = 1.0
        self._at = 0.0
        self._played = (0.0, 1.0)
        self._outline = QPolygonF()
        self._drawn: QPixmap | None = None
        self._reason = ""
        if height:
            self.setFixedHeight(height)
        vertical = QSizePolicy.Policy.Fixed if height else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertical)
        self.setAccessibleName(tr("Waveform"))

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(480, self.maximumHeight() if self.maximumHeight() < 200 else 200)

    @property
    def peaks(self) -> Peaks:
        """What is drawn."""
        return self._peaks

    def set_peaks(self, peaks: Peaks, covers: float = 1.0) -> None:
        """The sound's peaks, and how much of the time line's length it lasts."""
        self._peaks, self._covers = peaks, covers
        self._outline = outline(peaks)
        self._drawn = None
        self.update()

    def set_reason(self, reason: str) -> None:
        """Why there is nothing to draw yet."""
        self._reason = reason
        self.update()

    def set_position(self, at: float, first: float, last: float) -> None:
        """Where the playhead is, and the part that is played."""
        if (at, (first, last)) != (self._at, self._played):
            self._at, self._played = at, (first, last)
            self.update()

    def restyle(self, theme: Theme) -> None:
        """Another theme."""
        self.theme = theme
        self._drawn = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The waveform is drawn once a size; what moves is drawn over it."""
        colors = self.theme.colors
        painter = QPainter(self)
        if not self._peaks:
            painter.setPen(QColor(colors.muted))
            painter.setFont(ui_font(SMALL_TEXT_SIZE))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._reason)
            return
        if self._drawn is None or self._drawn.deviceIndependentSize() != self.size():
            self._drawn = self._drawing()
        width = self.width() - 2 * MARGIN
        first, last = self._played
        painter.setOpacity(_FAINT)
        painter.drawPixmap(0, 0, self._drawn)
        painter.setOpacity(1.0)
        painter.setClipRect(
            QRectF(MARGIN + first * width, 0, (last - first) * width, self.height())
        )
        painter.drawPixmap(0, 0, self._drawn)
        painter.setClipping(False)
        x = MARGIN + self._at * width
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.accent), 2))
        painter.drawLine(QLineF(x, 0, x, self.height()))

    def _drawing(self) -> QPixmap:
        colors = self.theme.colors
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        middle, reach = self.height() / 2, self.height() / 2 - 1
        base = QColor(colors.outline)
        painter.fillRect(QRectF(MARGIN, middle, self.width() - 2 * MARGIN, 1), base)
        sound = self.theme.type_color("Audio")
        color = QColor(mixed(colors.panel, sound, 0.75))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(MARGIN, middle)
        painter.scale((self.width() - 2 * MARGIN) * min(1.0, self._covers), reach)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(self._outline)
        painter.end()
        return pixmap

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            width = max(1, self.width() - 2 * MARGIN)
            self.scrubbed.emit(min(max((event.position().x() - MARGIN) / width, 0.0), 1.0))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.released.emit()


def outline(peaks: Peaks) -> QPolygonF:
    """The waveform's edge, from 0 to 1 and from -1 (above) to 1; silence is a thin line."""
    count = max(1, len(peaks))
    above = [QPointF(n / count, -_seen(high) - _THIN) for n, (_, high) in enumerate(peaks)]
    below = [QPointF(n / count, -_seen(low) + _THIN) for n, (low, _) in enumerate(peaks)]
    return QPolygonF(above + below[::-1])


def _seen(value: float) -> float:
    """Soft sounds are drawn larger than they are, as they are heard."""
    return copysign(min(abs(value), 1.0) ** _SOFTNESS, value)
