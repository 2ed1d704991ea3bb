"""A thin line that says how far something is; it moves where nobody knows."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import Theme, tr

THICKNESS: Final = 4
BEAT_MS: Final = 40
RUNNER: Final = 0.3
"""How much of the line moves where the end is not known."""


class ProgressLine(QWidget):
    """Filled from the left; without a fraction a part of it runs along."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._fraction: float | None = 0.0
        self._at = 0.0
        self._beat = QTimer(self)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._move)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    @property
    def fraction(self) -> float | None:
        """How far, 0 to 1; None where nobody knows."""
        return self._fraction

    def show_fraction(self, fraction: float | None) -> None:
        """Say how far it is."""
        if fraction == self._fraction:
            return
        self._fraction = None if fraction is None else min(1.0, max(0.0, fraction))
        if self._fraction is not None:
            percent = round(self._fraction * 100)
            self.setAccessibleDescription(tr("{percent} %", percent=percent))
        self._run()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(80, THICKNESS)

    def showEvent(self, event: QShowEvent) -> None:
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        self._beat.stop()

    def _run(self) -> None:
        if self._fraction is None and self.isVisible():
            self._beat.start()
        else:
            self._beat.stop()

    def _move(self) -> None:
        self._at = (self._at + 0.02) % 1.0
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        line = QRectF(0, (self.height() - THICKNESS) / 2, self.width(), THICKNESS)
        painter.setBrush(QColor(self._theme.colors.outline))
        painter.drawRoundedRect(line, THICKNESS / 2, THICKNESS / 2)
        painter.setBrush(QColor(self._theme.colors.accent))
        left, width = 0.0, self.width() * (self._fraction or 0.0)
        if self._fraction is None:
            width = self.width() * RUNNER
            left = (self.width() + width) * self._at - width
        filled = QRectF(left, line.top(), width, THICKNESS).intersected(line)
        painter.drawRoundedRect(filled, THICKNESS / 2, THICKNESS / 2)
        painter.end()
