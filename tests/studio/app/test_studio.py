"""The window as a whole: files in and out, tabs, panels, keys, themes, and its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.graph.document import NodeSpec, load_document
from engine.graph.edits import AddNode, Disconnect, SetParam
from engine.graph.registry import NodePack, Registry
from studio.app import pages
from studio.app.bindings import fill_recent
from studio.app.studio import Studio
from studio.commands import COMMANDS
from studio.document import OpenDocument, Selection
from studio.project.sessions import load_session
from studio.runs import Run
from studio.viewer.panel import ViewerPanel

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "assets" / "graphs" / "demo.reel"


@pytest.fixture
def demo(studio: Studio, qtbot: QtBot) -> OpenDocument:
    """The demo's graph in the first tab."""
    studio.opening.open([DEMO])
    qtbot.waitUntil(lambda: studio.documents.current is not None)
    assert studio.documents.current is not None
    return studio.documents.current


def change(document: OpenDocument) -> None:
    node = next(id for id, spec in document.document.nodes.items() if "prompt" in spec.type)
    document.do(SetParam(node, "text", "a blue star at night"))


def test_it_begins_with_the_start_page_and_nothing_around_it(studio: Studio) -> None:
    assert studio.window.pages.currentWidget() is studio.welcome
    assert not [dock for dock in studio.window.docks.docks.values() if dock.isVisible()]


def test_every_command_does_something(studio: Studio) -> None:
    assert [key for key in COMMANDS if not studio.actions.is_bound(key)] == []


def test_a_file_opens_in_a_tab_with_panels_around_it(studio: Studio, demo: OpenDocument) -> None:
    assert studio.window.editor_is_shown
    assert studio.window.tabs.bar.tabText(0) == "demo"
    assert studio.window.docks.is_shown("view.viewer")
    assert "demo" in studio.window.windowTitle()


def test_a_change_marks_the_tab_and_undo_takes_the_mark_away(
    studio: Studio, demo: OpenDocument
) -> None:
    change(demo)
    assert studio.window.isWindowModified()
    assert studio.window.tabs.bar.tabText(0) == "demo •"
    studio.actions.run("edit.undo")
    assert not studio.window.isWindowModified()


