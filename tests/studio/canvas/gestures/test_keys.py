"""The application's keys reach the canvas, and write text while text is edited on it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from studio.app.actions import Actions
from studio.app.typing_guard import TypingGuard
from studio.document import Selection
from studio.theme import DARK
from tests.studio.canvas.gestures.conftest import Hands


@pytest.fixture
def keyed(hands: Hands, qtbot: QtBot) -> Iterator[Hands]:
    """Hands whose commands have the application's keys."""
    actions = Actions(DARK, hands.view)
    for key, handler in hands.on.commands.handlers().items():
        actions.bind(key, handler, partial(hands.on.commands.can, key))
    actions.place("canvas", hands.view)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    guard = TypingGuard(app, actions, hands.view)
    hands.view.activateWindow()
    hands.view.setFocus()
    qtbot.waitUntil(hands.view.hasFocus)
    hands.view.open_document.select(Selection.of_nodes(["check"]))
    actions.refresh_now()
    yield hands
    guard._watch(None, None)


def press(hands: Hands, key: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
    window = hands.view.window().windowHandle()
    hands.qtbot.keyClick(window, key, held or Qt.KeyboardModifier.NoModifier)


def test_d_bypasses_and_tab_searches(keyed: Hands) -> None:
    press(keyed, Qt.Key.Key_D)
    assert keyed.document.nodes["check"].mode == "bypass"
    press(keyed, Qt.Key.Key_Tab)
    assert keyed.on.adding.popup is not None
    assert keyed.on.adding.popup.isVisible()


def test_while_a_text_is_edited_keys_write(keyed: Hands) -> None:
    keyed.click(keyed.row("prompt", "text"))
    (editor,) = keyed.view.viewport().findChildren(QPlainTextEdit)
    keyed.qtbot.waitUntil(editor.hasFocus)
    for key in (Qt.Key.Key_D, Qt.Key.Key_L, Qt.Key.Key_Delete, Qt.Key.Key_Y):
        press(keyed, key)
    assert editor.toPlainText() == "dly"
    assert keyed.document.nodes["prompt"].mode == "on"
    assert "prompt" in keyed.document.nodes


def test_y_cuts_only_while_it_is_held(keyed: Hands) -> None:
    points = keyed.view.canvas.links["check", "text"].points
    x, y = points[len(points) // 2]
    window = keyed.view.window().windowHandle()
    keyed.qtbot.keyPress(window, Qt.Key.Key_Y)
    keyed.qtbot.keyRelease(window, Qt.Key.Key_Y)
    keyed.drag((x, y - 60), (x, y), (x, y + 60))
    assert keyed.document.links
    keyed.qtbot.keyPress(window, Qt.Key.Key_Y)
    keyed.drag((x, y - 60), (x, y), (x, y + 60))
    keyed.qtbot.keyRelease(window, Qt.Key.Key_Y)
    assert not keyed.document.links
