"""The App view on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.graph.document import Exposed
from engine.graph.edits import Disconnect, Expose
from studio.background import Background
from studio.document import OpenDocument
from studio.inspector.app_view import AppView
from studio.runs import Run, RunBook
from studio.theme import DARK, LIGHT

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(
    qtbot: QtBot, background: Background, opened: OpenDocument, book: RunBook
) -> Iterator[AppView]:
    """The App view of a document that exposes its prompt and a seed."""
    text = Exposed(node="prompt", param="text", label="Prompt", help="What it shows.")
    opened.do(Expose("prompt", text))
    opened.do(Expose("seed", Exposed(node="roll", param="seed", label="Seed")))
    opened.problems
    made = AppView(DARK, background)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    qtbot.waitExposed(made)
    made.show_document(opened, book)
    yield made
    made.show_document(None, book)


def field(view: AppView, name: str) -> Any:
    """The field of a control."""
    return next(row.field for row in view.rows if row.control.name == name)


def test_only_what_is_exposed_is_shown(view: AppView) -> None:
    assert [row.label.text() for row in view.rows] == ["Prompt", "Seed"]
    assert view.title.text() == "A test"


def test_a_prompt_is_written_and_run(qtbot: QtBot, view: AppView, opened: OpenDocument) -> None:
    sheet = field(view, "prompt").sheet
    sheet.selectAll()
    qtbot.keyClicks(sheet, "a cat")
    assert opened.document.nodes["prompt"].params["text"] == "a cat"
    with qtbot.waitSignal(view.run_requested):
        qtbot.mouseClick(view.run, LEFT)


def test_the_level_that_is_shown_does_not_matter(
    qtbot: QtBot, view: AppView, opened: OpenDocument
) -> None:
    seed = field(view, "seed")
    qtbot.keyClick(seed.box, Qt.Key.Key_Up)
    assert opened.document.nodes["roll"].params["seed"] == 6
    opened.undo()
    qtbot.waitUntil(lambda: seed.value == 5)


def test_a_run_shows_progress_and_can_be_stopped(
    qtbot: QtBot, view: AppView, ran: Callable[..., Run]
) -> None:
    assert view.stop.isHidden()
    ran(state="running", done=5, total=20, eta=61.0)
    qtbot.waitUntil(view.stop.isVisible)
    assert view.headline.text() == "Step 5 of 20, 1:01 left"
    assert view.bar.fraction == 0.25
    with qtbot.waitSignal(view.stop_requested) as told:
        qtbot.mouseClick(view.stop, LEFT)
    assert told.args == ["k"]


def test_an_error_is_told_above_the_button(
    qtbot: QtBot, view: AppView, ran: Callable[..., Run]
) -> None:
    ran(state="failed", error="The disk is full. Free some space.")
    qtbot.waitUntil(view.headline.isVisible)
    assert view.headline.text() == "The disk is full. Free some space."
    assert view.headline.property("role") == "danger"


def test_a_document_that_cannot_run_says_why(
    qtbot: QtBot, view: AppView, opened: OpenDocument
) -> None:
    opened.do(Disconnect(("decode", "latent")))
    assert opened.problems
    qtbot.waitUntil(lambda: not view.run.isEnabled())
    line = view.problems.lines[0]
    with qtbot.waitSignal(view.graph_wanted) as told:
        qtbot.mouseClick(line, LEFT)
    assert told.args == ["decode"]
    opened.undo()
    assert not [it for it in opened.problems if it.severity == "error"]
    qtbot.waitUntil(view.run.isEnabled)


def test_a_document_without_controls_says_how_to_get_some(
    qtbot: QtBot, background: Background, opened: OpenDocument, book: RunBook
) -> None:
    view = AppView(DARK, background)
    qtbot.addWidget(view)
    view.show()
    view.show_document(opened, book)
    assert view.empty.isVisible()
    with qtbot.waitSignal(view.graph_wanted):
        qtbot.mouseClick(view.empty.graph, LEFT)
    qtbot.mouseClick(view.empty.usual, LEFT)
    assert view.empty.isHidden()
    assert "prompt" in opened.document.exposed
    view.show_document(None, book)


def test_the_result_is_shown_beside_and_survives_a_theme(qtbot: QtBot, view: AppView) -> None:
    result = QLabel("a viewer")
    view.set_result_widget(result)
    assert result.isVisible()
    view.set_theme(LIGHT)
    qtbot.waitUntil(result.isVisible)
    assert field(view, "seed").theme is LIGHT


def test_what_a_link_feeds_cannot_be_changed_here(
    qtbot: QtBot, view: AppView, opened: OpenDocument
) -> None:
    opened.do(Expose("other", Exposed(node="sample", param="seed")))
    view.refresh()
    seed = field(view, "other")
    assert not seed.isEnabled()
    assert seed.toolTip() == "A link feeds this: Choose seed."


def test_a_seed_that_changes_by_itself_is_set_here_too(
    qtbot: QtBot, view: AppView, opened: OpenDocument
) -> None:
    seed = field(view, "seed")
    qtbot.mouseClick(seed.lock, LEFT)
    assert opened.document.view["nodes"] == {"roll": {"fresh": ["seed"]}}
    assert seed.fresh


def test_values_change_without_new_fields(view: AppView, opened: OpenDocument) -> None:
    before = list(view.rows)
    field(view, "seed").offer(77)
    view.refresh()
    assert view.rows == before
