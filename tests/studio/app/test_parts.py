"""Messages, palette, changes and the status bar, each by itself."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.errors import InvalidInput
from engine.graph.document import Document, NodeSpec
from engine.graph.edits import AddNode
from engine.graph.problems import Problem
from engine.graph.registry import Registry
from studio.app.actions import Actions
from studio.app.changes_panel import ChangesPanel
from studio.app.messages import MOST, Messages
from studio.app.palette import Palette
from studio.app.status_bar import StatusBar, described
from studio.document import OpenDocument
from studio.machines.places import ChildState
from studio.runs import Run
from studio.theme import DARK, LIGHT


@pytest.fixture
def messages(qtbot: QtBot) -> Messages:
    made = Messages(DARK)
    qtbot.addWidget(made)
    return made


def test_an_error_is_shown_with_its_way_out(messages: Messages) -> None:
    done: list[str] = []
    error = InvalidInput("There is no file 'x'.", remedy="Choose another.")
    messages.fail(error, "Open another…", lambda: done.append("open"))
    assert messages.texts == ("There is no file 'x'. Choose another.",)
    button = messages.findChild(QPushButton)
    assert button is not None
    button.click()
    assert (done, messages.texts) == (["open"], ())


def test_the_same_sentence_is_shown_once(messages: Messages) -> None:
    messages.say("A")
    messages.say("B")
    messages.say("A")
    assert messages.texts == ("A", "B")


def test_old_messages_give_way(messages: Messages) -> None:
    for number in range(MOST + 2):
        messages.say(str(number))
    assert messages.texts == ("4", "3", "2")


def test_without_messages_no_room_is_taken(messages: Messages) -> None:
    messages.say("A")
    messages.clear()
    assert messages.isHidden()


@pytest.fixture
def actions(qapp: object) -> Actions:
    made = Actions(DARK)
    for key in ("edit.undo", "run.run", "view.frame_all", "view.palette"):
        made.bind(key, lambda: None)
    return made


@pytest.fixture
def palette(actions: Actions, qtbot: QtBot) -> Palette:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    window.show()
    made = Palette(actions, DARK, window)
    made.open()
    return made


def keys(palette: Palette) -> list[str]:
    return [found.command.key for found in palette.found]


def test_the_palette_lists_what_can_be_done_but_not_itself(palette: Palette) -> None:
    assert set(keys(palette)) == {"edit.undo", "run.run", "view.frame_all"}


def test_the_palette_says_why_nothing_is_found(palette: Palette) -> None:
    palette._field.setText("make unique")
    assert palette.nothing.text() == "'Make unique' cannot be used just now."
    palette._field.setText("xqzy")
    assert palette.nothing.text() == "No command is called so."
    palette._field.setText("undo")
    assert palette.nothing.isHidden()


def test_a_few_letters_and_enter_choose_a_command(palette: Palette, qtbot: QtBot) -> None:
    field = palette._field
    qtbot.keyClicks(field, "frame")
    assert keys(palette) == ["view.frame_all"]
    with qtbot.waitSignal(palette.chosen) as chosen:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert chosen.args == ["view.frame_all"]
    assert palette.isHidden()


def test_what_was_used_last_is_on_top(palette: Palette, actions: Actions) -> None:
    actions.run("view.frame_all")
    palette.open()
    assert keys(palette)[0] == "view.frame_all"


def test_escape_closes_the_palette(palette: Palette, qtbot: QtBot) -> None:
    qtbot.keyClick(palette._field, Qt.Key.Key_Escape)
    assert palette.isHidden()


def test_the_palette_is_drawn_in_both_themes(palette: Palette) -> None:
    dark = palette.grab().toImage()
    palette.set_theme(LIGHT)
    assert palette.grab().toImage() != dark


def test_changes_are_listed_and_the_present_one_is_marked(qtbot: QtBot) -> None:
    document = OpenDocument(Document(), Registry.of())
    panel = ChangesPanel(DARK)
    qtbot.addWidget(panel)
    panel.show_document(document)
    for id in ("a", "b"):
        document.do(AddNode(id, NodeSpec(type="toy.node", version=1)))
    qtbot.waitUntil(lambda: panel.list.count() == 3)
    assert panel.list.currentRow() == 2
    document.undo()
    qtbot.waitUntil(lambda: panel.list.currentRow() == 1)
    panel.show_document(None)
    assert panel.list.count() == 0


@pytest.fixture
def status(qtbot: QtBot) -> StatusBar:
    made = StatusBar(DARK)
    qtbot.addWidget(made)
    return made


def test_problems_are_counted_listed_and_chosen(status: StatusBar, qtbot: QtBot) -> None:
    problems = [Problem("Link 'a'.", node="a"), Problem("Link 'b'.", node="b")]
    status.show_problems(problems)
    assert status.problems.text() == "2 problems"
    menu = status.problems.menu()
    menu.aboutToShow.emit()
    with qtbot.waitSignal(status.problem_chosen) as chosen:
        menu.actions()[1].trigger()
    assert chosen.args == [problems[1]]


def test_no_problem_can_be_clicked_where_there_is_none(status: StatusBar) -> None:
    status.show_problems(())
    assert not status.problems.isEnabled()


def test_a_dead_child_is_told_with_its_reason(status: StatusBar) -> None:
    status.show_child(ChildState("dead", sentence="It ran out of memory."))
    assert status.child.text() == "It died"
    assert status.child.toolTip() == "It ran out of memory."


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (Run("a", state="running", done=3, total=9, eta=75), "3 of 9, 1:15 left"),
        (Run("a", state="running"), "Running"),
        (Run("a", state="queued", line=0), "Next in line"),
        (Run("a", state="queued", line=4), "4 before it"),
        (Run("a", state="lost"), "Interrupted"),
        (Run("a", state="done"), ""),
    ],
)
def test_a_run_in_a_few_words(run: Run, words: str) -> None:
    assert described(run) == words
