"""The parameters of what is selected, a row each; rows are kept and shown again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.inspector.faces import ParamLine
from studio.inspector.fields.make import Fields
from studio.inspector.param_row import ParamRow

KEPT: Final = 12
"""Rows of so many node types are kept, as people go back and forth between a few nodes."""

AT_ONCE: Final = 2
"""So many rows are built in one go, so that a click is answered at once; the others follow."""


class ParamRows(QWidget):
    """Rows for one shape of subject: a fixed sequence of declarations."""

    def __init__(
        self,
        lines: Sequence[ParamLine],
        fields: Fields,
        join: Callable[[ParamRow], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.specs = tuple(line.spec for line in lines)
        self._fields = fields
        self._join = join
        self._lines = tuple(lines)
        self.rows: list[ParamRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._later = QTimer(self)
        self._later.setInterval(0)
        self._later.timeout.connect(self._build_some)
        self._build_some()
        if len(self.rows) < len(lines):
            self._later.start()

    def show_lines(self, lines: Sequence[ParamLine], *, other: bool) -> None:
        """Show the same parameters with what counts now."""
        self._lines = tuple(lines)
        for row, line in zip(self.rows, lines, strict=False):
            row.show_line(line, other=other)

    def row(self, name: str) -> ParamRow:
        """The row of a parameter.  Raises KeyError if there is none."""
        self.complete()
        found = next((row for row in self.rows if row.line.spec.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def complete(self) -> None:
        """Build what is left to build."""
        while len(self.rows) < len(self._lines):
            self._build_some()

    def _build_some(self) -> None:
        for line in self._lines[len(self.rows) : len(self.rows) + AT_ONCE]:
            row = ParamRow(line, self._fields, self)
            self._join(row)
            self.rows.append(row)
            self._column.addWidget(row)
            row.show()
        if len(self.rows) >= len(self._lines):
            self._later.stop()


class ParamStack(QWidget):
    """Shows rows for whatever is selected; builds them only for a shape that is new."""

    changed = Signal(object, object)
    finished = Signal(object)
    reset_wanted = Signal(object)
    unlink_wanted = Signal(object)
    source_wanted = Signal(str)
    fresh_wanted = Signal(object, bool)
    menu_wanted = Signal(object, object)

    def __init__(self, fields: Fields, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields = fields
        self._known: OrderedDict[str, ParamRows] = OrderedDict()
        self._owner: object = None
        self.rows: ParamRows | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_lines(self, lines: Sequence[ParamLine], shape: str, owner: object) -> None:
        """Show parameters; `shape` names what they belong to, `owner` whose they are."""
        specs = tuple(line.spec for line in lines)
        rows = self._known.get(shape)
        if rows is None or rows.specs != specs:
            self._drop(shape)
            rows = self._made(lines)
            self._known[shape] = rows
        else:
            rows.show_lines(lines, other=owner != self._owner)
        self._known.move_to_end(shape)
        self._owner = owner
        self._bring(rows)
        while len(self._known) > KEPT:
            self._drop(next(iter(self._known)))

    def _bring(self, rows: ParamRows) -> None:
        if rows is self.rows:
            return
        if self.rows is not None:
            self.rows.hide()
        self.rows = rows
        rows.show()

    def _made(self, lines: Sequence[ParamLine]) -> ParamRows:
        rows = ParamRows(lines, self._fields, self._joined, self)
        self._column.addWidget(rows)
        return rows

    def _joined(self, row: ParamRow) -> None:
        row.changed.connect(self.changed)
        row.finished.connect(self.finished)
        row.reset_wanted.connect(self.reset_wanted)
        row.unlink_wanted.connect(self.unlink_wanted)
        row.source_wanted.connect(self.source_wanted)
        row.fresh_wanted.connect(self.fresh_wanted)
        row.menu_wanted.connect(self.menu_wanted)

    def _drop(self, shape: str) -> None:
        rows = self._known.pop(shape, None)
        if rows is None:
            return
        if rows is self.rows:
            self.rows = None
        rows.hide()
        self._column.removeWidget(rows)
        rows.deleteLater()
