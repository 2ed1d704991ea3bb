"""One control of the App view: its label, what it does, and a field with room."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.inspector.faces import ControlLine, ParamLine
from studio.inspector.fields.base import Field
from studio.inspector.fields.make import Fields
from studio.inspector.fields.seed import SeedField
from studio.inspector.fields.switch import SwitchField
from studio.inspector.icon_button import IconButton
from studio.theme import tr, ui_font


class ControlRow(QWidget):
    """Shows a control that leads somewhere."""

    changed = Signal(str, object)
    finished = Signal()
    reset_wanted = Signal(str)
    fresh_wanted = Signal(object, bool)

    def __init__(
        self, control: ControlLine, line: ParamLine, fields: Fields, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.control = control
        self.field: Field = fields.make(line.spec, self)
        self.label = QLabel(control.label, self)
        self.label.setFont(ui_font(weight=QFont.Weight.DemiBold))
        self.label.setMinimumHeight(22)  # as high as the arrow beside it, shown or not
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.help = QLabel(control.help, self)
        self.help.setProperty("role", "muted")
        self.help.setWordWrap(True)
        self.help.setTextFormat(Qt.TextFormat.PlainText)
        self.help.setVisible(bool(control.help))
        self.reset = IconButton("reset", tr("Back to the default"), fields.theme, self, size=14)
        self.reset.setFixedSize(22, 22)
        self.reset.clicked.connect(lambda: self.reset_wanted.emit(self.control.name))
        self._lay_out()
        self.field.set_accessible(control.label, control.help)
        self.field.set_help(control.help)
        self.field.value_changed.connect(lambda value: self.changed.emit(control.name, value))
        self.field.editing_finished.connect(self.finished)
        if isinstance(self.field, SeedField):
            self.field.fresh_changed.connect(lambda on: self.fresh_wanted.emit(self.control, on))
        self.show_control(control, line)

    def show_control(self, control: ControlLine, line: ParamLine) -> None:
        """Show the control as it is now."""
        self.control = control
        self.field.set_value(line.value)
        self.field.set_notes(line.notes)
        self.field.set_fault(line.fault)
        if isinstance(self.field, SeedField):
            self.field.set_fresh(line.fresh)
        linked = line.source is not None
        reason = tr("A link feeds this: {source}.", source=line.source.text) if line.source else ""
        self.field.set_enabled_reason(reason)
        shown = line.is_set and not linked
        self.reset.setEnabled(shown)
        self.reset.setVisible(shown)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.label, 1)
        head.addWidget(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        if isinstance(self.field, SwitchField):
            self.field.setFixedWidth(84)
            head.insertWidget(1, self.field)
        else:
            column.addWidget(self.field)
        column.addWidget(self.help)
