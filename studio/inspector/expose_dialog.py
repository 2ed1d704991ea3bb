"""Asks how a control that a document exposes is called, and what it is for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from studio.inspector.role import set_role
from studio.theme import tr


class ExposeDialog(QDialog):
    """Label and help of a control; `name` only where there is one already."""

    def __init__(
        self, label: str, help: str, parent: QWidget | None = None, *, name: str = ""
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Change the control") if name else tr("Expose as a control"))
        intro = QLabel(
            tr("Controls are what the App view shows, and what the command line sets by name."),
            self,
        )
        intro.setWordWrap(True)
        intro.setProperty("role", "muted")
        self.label = QLineEdit(label, self)
        self.label.setMaxLength(60)
        self.help = QLineEdit(help, self)
        self.help.setCursorPosition(0)
        self.name = QLineEdit(name, self)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Label"), self.label)
        form.addRow(tr("Help"), self.help)
        if name:
            form.addRow(tr("Name for --set"), self.name)
        else:
            self.name.hide()
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self.accept_button = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.accept_button.setText(tr("Change") if name else tr("Expose"))
        set_role(self.accept_button, "primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.label.textChanged.connect(self._judge)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(intro)
        column.addLayout(form)
        column.addWidget(buttons)
        self.setMinimumWidth(380)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.label.selectAll()
        self._judge(label)

    def _judge(self, text: str) -> None:
        self.accept_button.setEnabled(bool(text.strip()))
