"""The field of a switch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

Shown = Callable[..., tuple[Any, Any]]


def test_a_click_and_space_turn_it(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(bool, True)
    qtbot.mouseClick(field.toggle, Qt.MouseButton.LeftButton)
    qtbot.keyClick(field.toggle, Qt.Key.Key_Space)
    assert said.values == [False, True]
    assert said.finished == 2


def test_mixed_ones_are_all_switched_on(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(bool, True)
    field.set_value(True, mixed=True)
    assert field.toggle.checkState() is Qt.CheckState.PartiallyChecked
    qtbot.mouseClick(field.toggle, Qt.MouseButton.LeftButton)
    assert said.values == [True]
    assert field.toggle.checkState() is Qt.CheckState.Checked
