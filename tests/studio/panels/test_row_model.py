"""Rows as a list model: what moves is taken out and put in, the rest stays."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from psygnal import Signal
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from studio.panels.row_model import ROW, RowModel
from studio.panels.rows import Row


class Listed:
    changed = Signal()
    row_changed = Signal(str)

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = list(keys)
        self.looked_at: list[str] = []

    def row(self, key: str) -> Row:
        self.looked_at.append(key)
        return Row(key, f"Run {key}", "detail", tip="all of it")

    def show(self, keys: Sequence[str]) -> None:
        self.keys = list(keys)
        self.changed.emit()


def keys_of(model: RowModel) -> list[str]:
    return [model.key(model.index(row)) for row in range(model.rowCount())]


def test_rows_are_made_when_they_are_looked_at(qtbot: QtBot) -> None:
    rows = Listed("abc")
    model = RowModel(rows)
    assert rows.looked_at == []
    assert model.data(model.index(1)) == "Run b, detail"
    assert model.data(model.index(1), Qt.ItemDataRole.ToolTipRole) == "all of it"
    row = model.data(model.index(2), ROW)
    assert isinstance(row, Row)
    assert set(rows.looked_at) == {"b", "c"}
    assert model.data(model.index(9)) is None


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.data())
def test_the_model_follows_whatever_becomes_of_the_rows(
    before: list[str], data: st.DataObject
) -> None:
    rows = Listed(before)
    model = RowModel(rows)
    for _ in range(3):
        after = data.draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
        rows.show(after)
        assert keys_of(model) == after
        assert [model.index_of(key).row() for key in after] == list(range(len(after)))


def test_qt_finds_nothing_wrong_with_it(qtmodeltester: ModelTester) -> None:
    rows = Listed("abcd")
    model = RowModel(rows, movable=True)
    qtmodeltester.check(model)
    rows.show("adx")
    rows.show("")


def test_what_stays_keeps_its_persistent_index(qtbot: QtBot) -> None:
    rows = Listed("abcdef")
    model = RowModel(rows)
    first, last = (QPersistentModelIndex(model.index(row)) for row in (0, 5))
    rows.show("axyf")
    assert (model.key(first), model.key(last)) == ("a", "f")


def test_a_row_that_changed_is_told_alone(qtbot: QtBot) -> None:
    rows = Listed("abc")
    model = RowModel(rows)
    told: list[int] = []
    model.dataChanged.connect(lambda index, *_: told.append(index.row()))
    rows.row_changed.emit("b")
    rows.row_changed.emit("stranger")
    assert told == [1]


def test_what_is_dropped_is_asked_for_and_not_done(qtbot: QtBot) -> None:
    rows = Listed("abcd")
    model = RowModel(rows, movable=True)
    asked: list[tuple[list[str], object]] = []
    model.dropped.connect(lambda keys, before: asked.append((keys, before)))
    data = model.mimeData([model.index(2), model.index(0)])
    move, parent = Qt.DropAction.MoveAction, QModelIndex()
    assert not model.dropMimeData(data, move, 3, 0, parent)
    assert not model.dropMimeData(data, move, -1, 0, parent)
    assert asked == [(["a", "c"], "d"), (["a", "c"], None)]
    assert keys_of(model) == list("abcd")
