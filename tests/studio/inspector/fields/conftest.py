"""Fields on the screen, and what they said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.graph.params import ParamSpec, ParamValue
from studio.background import Background
from studio.inspector.fields.base import Field
from studio.inspector.fields.make import Fields
from studio.theme import DARK


class Said:
    """What a field said: values in order, and how often it was done."""

    def __init__(self, field: Field) -> None:
        self.values: list[ParamValue] = []
        self.finished = 0
        field.value_changed.connect(self.values.append)
        field.editing_finished.connect(self._count)

    def _count(self) -> None:
        self.finished += 1


@pytest.fixture
def fields(background: Background) -> Fields:
    """Makes fields."""
    return Fields(DARK, background)


@pytest.fixture
def shown(qtbot: QtBot, fields: Fields) -> Iterator[Callable[..., tuple[Field, Said]]]:
    """Show the field of a declaration, 240 pixels wide, and listen to it."""
    windows: list[QWidget] = []

    def show(kind: type, default: ParamValue, **options: object) -> tuple[Field, Said]:
        window = QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        spec = ParamSpec("value", kind, default, **options)  # type: ignore[arg-type]
        field = fields.make(spec, window)
        column = QVBoxLayout(window)
        column.addWidget(field)
        column.addStretch()
        window.resize(264, 300)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        return field, Said(field)

    yield show
    windows.clear()


@pytest.fixture
def write(qtbot: QtBot) -> Callable[[Any, str], None]:
    """Type into a number's box, beginning with its focus, and press Enter."""

    def written(field: Any, text: str) -> None:
        field.setFocus()
        qtbot.keyClicks(field.box, text[0])
        line = field.box.findChild(QLineEdit)
        qtbot.keyClicks(line, text[1:])
        qtbot.keyClick(line, Qt.Key.Key_Return)

    return written
