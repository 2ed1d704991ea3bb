"""The sound as a picture: under the time line, or large where there is nothing else to see."""

# ruff: noqa: N802 - Qt names its events
from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import SMALL_TEXT_SIZE, Theme, tr, ui_font
from studio.theme.colors import mixed
from studio.viewer.scrubber import MARGIN

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
        painter.drawPixmap(0, 0, self._drawn)
        dim = QColor(colors.panel)
        dim.setAlpha(170)
        width = self.width() - 2 * MARGIN
        first, last = self._played
        painter.fillRect(QRectF(MARGIN, 0, first * width, self.height()), dim)
        painter.fillRect(QRectF(MARGIN + last * width, 0, (1 - last) * width, self.height()), dim)
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
        painter.setPen(QPen(QColor(mixed(colors.panel, sound, 0.75)), 1))
        painter.drawLines(self._columns(middle, reach))
        painter.end()
        return pixmap

    def _columns(self, middle: float, reach: float) -> list[QLineF]:
        """A line for each column of pixels, from the lowest to the highest value there."""
        count = max(1, round((self.width() - 2 * MARGIN) * min(1.0, self._covers)))
        lines: list[QLineF] = []
        for column in range(count):
            begin = column * len(self._peaks) // count
            end = max(begin + 1, (column + 1) * len(self._peaks) // count)
            part = self._peaks[begin:end]
            low = min(low for low, _ in part)
            high = max(high for _, high in part)
            x = MARGIN + column + 0.5
            lines.append(
                QLineF(x, middle - min(high, 1.0) * reach, x, middle - max(low, -1.0) * reach + 0.5)
            )
        return lines

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
