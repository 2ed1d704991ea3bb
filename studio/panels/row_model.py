"""Rows as a Qt list model: keys in order, and a row made when it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from studio.panels.rows import Row, Rows

ROW: Final = Qt.ItemDataRole.UserRole
MIME: Final = "application/x-reelwright-runs"
Index = QModelIndex | QPersistentModelIndex
_NONE: Final = QModelIndex()


class RowModel(QAbstractListModel):
    """Follows `rows`.  What moves is taken out and put in again; all else stays where it is."""

    dropped = Signal(list, object)
    """Keys that were dragged, and the key of the row before which they were dropped, or None."""
    reordering = Signal()
    """Rows are about to be taken out and put in elsewhere."""
    reordered = Signal()

    def __init__(self, rows: Rows, *, movable: bool = False) -> None:
        super().__init__()
        self._rows = rows
        self._movable = movable
        self._keys: list[str] = list(rows.keys)
        self._places: dict[str, int] | None = None
        rows.changed.connect(self._on_changed)
        rows.row_changed.connect(self._on_row)

    def key(self, index: Index) -> str:
        """The key of a row."""
        return self._keys[index.row()] if index.isValid() else ""

    def index_of(self, key: str) -> QModelIndex:
        """Where a key stands; an invalid index if it does not."""
        row = self._place_of().get(key)
        return QModelIndex() if row is None else self.index(row)

    def row_at(self, index: Index) -> Row:
        """What a row shows."""
        return self._rows.row(self.key(index))

    # Qt's model

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._keys)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._keys):
            return None
        if role == ROW:
            return self.row_at(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            row = self.row_at(index)
            return ", ".join(part for part in (row.title, row.detail, row.right) if part)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.row_at(index).tip or None
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not self._movable:
            return flags
        return flags | (
            Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.ItemIsDropEnabled
        )

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        keys = [self.key(index) for index in sorted(indexes, key=QModelIndex.row)]
        data.setData(MIME, "\n".join(keys).encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        if not data.hasFormat(MIME):
            return False
        keys = bytes(data.data(MIME).data()).decode().split("\n")
        before = self._keys[row] if 0 <= row < len(self._keys) else None
        self.dropped.emit(keys, before)
        return False  # nothing moves until the queue says so

    # What the rows tell

    def _on_row(self, key: str) -> None:
        row = self._place_of().get(key)
        if row is not None:
            index = self.index(row)
            self.dataChanged.emit(index, index)

    def _on_changed(self) -> None:
        self.reordering.emit()
        old, new = self._keys, list(self._rows.keys)
        head = _common(old, new)
        tail = min(_common(old[head:][::-1], new[head:][::-1]), min(len(old), len(new)) - head)
        if head < len(old) - tail:
            self.beginRemoveRows(QModelIndex(), head, len(old) - tail - 1)
            self._set([*old[:head], *old[len(old) - tail :]])
            self.endRemoveRows()
        if head < len(new) - tail:
            self.beginInsertRows(QModelIndex(), head, len(new) - tail - 1)
            self._set(new)
            self.endInsertRows()
        if new:
            self.dataChanged.emit(self.index(0), self.index(len(new) - 1))
        self.reordered.emit()

    def _set(self, keys: list[str]) -> None:
        self._keys, self._places = keys, None

    def _place_of(self) -> dict[str, int]:
        if self._places is None:
            self._places = {key: row for row, key in enumerate(self._keys)}
        return self._places


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many rows are the same from the start."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
