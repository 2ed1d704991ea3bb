"""What is told of a node whose type is not installed: its name, its pack, what to install."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QVBoxLayout, QWidget

from studio.inspector.faces import MissingFace
from studio.theme import Theme, tr


class MissingCard(QFrame):
    """The node stays in the document untouched, and the card says what it needs."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._face: MissingFace | None = None
        self.what = _text(self, "danger")
        self.how = _text(self, "")
        self.kept = _text(self, "muted")
        self.kept.setText(tr("It stays in the document as it is, and is saved with it."))
        self.values = QFormLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        for label in (self.what, self.how, self.kept):
            column.addWidget(label)
        column.addLayout(self.values)

    def show_missing(self, face: MissingFace) -> None:
        """Tell of a node."""
        if face == self._face:
            return
        self._face = face
        self.what.setText(face.problem)
        self.how.setText(face.remedy)
        while self.values.rowCount():
            self.values.removeRow(0)
        for name, value in face.values:
            label, text = _text(self, "muted"), _text(self, "")
            label.setText(name)
            text.setText(value)
            self.values.addRow(label, text)


def _text(parent: QWidget, role: str) -> QLabel:
    label = QLabel(parent)
    if role:
        label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
