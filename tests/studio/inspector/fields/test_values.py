"""The field of a list of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

Shown = Callable[..., tuple[Any, Any]]
LEFT = Qt.MouseButton.LeftButton
ALT = Qt.KeyboardModifier.AltModifier


def test_a_value_is_changed_where_it_stands(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(float, [1.0, 2.0], many=True)
    box = field.rows[1].field.box
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert said.values == [[1.0, 2.1]]


def test_values_are_added_and_removed(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, ["a"], many=True)
    qtbot.mouseClick(field.add, LEFT)
    qtbot.keyClicks(field.rows[1].field.line, "b")
    assert said.values[-1] == ["a", "b"]
    qtbot.mouseClick(field.rows[0].remove, LEFT)
    assert said.values[-1] == ["b"]
    qtbot.mouseClick(field.rows[0].remove, LEFT)
    assert said.values[-1] == []
    assert field.rows == []


def test_alt_and_arrows_move_a_value(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, ["a", "b"], many=True)
    qtbot.keyClick(field.rows[1], Qt.Key.Key_Up, ALT)
    assert said.values[-1] == ["b", "a"]
    qtbot.keyClick(field.rows[0], Qt.Key.Key_Up, ALT)
    assert len(said.values) == 1


def test_a_list_of_another_length_is_shown(shown: Shown) -> None:
    field, said = shown(str, ["a", "b"], many=True)
    field.set_value(["x", "y", "z"])
    assert [row.field.value for row in field.rows] == ["x", "y", "z"]
    field.set_value([])
    assert said.values == []


def test_a_bad_value_is_told_at_its_line(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, ["ab"], many=True, max_length=2)
    qtbot.keyClicks(field.rows[0].field.line, "c")
    assert said.values == []
    assert "at most 2" in field.rows[0].field.complaint