def test_saving_writes_what_the_command_line_reads(
    studio: Studio, demo: OpenDocument, person: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    change(demo)
    person.save_to = tmp_path / "mine.reel"
    studio.actions.run("file.save_as")
    qtbot.waitUntil(lambda: not demo.dirty)
    assert load_document(tmp_path / "mine.reel") == demo.document
    assert studio.services.recent.files[0].name == "mine"


def test_a_full_disk_is_a_sentence_and_nothing_is_lost(
    studio: Studio, demo: OpenDocument, person: Any, qtbot: QtBot
) -> None:
    change(demo)
    person.save_to = DEMO / "not a folder" / "x.reel"
    studio.actions.run("file.save_as")
    qtbot.waitUntil(lambda: bool(studio.window.messages.texts))
    assert "cannot be written" in studio.window.messages.texts[0]
    assert demo.dirty


def test_a_file_that_is_not_there_is_a_sentence(
    studio: Studio, qtbot: QtBot, tmp_path: Path
) -> None:
    studio.opening.open([tmp_path / "gone.reel"])
    qtbot.waitUntil(lambda: bool(studio.window.messages.texts))
    assert "no file" in studio.window.messages.texts[0]


def test_closing_the_last_tab_shows_the_start_page(studio: Studio, demo: OpenDocument) -> None:
    studio.actions.run("file.close")
    assert studio.window.pages.currentWidget() is studio.welcome
    studio.actions.run("file.reopen")
    assert studio.window.editor_is_shown


def test_a_file_finds_its_earlier_runs_when_it_is_opened_again(
    studio: Studio, demo: OpenDocument, person: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    person.save_to = path = tmp_path / "mine.reel"
    studio.actions.run("file.save_as")
    qtbot.waitUntil(lambda: demo.path == path)
    studio.actions.run("file.close")
    studio.opening.open([path])
    qtbot.waitUntil(lambda: studio.documents.current is not None)
    assert studio.documents.current.id == demo.id


def test_a_node_pack_that_raises_on_import_is_one_sentence(
    studio: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom() -> Any:
        raise RuntimeError("no such driver")

    monkeypatch.setattr(studio.services, "registry", Registry([NodePack("rays", "1", boom)]))
    studio.keeping.begin(())
    (said,) = studio.window.messages.texts
    assert said.startswith("The node pack 'rays' could not be loaded: RuntimeError: no such driver")


def test_closing_asks_and_cancel_keeps_the_window(
    studio: Studio, demo: OpenDocument, person: Any
) -> None:
    change(demo)
    person.unsaved = "cancel"
    assert not studio.window.close()
    assert studio.window.isVisible()


def test_how_it_stood_is_kept(studio: Studio, demo: OpenDocument) -> None:
    studio.keeping.end()
    session = load_session().value
    assert [tab.path for tab in session.tabs] == [str(DEMO)]
    assert session.geometry


def test_the_tabs_are_kept_while_it_runs(studio: Studio, demo: OpenDocument, qtbot: QtBot) -> None:
    studio.keeping._tick()
    qtbot.waitUntil(lambda: [tab.path for tab in load_session().value.tabs] == [str(DEMO)])


def test_a_panel_is_made_when_it_is_seen_first(studio: Studio, demo: OpenDocument) -> None:
    assert "view.log" not in studio.window.docks.contents
    studio.window.docks.reveal("view.log")
    assert "view.log" in studio.window.docks.contents


def test_the_app_view_does_not_widen_the_panels(
    studio: Studio, demo: OpenDocument, qtbot: QtBot
) -> None:
    dock = studio.window.docks.docks["view.viewer"]
    viewer: Any = studio.window.docks.content("view.viewer")
    qtbot.waitUntil(lambda: viewer.width() == dock.width() > 0)
    before = dock.width()
    studio.actions.run("view.app")
    wide = QWidget(viewer)
    wide.setMinimumWidth(before + 200)
    viewer.layout().addWidget(wide)
    studio.actions.run("view.app")
    qtbot.waitUntil(dock.isVisible)
    assert dock.width() <= before


def test_the_start_page_over_open_tabs_is_left_by_closing_it(
    studio: Studio, demo: OpenDocument
) -> None:
    for leave in (lambda: studio.actions.run("file.close"), lambda: pages.leave_welcome(studio)):
        studio.actions.run("help.welcome")
        leave()
        assert studio.window.editor_is_shown
        assert studio.documents.items == [demo]


def test_every_panel_can_be_shown(studio: Studio, demo: OpenDocument) -> None:
    for command in studio.window.docks.docks:
        studio.window.docks.reveal(command)
    assert set(studio.window.docks.contents) == set(studio.window.docks.docks)


def test_the_list_of_changes_goes_anywhere(studio: Studio, demo: OpenDocument) -> None:
    change(demo)
    studio.window.docks.reveal("view.changes")
    panel: Any = studio.window.docks.contents["view.changes"]
    panel.list.itemClicked.emit(panel.list.item(0))
    assert demo.position == 0
    assert not demo.dirty


def test_both_themes_can_be_put_on_while_it_runs(studio: Studio, demo: OpenDocument) -> None:
    for command in studio.window.docks.docks:
        studio.window.docks.reveal(command)
    before = studio.look.theme
    studio.actions.run("view.theme")
    assert studio.look.theme is not before
    studio.actions.run("view.theme")
    assert studio.look.theme is before


def test_run_can_be_pressed_as_soon_as_there_is_a_node(studio: Studio) -> None:
    document = studio.documents.new()
    assert not studio.window.tools.run_button.isEnabled()
    document.do(AddNode("prompt", NodeSpec(type="text.prompt", version=1)))
    assert studio.window.tools.run_button.isEnabled()


def test_run_sends_the_document(
    studio: Studio, demo: OpenDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[OpenDocument] = []

    def submit(document: OpenDocument, **_: object) -> tuple[str, ...]:
        sent.append(document)
        return ("key",)

    monkeypatch.setattr(studio.services.desk, "submit", submit)
    studio.actions.run("run.run")
    assert sent == [demo]


def test_a_graph_with_a_problem_shows_it_instead_of_running(
    studio: Studio, demo: OpenDocument, qtbot: QtBot
) -> None:
    link = demo.document.links[0]
    demo.do(Disconnect(link.target))
    qtbot.waitUntil(lambda: bool(demo.known_problems))
    studio.actions.run("run.run")
    assert link.target[0] in demo.selection.nodes
    assert studio.window.messages.texts
    assert "1 problem" in studio.window.status.problems.text()
    demo.undo()
    qtbot.waitUntil(lambda: not studio.window.messages.texts)


def test_problems_are_walked_by_key(studio: Studio, demo: OpenDocument, qtbot: QtBot) -> None:
    demo.do(Disconnect(demo.document.links[0].target))
    qtbot.waitUntil(lambda: bool(demo.known_problems))
    studio.actions.run("run.next_problem")
    assert demo.selection.nodes


def test_a_letter_on_the_canvas_is_a_command(
    studio: Studio, demo: OpenDocument, qtbot: QtBot
) -> None:
    page = studio.page
    assert page is not None
    studio.window.activateWindow()
    page.canvas.setFocus()
    qtbot.waitUntil(page.canvas.hasFocus)
    demo.select(Selection.of_nodes(list(demo.document.nodes)[:1]))
    studio.actions.refresh_now()
    qtbot.keyClick(page.canvas, Qt.Key.Key_D)
    assert demo.history[-1].startswith("Bypass")


def test_the_run_of_the_document_in_front_is_in_the_status_bar(
    studio: Studio, demo: OpenDocument
) -> None:
    run = Run("a", document=demo.id, state="running", done=12, total=30, eta=41.0)
    studio.services.book.put(run)
    assert studio.window.status.run.text() == "12 of 30, 41 s left"


def test_app_view_and_graph_change_places(studio: Studio, demo: OpenDocument) -> None:
    studio.actions.run("view.app")
    assert studio.window.pages.currentWidget() is studio.app_view
    assert studio.window.tools.app_button.isChecked()
    studio.actions.run("view.app")
    assert studio.window.editor_is_shown


def test_the_one_viewer_goes_to_the_app_view_and_back(studio: Studio, demo: OpenDocument) -> None:
    studio.actions.run("view.app")
    viewer, dock = studio.showing.viewer, studio.window.docks.docks["view.viewer"]
    assert viewer is not None
    assert studio.app_view is not None
    assert studio.app_view.isAncestorOf(viewer)
    studio.actions.run("view.app")
    assert dock.widget() is viewer
    studio.actions.run("view.theme")
    assert dock.widget() is viewer


def test_the_keyboard_reaches_every_area(studio: Studio, demo: OpenDocument) -> None:
    studio.window.activateWindow()
    seen = set()
    for _ in range(8):
        studio.actions.run("view.next_area")
        seen.add(id(studio.window.focusWidget()))
    assert len(seen) >= 3


def test_recent_files_are_in_the_menu(studio: Studio, demo: OpenDocument) -> None:
    fill_recent(studio)
    assert studio.window.menus["recent"].actions()[0].text() == "demo"


def test_buttons_have_names_and_tips(studio: Studio, demo: OpenDocument) -> None:
    from PySide6.QtWidgets import QAbstractButton

    bar = studio.window.tools.findChildren(QAbstractButton)
    nameless = [
        button.objectName()
        for button in (*bar, *studio.window.status.findChildren(QAbstractButton))
        if button.isVisible() and not (button.accessibleName() and button.toolTip())
        if button.objectName() != "qt_toolbar_ext_button"
    ]
    assert not nameless


def test_an_empty_graph_says_how_to_begin(studio: Studio) -> None:
    studio.actions.run("file.new")
    page = studio.page
    assert page is not None
    assert page.hint.isVisibleTo(page)
    assert "Tab" in page.hint.text()
    assert not page.minimap.isVisibleTo(page)
    page.document.do(AddNode("a", NodeSpec(type="image.resize", version=1)))
    assert not page.hint.isVisibleTo(page)


def test_preferences_are_followed_by_what_is_open(
    studio: Studio, demo: OpenDocument, qtbot: QtBot
) -> None:
    page, viewer = studio.page, studio.window.docks.content("view.viewer")
    assert page is not None
    assert isinstance(viewer, ViewerPanel)
    studio.services.preferences.set(
        snap=False, thumbnails=False, motion=False, loop=False, volume=20
    )
    assert not page.hands.stage.snaps
    assert not page.canvas.canvas.shows_previews
    assert not page.canvas.camera.animated
    assert viewer.player.clock.loop == "once"
    assert viewer.player.sound.volume == 0.2


CODE = """
import sys
from studio.app.main import run
code = run([], measure=True)
heavy = ("torch", "av", "cv2", "numpy", "diffusers", "transformers")
print(code, *(m for m in heavy if m in sys.modules))
"""


def test_starting_loads_nothing_heavy(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    milliseconds, modules = done.stdout.strip().splitlines()
    assert milliseconds.isdigit()
    assert modules == "0"
