"""Choosing a sweep: parameters and their values, with the number of runs that come of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ReelwrightError
from studio.document import OpenDocument
from studio.editing.variations import sweep
from studio.theme import Theme, icon, tr

MOST_AXES: Final = 4
NOTHING: Final = ""


class SweepDialog(QDialog):
    """Rows of a parameter and its values; Run is greyed until all can be read."""

    def __init__(self, document: OpenDocument, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._theme = theme
        self._axes: list[tuple[QComboBox, QLineEdit]] = []
        self.setWindowTitle(tr("Sweep"))
        self.setMinimumWidth(520)
        about = QLabel(tr("One run for each combination. Write values as 4, 8, 12 or 1..4."))
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._more = QPushButton(icon("plus", theme), tr("Another parameter"))
        self._more.setProperty("role", "quiet")
        self._more.setAutoDefault(False)
        self._more.clicked.connect(self._add_axis)
        self.said = QLabel()
        self.said.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.run_button = buttons.addButton(tr("Run"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.run_button.setProperty("role", "primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(20, 20, 20, 16)
        rows.setSpacing(12)
        rows.addWidget(about)
        rows.addLayout(self._grid)
        rows.addWidget(self._more)
        rows.addWidget(self.said)
        rows.addStretch(1)
        rows.addWidget(buttons)
        self._add_axis()
        self._axes[0][1].setFocus()

    @property
    def axes(self) -> dict[str, str]:
        """The values of each parameter, as they were written."""
        return {
            str(name.currentData()): values.text()
            for name, values in self._axes
            if name.currentData() and values.text().strip()
        }

    def _add_axis(self) -> None:
        row = len(self._axes)
        name, values = QComboBox(), QLineEdit()
        name.setAccessibleName(tr("Parameter {number}", number=row + 1))
        values.setAccessibleName(tr("Values of parameter {number}", number=row + 1))
        values.setPlaceholderText(tr("4, 8, 12"))
        for text, key in offered(self._document):
            name.addItem(text, key)
        name.setCurrentIndex(min(row, name.count() - 1))
        name.currentIndexChanged.connect(self._check)
        values.textChanged.connect(self._check)
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(values, row, 1)
        self._axes.append((name, values))
        self._more.setVisible(len(self._axes) < MOST_AXES)
        self._check()

    def _check(self) -> None:
        axes = self.axes
        document = self._document
        try:
            count = len(sweep(document.document, document.registry, axes)) if axes else 0
        except ReelwrightError as error:
            self._say(str(error), "danger", False)
            return
        many = tr("{count} runs", count=count) if count != 1 else tr("1 run")
        self._say(many if count else tr("Write at least one value."), "muted", count > 0)

    def _say(self, text: str, role: str, usable: bool) -> None:
        self.said.setText(text)
        self.said.setProperty("role", role)
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)
        self.run_button.setEnabled(usable)


def offered(document: OpenDocument) -> list[tuple[str, str]]:
    """The parameters of the top level: those that are exposed first, by their labels."""
    found = [
        (exposed.label or name.replace("_", " ").capitalize(), name)
        for name, exposed in document.document.exposed.items()
    ]
    for id, spec in document.document.nodes.items():
        type = document.type_named(spec.type)
        if type is not None:
            found += [(f"{id}.{name}", f"{id}.{name}") for name in type.params]
    return found
