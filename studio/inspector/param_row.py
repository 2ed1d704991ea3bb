"""One parameter in the inspector: label, field, where a linked value comes from, and its menu."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.inspector.faces import ParamLine
from studio.inspector.fields.base import Field
from studio.inspector.fields.make import Fields
from studio.inspector.fields.scrub_box import HEIGHT
from studio.inspector.fields.seed import SeedField
from studio.inspector.icon_button import IconButton
from studio.inspector.link_strip import LinkStrip
from studio.inspector.row_label import RowLabel
from studio.theme import tr

GUTTER: Final = 24
"""What stays free at the right for the arrow that brings the default back."""

LABEL_SHARE: Final = 0.36
LABEL_LEAST: Final = 76
LABEL_MOST: Final = 140


class ParamRow(QWidget):
    """Shows one `ParamLine`; what the user wants is told by signals."""

    changed = Signal(object, object)
    """ParamLine, and the value it is to have."""
    finished = Signal(object)
    reset_wanted = Signal(object)
    unlink_wanted = Signal(object)
    source_wanted = Signal(str)
    fresh_wanted = Signal(object, bool)
    menu_wanted = Signal(object, object)
    """ParamLine, and where on the screen its menu is to open."""

    def __init__(self, line: ParamLine, fields: Fields, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = line
        self._fields = fields
        self.field: Field = fields.make(line.spec, self)
        self.label = RowLabel(line.label, fields.theme, self)
        self._linked = False
        self.reset: IconButton | None = None
        self.more: IconButton | None = None
        self.strip: LinkStrip | None = None
        self._lay_out()
        self.field.value_changed.connect(lambda value: self.changed.emit(self.line, value))
        self.field.editing_finished.connect(lambda: self.finished.emit(self.line))
        if isinstance(self.field, SeedField):
            self.field.fresh_changed.connect(lambda on: self.fresh_wanted.emit(self.line, on))
        self._describe()
        self._show(line)

    def show_line(self, line: ParamLine, *, other: bool = False) -> None:
        """Show the parameter as it is now; `other` says that it is another node's."""
        if other:
            self.field.forget()
        elif line == self.line:
            return
        self._show(line)

    def _show(self, line: ParamLine) -> None:
        self.line = line
        self.field.set_value(line.value, mixed=line.mixed)
        self.field.set_notes(line.notes)
        self.field.set_fault(line.fault)
        if isinstance(self.field, SeedField):
            self.field.set_fresh(line.fresh)
        self._show_source(line)
        self._show_reset(line.is_set and line.source is None)
        self._show_offer(line)

    # Parts that are made when they are first needed

    def _show_source(self, line: ParamLine) -> None:
        if line.source is not None and self.strip is None:
            self.strip = LinkStrip(self._fields.theme, self)
            self.strip.unlink_wanted.connect(lambda: self.unlink_wanted.emit(self.line))
            self.strip.source_wanted.connect(self.source_wanted)
            self._slot.addWidget(self.strip)
        if self.strip is not None and (line.source is not None) != self._linked:
            self.strip.setVisible(line.source is not None)
        if self.strip is not None and line.source is not None:
            self.strip.show_source(line.source, line.label)
        linked = line.source is not None
        if linked != self._linked:
            self._linked = linked
            self.field.setVisible(not linked)

    def _show_reset(self, wanted: bool) -> None:
        if wanted and self.reset is None:
            self.reset = IconButton("reset", "", self._fields.theme, self, size=14)
            self.reset.setFixedSize(22, 22)
            self.reset.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its menu has it for the keyboard
            self.reset.clicked.connect(lambda: self.reset_wanted.emit(self.line))
            self._place_buttons()
        if self.reset is not None:
            default = _short(self.line.spec.default)
            self.reset.say(tr("Back to the default, {value}", value=default))
            self.reset.setVisible(wanted)

    def _show_offer(self, line: ParamLine) -> None:
        bright = line.is_set or line.source is not None
        self.label.show_state(bright=bright, offered=bool(line.exposed or line.promoted))
        self.label.setToolTip(self._tip(line))

    def _tip(self, line: ParamLine) -> str:
        parts = [line.label, line.spec.help]
        if line.exposed:
            parts.append(tr("Exposed as the control '{name}'.", name=line.exposed))
        if line.promoted:
            parts.append(tr("The subgraph offers it as '{name}'.", name=line.promoted))
        return "\n".join(part for part in parts if part)

    def _describe(self) -> None:
        self.field.set_accessible(self.line.label, self.line.spec.help)
        self.field.set_help(self.line.spec.help)

    # Layout

    def _lay_out(self) -> None:
        self._slot = QVBoxLayout()
        self._slot.setContentsMargins(0, 0, 0, 0)
        self._slot.addWidget(self.field)
        if self.field.wide:
            column = QVBoxLayout(self)
            column.setContentsMargins(0, 2, 0, 4)
            column.setSpacing(4)
            column.addWidget(self.label)
            column.addLayout(self._slot)
            return
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, GUTTER, 0)
        line.setSpacing(8)
        line.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(self._slot, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self.field.wide:
            share = round(event.size().width() * LABEL_SHARE)
            self.label.setFixedWidth(min(LABEL_MOST, max(LABEL_LEAST, share)))
        self._place_buttons()

    def _place_buttons(self) -> None:
        top = 0 if self.field.wide else 3
        if self.reset is not None:
            self.reset.move(self.width() - 22, top)
        if self.more is not None:
            left = self.width() - 46 if self.field.wide else self.label.width() - 20
            self.more.move(left, top)

    # The menu

    def enterEvent(self, event: QEnterEvent) -> None:
        if self.more is None:
            name = tr("More about {label} (Ctrl+.)", label=self.line.label)
            self.more = IconButton("more", name, self._fields.theme, self, size=14)
            self.more.setFixedSize(22, 22)
            self.more.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.more.clicked.connect(self._open_menu)
            self._place_buttons()
        self.more.show()
        self.more.raise_()
        self.label.keep_free(0 if self.field.wide else 22)

    def leaveEvent(self, event: QEvent) -> None:
        if self.more is not None:
            self.more.hide()
            self.label.keep_free(0)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.menu_wanted.emit(self.line, self.mapToGlobal(QPoint(8, HEIGHT)))
        else:
            self.menu_wanted.emit(self.line, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Text fields have a menu of their own on the menu key, so there is one more way."""
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if held and event.key() == Qt.Key.Key_Period:
            self.menu_wanted.emit(self.line, self.mapToGlobal(QPoint(8, HEIGHT)))
        else:
            super().keyPressEvent(event)

    def _open_menu(self) -> None:
        if self.more is not None:
            corner = self.more.mapToGlobal(QPoint(0, self.more.height()))
            self.menu_wanted.emit(self.line, corner)


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if isinstance(value, bool):
        text = tr("on") if value else tr("off")
    return f"'{text[:40]}'" if not text else text[:40]
