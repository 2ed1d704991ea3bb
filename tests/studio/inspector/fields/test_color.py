"""The field of a colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog
from pytestqt.qtbot import QtBot

Shown = Callable[..., tuple[Any, Any]]


def test_a_code_is_taken_with_or_without_its_mark(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "#000000", widget="color")
    field.line.selectAll()
    qtbot.keyClicks(field.line, "f0883e")
    assert said.values[-1] == "#f0883e"


def test_what_is_no_colour_is_told(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "#000000", widget="color")
    field.line.selectAll()
    qtbot.keyClicks(field.line, "zz")
    assert said.values == []
    assert field.complaint == "Must be a colour such as '#f0883e' or 'teal'."
    qtbot.keyClick(field.line, Qt.Key.Key_Escape)
    assert field.line.text() == "#000000"


def test_the_swatch_opens_a_chooser(
    qtbot: QtBot, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    field, said = shown(str, "#000000", widget="color")
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor("teal"))
    qtbot.mouseClick(field.swatch, Qt.MouseButton.LeftButton)
    assert said.values == ["#008080"]
    assert field.line.text() == "#008080"
