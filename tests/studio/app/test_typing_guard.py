"""Real keys: letters that are shortcuts of the canvas are letters where text is edited."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsView, QLineEdit, QMainWindow
from pytestqt.qtbot import QtBot

from studio.app.actions import Actions
from studio.app.typing_guard import TypingGuard
from studio.theme import DARK


class Canvas(QMainWindow):
    """A view with a note in its scene and a field over it, as the canvas has them."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.view = QGraphicsView(QGraphicsScene(self))
        self.setCentralWidget(self.view)
        self.field = QLineEdit(self.view)
        self.note = self.view.scene().addText("")
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextEditorInteraction)
        actions.place("canvas", self.view)


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def actions() -> Actions:
    return Actions(DARK)


@pytest.fixture
def canvas(qtbot: QtBot, qapp: QApplication, actions: Actions, done: list[str]) -> Iterator[Canvas]:
    guard = TypingGuard(qapp, actions)
    for key in ("canvas.layout", "edit.duplicate", "canvas.add", "view.frame_all", "run.run"):
        actions.bind(key, lambda key=key: done.append(key))  # type: ignore[misc]
    actions.refresh_now()
    canvas = Canvas(actions)
    qtbot.addWidget(canvas)
    canvas.show()
    qtbot.waitExposed(canvas)
    canvas.activateWindow()
    yield canvas
    guard.deleteLater()


def test_on_the_canvas_a_letter_is_a_command(canvas: Canvas, qtbot: QtBot, done: list[str]) -> None:
    canvas.view.setFocus()
    qtbot.keyClick(canvas.view, Qt.Key.Key_L)
    qtbot.keyClick(canvas.view, Qt.Key.Key_Tab)
    assert done == ["canvas.layout", "canvas.add"]


def test_in_a_field_over_the_canvas_it_is_a_letter(
    canvas: Canvas, qtbot: QtBot, done: list[str]
) -> None:
    canvas.field.setFocus()
    qtbot.keyClicks(canvas.field, "lady")
    qtbot.keyClick(canvas.field, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(canvas.field, Qt.Key.Key_Home)
    assert (canvas.field.text(), done) == ("lady", [])


def test_in_a_note_of_the_scene_it_is_a_letter(
    canvas: Canvas, qtbot: QtBot, done: list[str]
) -> None:
    canvas.view.setFocus()
    canvas.note.setFocus()
    qtbot.keyClicks(canvas.view, "lad")
    qtbot.keyClick(canvas.view, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert (canvas.note.toPlainText(), done) == ("lad", [])


def test_after_the_note_it_is_a_command_again(
    canvas: Canvas, qtbot: QtBot, done: list[str]
) -> None:
    canvas.view.setFocus()
    canvas.note.setFocus()
    canvas.note.clearFocus()
    qtbot.keyClick(canvas.view, Qt.Key.Key_L)
    assert done == ["canvas.layout"]


def test_what_is_being_typed_counts_for_a_run(
    canvas: Canvas, actions: Actions, qtbot: QtBot, done: list[str]
) -> None:
    canvas.field.editingFinished.connect(lambda: done.append(canvas.field.text()))
    canvas.field.setFocus()
    qtbot.keyClicks(canvas.field, "12")
    actions.run("run.run")
    assert done == ["12", "run.run"]
    assert canvas.field.hasFocus()
