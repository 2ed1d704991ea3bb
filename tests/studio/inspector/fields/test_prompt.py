"""The field of a prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCharFormat
from pytestqt.qtbot import QtBot

Shown = Callable[..., tuple[Any, Any]]
PROMPT: dict[str, Any] = dict(widget="text", max_length=50)
NOTE = "The starter model does not know the word 'zebra', and leaves it out."


def test_typing_is_told_letter_by_letter_and_counted(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "", **PROMPT)
    qtbot.keyClicks(field.sheet, "a cat")
    assert said.values[-1] == "a cat"
    assert field.count.text() == "5 / 50"


def test_enter_makes_a_line_and_the_editor_grows(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "", **PROMPT)
    before = field.sheet.height()
    for _ in range(5):
        qtbot.keyClick(field.sheet, Qt.Key.Key_Return)
    assert said.values[-1] == "\n" * 5
    assert field.sheet.height() > before


def test_tab_leaves_the_editor_and_ends_the_change(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "", **PROMPT)
    field.setFocus()
    qtbot.waitUntil(field.sheet.hasFocus)
    qtbot.keyClicks(field.sheet, "a")
    field.sheet.clearFocus()
    assert said.values == ["a"]
    assert said.finished == 1


def test_too_long_a_text_is_told_and_not_taken(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "", widget="text", max_length=3)
    qtbot.keyClicks(field.sheet, "cats")
    assert said.values[-1] == "cat"
    assert "at most 3" in field.complaint


def test_words_that_the_model_does_not_know_are_marked(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "a zebra", **PROMPT)
    field.set_notes((NOTE,))
    assert field.unknown.text() == "The model does not know 'zebra'."
    marks = field.sheet.document().firstBlock().layout().formats()
    wave = QTextCharFormat.UnderlineStyle.SpellCheckUnderline
    assert [(it.start, it.length, it.format.underlineStyle()) for it in marks] == [(2, 5, wave)]
    assert said.values == []


def test_a_word_that_is_gone_is_not_named_any_more(qtbot: QtBot, shown: Shown) -> None:
    field, _ = shown(str, "zebra", **PROMPT)
    field.set_notes((NOTE,))
    for _ in range(5):
        qtbot.keyClick(field.sheet, Qt.Key.Key_Backspace)
        qtbot.keyClick(field.sheet, Qt.Key.Key_Delete)
    assert field.sheet.toPlainText() == ""
    assert field.unknown.isHidden()


def test_escape_brings_the_old_text_back_after_a_step_that_undo_knows(
    qtbot: QtBot, shown: Shown
) -> None:
    field, said = shown(str, "dog", **PROMPT)
    qtbot.keyClicks(field.sheet, "x")
    qtbot.keyClick(field.sheet, Qt.Key.Key_Escape)
    assert field.sheet.toPlainText() == "dog"
    assert said.values[-1] == "dog"
    assert said.finished == 2


def test_the_same_value_from_outside_leaves_the_cursor_alone(qtbot: QtBot, shown: Shown) -> None:
    field, _ = shown(str, "", **PROMPT)
    qtbot.keyClicks(field.sheet, "abc")
    qtbot.keyClick(field.sheet, Qt.Key.Key_Left)
    field.set_value("abc")
    assert field.sheet.textCursor().position() == 2
