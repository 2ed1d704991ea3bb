"""What the user is told without being stopped: bars of one sentence over the canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ReelwrightError
from studio.theme import Theme, icon, icon_pixmap, tr

Tone = Literal["danger", "warning", "success", "info"]

MOST: Final = 3
"""How many bars are seen at once; the oldest gives way."""

_ICONS: Final = {"danger": "error", "warning": "warning", "success": "done", "info": "info"}


class MessageBar(QFrame):
    """One sentence, perhaps a button that is the way out, and a button that closes it."""

    def __init__(self, text: str, tone: Tone, theme: Theme, close: Callable[[], None]) -> None:
        super().__init__()
        self.text = text
        self.topic = ""
        self.setProperty("role", "message")
        self.setProperty("tone", tone)
        self.setAccessibleName(text)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 8, 6)
        self._row.setSpacing(8)
        mark = QLabel()
        mark.setPixmap(
            icon_pixmap(_ICONS[tone], getattr(theme.colors, tone), 16, self.devicePixelRatioF())
        )
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        dismiss = QToolButton()
        dismiss.setIcon(icon("close", theme))
        dismiss.setProperty("role", "quiet")
        dismiss.setToolTip(tr("Close this message"))
        dismiss.setAccessibleName(tr("Close this message"))
        dismiss.clicked.connect(close)
        self._row.addWidget(mark)
        self._row.addWidget(label, 1)
        self._row.addWidget(dismiss)

    def add_way_out(self, text: str, act: Callable[[], object], close: Callable[[], None]) -> None:
        """Offer something to do about it; doing it closes the bar."""
        button = QPushButton(text)
        button.setAccessibleName(text)
        button.clicked.connect(close)
        button.clicked.connect(lambda: act())
        self._row.insertWidget(2, button)


class Messages(QWidget):
    """The bars that are seen now, the newest on top."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self.hide()

    @property
    def texts(self) -> tuple[str, ...]:
        """The sentences that are seen, the newest first."""
        return tuple(bar.text for bar in self._bars())

    def say(
        self,
        text: str,
        tone: Tone = "info",
        way_out: str = "",
        act: Callable[[], object] | None = None,
        topic: str = "",
    ) -> None:
        """Show a sentence; the same one is not shown twice, nor two of one `topic`."""
        self.settle(topic)
        for same in [bar for bar in self._bars() if bar.text == text]:
            self._drop(same)
        bar = MessageBar(text, tone, self._theme, lambda: self._drop(bar))
        bar.topic = topic
        if way_out and act is not None:
            bar.add_way_out(way_out, act, lambda: self._drop(bar))
        self._rows.insertWidget(0, bar)
        for old in self._bars()[MOST:]:
            self._drop(old)
        self.show()

    def fail(
        self,
        error: ReelwrightError,
        way_out: str = "",
        act: Callable[[], object] | None = None,
    ) -> None:
        """Show what went wrong and what to do about it."""
        self.say(str(error), "danger", way_out, act)

    def settle(self, topic: str) -> None:
        """What was said of a topic is so no more."""
        for bar in [bar for bar in self._bars() if topic and bar.topic == topic]:
            self._drop(bar)

    def clear(self) -> None:
        """Take away all bars."""
        for bar in self._bars():
            self._drop(bar)

    def set_theme(self, theme: Theme) -> None:
        """Bars that come from now on have another theme's icons."""
        self._theme = theme

    def _bars(self) -> list[MessageBar]:
        items = (self._rows.itemAt(row) for row in range(self._rows.count()))
        widgets = (item.widget() for item in items if item is not None)
        return [widget for widget in widgets if isinstance(widget, MessageBar)]

    def _drop(self, bar: MessageBar) -> None:
        if self._rows.indexOf(bar) < 0:
            return
        self._rows.removeWidget(bar)
        bar.hide()
        bar.deleteLater()
        self.setVisible(self._rows.count() > 0)
