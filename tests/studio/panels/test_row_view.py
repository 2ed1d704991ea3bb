"""A view of rows of one height: where they are, what is selected, and that it looks at few."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from pytestqt.qtbot import QtBot

from studio.panels.parts import RowList
from studio.panels.row_model import RowModel
from studio.panels.row_painter import HEIGHT, RowPainter
from studio.theme import DARK
from tests.studio.panels.test_row_model import Listed

MANY = 10_000


@pytest.fixture
def rows() -> Listed:
    return Listed([f"k{number}" for number in range(MANY)])


@pytest.fixture
def view(qtbot: QtBot, rows: Listed) -> RowList:
    view = RowList(RowModel(rows), RowPainter(DARK), "Rows")
    qtbot.addWidget(view)
    view.resize(300, 10 * HEIGHT)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_only_rows_that_are_seen_are_looked_at(view: RowList, rows: Listed) -> None:
    rows.looked_at.clear()
    view.grab()
    assert 0 < len(set(rows.looked_at)) <= 11
    rows.looked_at.clear()
    rows.show(rows.keys[5000:5001] + rows.keys[:5000] + rows.keys[5001:])
    view.grab()
    assert len(set(rows.looked_at)) <= 11
    assert "k5000" in rows.looked_at


def test_a_row_is_found_where_it_is_drawn(view: RowList) -> None:
    index = view.model().index(7000, 0)
    view.scrollTo(index)
    place = view.visualRect(index)
    assert view.viewport().rect().contains(place)
    assert view.indexAt(place.center()) == index
    view.scrollTo(view.model().index(0, 0))
    assert view.indexAt(QPoint(5, 5)).row() == 0
    assert not view.indexAt(QPoint(5, -5)).isValid()


def test_keys_walk_through_the_rows(qtbot: QtBot, view: RowList) -> None:
    page = view.viewport().height() // HEIGHT
    walk = (
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Down, 1),
        (Qt.Key.Key_PageDown, 1 + page),
        (Qt.Key.Key_End, MANY - 1),
        (Qt.Key.Key_Down, MANY - 1),
        (Qt.Key.Key_PageUp, MANY - 1 - page),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Up, 0),
    )
    for key, row in walk:
        qtbot.keyClick(view, key)
        assert view.currentIndex().row() == row
        assert view.viewport().rect().intersects(view.visualRect(view.currentIndex()))


def test_a_mouse_selects_one_and_shift_all_between(qtbot: QtBot, view: RowList) -> None:
    def click(row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        place = view.visualRect(view.model().index(row, 0)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)

    click(2)
    assert view.selected() == ("k2",)
    click(5, Qt.KeyboardModifier.ShiftModifier)
    assert view.selected() == ("k2", "k3", "k4", "k5")
    click(3, Qt.KeyboardModifier.ControlModifier)
    assert view.selected() == ("k2", "k4", "k5")


def test_rows_that_go_leave_no_room_behind(view: RowList, rows: Listed) -> None:
    before = view.verticalScrollBar().maximum()
    rows.show(rows.keys[:3])
    view.grab()
    assert before > 0
    assert view.verticalScrollBar().maximum() == 0
    assert view.visualRect(view.model().index(2, 0)) == QRect(
        0, 2 * HEIGHT, view.viewport().width(), HEIGHT
    )


def test_keys_of_a_panel_are_told_and_not_taken_for_a_search(qtbot: QtBot, view: RowList) -> None:
    view.hear(frozenset({"P", "Ctrl+Up"}))
    heard: list[str] = []
    view.key_pressed.connect(heard.append)
    qtbot.keyClick(view, Qt.Key.Key_P)
    qtbot.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(view, Qt.Key.Key_X)
    assert heard == ["P", "Ctrl+Up"]


def test_an_empty_view_takes_keys_in_its_stride(qtbot: QtBot, view: RowList, rows: Listed) -> None:
    rows.show([])
    for key in (Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_Return):
        qtbot.keyClick(view, key)
    assert not view.currentIndex().isValid()


def test_where_a_dragged_row_would_be_dropped_is_seen_through_it(view: RowList) -> None:
    picture = view.drag_picture(view.model().index(3, 0))
    assert picture.size() == view.visualRect(view.model().index(3, 0)).size()
    assert 100 < picture.toImage().pixelColor(150, 26).alpha() < 160
