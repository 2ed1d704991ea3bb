"""The field of a short text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

Shown = Callable[..., tuple[Any, Any]]


def test_every_letter_counts_and_enter_ends_the_change(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "")
    qtbot.keyClicks(field.line, "cat")
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert said.values == ["c", "ca", "cat"]
    assert said.finished == 1


def test_what_is_too_long_stays_visible_and_out_of_the_document(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "", max_length=3)
    qtbot.keyClicks(field.line, "cats")
    assert said.values[-1] == "cat"
    assert field.line.text() == "cats"
    assert field.complaint == "Has 4 characters; at most 3 are allowed."
    field.set_value("cat")
    assert field.line.text() == "cats"
    qtbot.keyClick(field.line, Qt.Key.Key_Backspace)
    assert field.complaint == ""


def test_escape_brings_the_old_text_back(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "dog")
    field.setFocus()
    field.line.selectAll()
    qtbot.keyClicks(field.line, "ox")
    qtbot.keyClick(field.line, Qt.Key.Key_Escape)
    assert field.line.text() == "dog"
    assert said.values[-1] == "dog"


def test_leaving_the_field_ends_the_change(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "")
    field.setFocus()
    qtbot.waitUntil(field.line.hasFocus)
    qtbot.keyClicks(field.line, "x")
    field.line.clearFocus()
    assert said.finished == 1
