"""The field of a choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

Shown = Callable[..., tuple[Any, Any]]
MANY = ("auto", "h264", "hevc", "av1", "vp9")


def test_few_short_choices_stand_side_by_side(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "euler", choices=("euler", "heun"))
    buttons = field.segments.group.buttons()
    qtbot.mouseClick(buttons[1], Qt.MouseButton.LeftButton)
    assert said.values == ["heun"]
    assert said.finished == 1


def test_the_arrow_keys_move_between_segments(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "euler", choices=("euler", "heun"))
    field.setFocus()
    qtbot.keyClick(field.segments.group.button(0), Qt.Key.Key_Right)
    assert said.values == ["heun"]


def test_many_choices_drop_down(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "h264", choices=MANY)
    assert field.combo is not None
    field.setFocus()
    qtbot.keyClick(field.combo, Qt.Key.Key_Down)
    assert said.values == ["hevc"]


def test_choices_that_do_not_fit_drop_down(qtbot: QtBot, shown: Shown) -> None:
    field, _ = shown(str, "b", choices=("a" * 30, "b", "c"))
    qtbot.waitUntil(lambda: field.combo is not None and field.combo.isVisible())
    field.window().resize(1200, 200)
    qtbot.waitUntil(lambda: field.segments is not None and field.segments.isVisible())
    assert field.segments.group.checkedId() == 1


def test_a_choice_of_another_time_is_shown_as_none(shown: Shown) -> None:
    field, said = shown(str, "h264", choices=MANY)
    field.set_value("xvid")
    assert field.combo.currentIndex() == -1
    assert said.values == []


def test_numbers_can_be_chosen(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(int, 2, choices=(2, 4))
    qtbot.mouseClick(field.segments.group.button(1), Qt.MouseButton.LeftButton)
    assert said.values == [4]
