"""The field of a short text."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.graph.params import ParamSpec, ParamValue
from studio.inspector.fields.base import Field
from studio.inspector.role import set_role
from studio.theme import Theme, tr


class TextLineField(Field):
    """One line of text; every letter counts at once."""

    def __init__(self, spec: ParamSpec, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(spec, theme, parent)
        self.line = Line(self)
        self.line.textEdited.connect(self._edited)
        self.line.left.connect(self.finish)
        self.line.returnPressed.connect(self.finish)
        self.setFocusProxy(self.line)
        self.body.addWidget(self.line)
        self._show(spec.default)

    def _edited(self, text: str) -> None:
        self.offer(text)

    def _show(self, value: ParamValue) -> None:
        shown = "" if self.mixed else str(value)
        self.line.setPlaceholderText(tr("mixed") if self.mixed else "")
        if self.line.text() != shown:
            self.line.setText(shown)
            self.line.setCursorPosition(0)

    def _mark(self, bad: bool) -> None:
        set_role(self.line, bad, "invalid")


class Line(QLineEdit):
    """A line that tells when the focus leaves, and leaves Escape to the field."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextMargins(-1, 0, 0, 0)  # in one line with numbers and choices

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)
