"""The field of a list of values: one line a value, to add, remove, and move up and down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.graph.params import ParamSpec, ParamValue, Scalar
from studio.inspector.fields.base import Field
from studio.inspector.icon_button import IconButton
from studio.theme import Theme, icon, tr

MakeField = Callable[[ParamSpec, QWidget], Field]


class ValuesField(Field):
    """A list: each value has the field that a single one would have."""

    wide = True

    def __init__(
        self,
        spec: ParamSpec,
        theme: Theme,
        make: MakeField,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(spec, theme, parent)
        self._make = make
        self.one = replace(spec, many=False, default=_blank(spec), help="", label="")
        self.rows: list[Row] = []
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        self._empty = QLabel(tr("No values yet."), self)
        self._empty.setProperty("role", "muted")
        self.add = QPushButton(icon("plus", theme), tr("Add a value"), self)
        self.add.setProperty("role", "quiet")
        self.add.setToolTip(tr("Add a value at the end"))
        self.add.clicked.connect(self._append)
        foot = QHBoxLayout()
        foot.addWidget(self.add)
        foot.addStretch()
        self.body.addLayout(self._lines)
        self.body.addWidget(self._empty)
        self.body.addLayout(foot)
        self._show(spec.default)

    def set_accessible(self, name: str, description: str) -> None:
        super().set_accessible(name, description)
        self.add.setAccessibleName(tr("Add a value to {name}", name=name))
        for number, row in enumerate(self.rows, 1):
            row.field.set_accessible(f"{name} {number}", description)

    def _show(self, value: ParamValue) -> None:
        items = list(value) if isinstance(value, list) and not self.mixed else []
        while len(self.rows) > len(items):
            self._drop_row()
        while len(self.rows) < len(items):
            self._add_row()
        for row, item in zip(self.rows, items, strict=True):
            row.field.set_value(item)
        self._empty.setVisible(not items)
        self._empty.setText(tr("mixed") if self.mixed else tr("No values yet."))
        self.setFocusProxy(self.rows[0].field if self.rows else self.add)

    def _add_row(self) -> None:
        row = Row(self._make(self.one, self), self.theme, self)
        row.changed.connect(self._changed)
        row.done.connect(self.finish)
        row.removed.connect(self._remove)
        row.moved.connect(self._move)
        row.field.set_accessible(f"{self.accessibleName()} {len(self.rows) + 1}", "")
        self.rows.append(row)
        self._lines.addWidget(row)

    def _drop_row(self) -> None:
        row = self.rows.pop()
        self._lines.removeWidget(row)
        row.hide()
        row.setParent(None)
        row.deleteLater()

    def _changed(self, row: Row) -> None:
        self.offer([each.field.value for each in self.rows])

    def _append(self) -> None:
        last = self.rows[-1].field.value if self.rows and self.spec.type is not str else None
        self._put([*self._items(), last if last is not None else _blank(self.spec)])
        self.rows[-1].field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _remove(self, row: Row) -> None:
        index = self.rows.index(row)
        items = self._items()
        self._put(items[:index] + items[index + 1 :])
        if self.rows:
            self.rows[min(index, len(self.rows) - 1)].field.setFocus()

    def _move(self, row: Row, by: int) -> None:
        index = self.rows.index(row)
        target = index + by
        if 0 <= target < len(self.rows):
            items = self._items()
            items[index], items[target] = items[target], items[index]
            self._put(items)
            self.rows[target].field.setFocus()

    def _put(self, items: list[ParamValue]) -> None:
        self.offer(items)
        self._show(self._value)
        self.finish()

    def _items(self) -> list[ParamValue]:
        return [row.field.value for row in self.rows]


class Row(QWidget):
    """One value of the list."""

    changed = Signal(object)
    done = Signal()
    removed = Signal(object)
    moved = Signal(object, int)

    def __init__(self, field: Field, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = field
        self.remove = IconButton("close", tr("Remove this value"), theme, self, size=12)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        line.addWidget(field, 1)
        line.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignTop)
        field.value_changed.connect(lambda _: self.changed.emit(self))
        field.editing_finished.connect(self.done)
        self.remove.clicked.connect(lambda: self.removed.emit(self))
        self.setToolTip(tr("Alt+Up and Alt+Down move the value."))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if by and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.moved.emit(self, by)
        else:
            super().keyPressEvent(event)


def _blank(spec: ParamSpec) -> Scalar:
    """A value that the declaration allows, for a new line."""
    if spec.choices:
        return spec.choices[0]
    if spec.type in (int, float):
        low = spec.ge if spec.ge is not None else min(0.0, spec.le or 0.0)
        return spec.type(low)
    return spec.type()
