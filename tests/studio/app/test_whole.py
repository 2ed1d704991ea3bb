"""The five minutes of somebody new, with real mouse and keys, and the real process that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from engine.graph.document import load_document
from studio.app.page import DocumentPage
from studio.app.studio import Studio

PROMPT = "two blue stars moving left at night"
PATIENCE_MS = 120_000


def test_open_a_template_change_it_run_see_the_video_save_and_reopen(
    studio: Studio, person: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    studio.services.preferences.set(output=str(tmp_path / "videos"), motion=False)
    studio.window.activateWindow()
    studio.begin([])

    page = _open_template(studio, qtbot)
    _write_prompt(studio, page, qtbot)
    _run(studio, qtbot)
    _save_and_reopen(studio, person, qtbot, tmp_path / "mine.reel")


def _open_template(studio: Studio, qtbot: QtBot) -> DocumentPage:
    assert studio.welcome is not None
    grid = studio.welcome.grid
    qtbot.waitUntil(lambda: bool(grid.cards) and grid.cards[0].isEnabled())
    qtbot.mouseClick(grid.cards[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: studio.page is not None)
    assert studio.page is not None
    return studio.page


def _write_prompt(studio: Studio, page: DocumentPage, qtbot: QtBot) -> None:
    canvas = page.canvas
    title = canvas.canvas.node_rect("prompt").topLeft() + QPointF(20, 10)
    qtbot.waitUntil(lambda: canvas.viewport().rect().contains(canvas.from_scene(title)))
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.from_scene(title))
    assert page.document.selection.nodes == {"prompt"}
    inspector = studio.window.docks.content("view.inspector")
    qtbot.waitUntil(lambda: inspector.findChild(QPlainTextEdit) is not None)
    field = inspector.findChild(QPlainTextEdit)
    assert field is not None
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, PROMPT)
    qtbot.waitUntil(lambda: page.document.document.nodes["prompt"].params["text"] == PROMPT)


def _run(studio: Studio, qtbot: QtBot) -> None:
    page = studio.page
    assert page is not None
    _take_the_keyboard(studio, page, qtbot)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    def video_is_shown() -> bool:
        run, viewer = studio.control.current, studio.showing.viewer
        if run is not None and run.state in ("failed", "blocked"):
            pytest.fail(run.error)
        return viewer is not None and viewer.player.facts is not None

    qtbot.waitUntil(video_is_shown, timeout=PATIENCE_MS)
    run = studio.control.current
    assert run is not None
    assert run.files[0].is_file()


def _take_the_keyboard(studio: Studio, page: DocumentPage, qtbot: QtBot) -> None:
    """There is no window manager here that would keep the window active."""
    studio.window.activateWindow()
    page.canvas.setFocus()
    qtbot.waitUntil(page.canvas.hasFocus)
    studio.actions.refresh_now()


def _save_and_reopen(studio: Studio, person: Any, qtbot: QtBot, path: Path) -> None:
    page = studio.page
    assert page is not None
    person.save_to = path
    _take_the_keyboard(studio, page, qtbot)
    qtbot.keyClick(page.canvas, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page.document.path == path)
    assert load_document(path).nodes["prompt"].params["text"] == PROMPT
    qtbot.keyClick(page.canvas, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert studio.documents.current is None
    studio.actions.run("file.reopen")
    assert studio.documents.current is not None
    assert studio.documents.current.path == path
    assert studio.documents.current.document == load_document(path)
