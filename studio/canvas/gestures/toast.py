"""A sentence at the foot of the canvas that goes away by itself."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from studio.theme import RADIUS, Theme

SHOWN_MS: Final = 5000
GAP: Final = 24
MOST_WIDTH: Final = 520


class Toast(QLabel):
    """Says one thing at a time over a widget; a click takes it away."""

    def __init__(self, over: QWidget, theme: Theme) -> None:
        super().__init__(over)
        self._over = over
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        over.installEventFilter(self)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        colors = theme.colors
        self.setStyleSheet(
            f"background: {colors.raised}; color: {colors.text}; padding: 8px 14px;"
            f" border: 1px solid {colors.outline_strong}; border-radius: {RADIUS}px;"
        )

    def say(self, sentence: str) -> None:
        """Show a sentence for a while."""
        self.setText(sentence)
        self.setAccessibleName(sentence)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def mousePressEvent(self, event: object) -> None:
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """It stays at the foot when the canvas is resized."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        room = self._over.rect()
        one_line = self.fontMetrics().horizontalAdvance(self.text()) + 40
        width = min(one_line, MOST_WIDTH, max(room.width() - 2 * GAP, 80))
        self.setFixedWidth(width)
        self.setFixedHeight(self.heightForWidth(width))
        x = (room.width() - width) // 2
        self.move(x, room.height() - self.height() - GAP)
