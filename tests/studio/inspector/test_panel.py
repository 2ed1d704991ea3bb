"""The inspector on the screen, by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from engine.graph.edits import SetParam
from studio.document import OpenDocument, Selection
from studio.inspector.faces import ManyFace, NodeFace
from studio.inspector.panel import InspectorPanel
from studio.inspector.param_row import ParamRow
from studio.runs import NodeRun, Run
from studio.theme import LIGHT

Select = Callable[..., None]
LEFT = Qt.MouseButton.LeftButton


def row(panel: InspectorPanel, name: str) -> ParamRow:
    """The row of a parameter of what is shown."""
    panel.refresh()
    assert panel.node.params.rows is not None
    return panel.node.params.rows.row(name)


def field(panel: InspectorPanel, name: str) -> Any:
    """Its field."""
    return row(panel, name).field


def test_a_node_is_shown_when_it_is_selected(
    qtbot: QtBot, panel: InspectorPanel, select: Select
) -> None:
    assert panel.document.isVisible()
    select("sample")
    qtbot.waitUntil(panel.node.isVisible)
    assert panel.document.isHidden()
    assert panel.node.header.title.text() == "Sample video"
    assert panel.node.header.id.text() == "sample"
    assert field(panel, "steps").value == 20


def test_steps_with_keys_are_one_undo_step(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample")
    steps = field(panel, "steps")
    steps.setFocus()
    qtbot.waitUntil(steps.box.hasFocus)
    for _ in range(3):
        qtbot.keyClick(steps.box, Qt.Key.Key_Up)
    steps.box.clearFocus()
    assert opened.document.nodes["sample"].params["steps"] == 23
    assert opened.history == ("Set 'sample.steps'",)
    opened.undo()
    qtbot.waitUntil(lambda: steps.value == 20)


def test_typing_a_prompt_is_one_undo_step(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("prompt")
    sheet = field(panel, "text").sheet
    sheet.selectAll()
    qtbot.keyClicks(sheet, "a cat")
    assert opened.document.nodes["prompt"].params["text"] == "a cat"
    assert opened.position == 1


def test_bad_values_never_enter_the_document(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample")
    steps = field(panel, "steps")
    before = opened.document
    steps.offer(999)
    assert opened.document is before
    assert steps.complaint == "Must be from 0 to 200 steps, not 999."
    opened.do(SetParam("second", "steps", 20))  # the same value, so that only the node differs
    select("second")
    assert field(panel, "steps").complaint == ""
    assert field(panel, "steps").value == 20


def test_a_bad_value_of_the_document_is_told_at_its_field(
    panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    opened.do(SetParam("sample", "steps", 900))
    select("sample")
    assert field(panel, "steps").complaint == "Must be from 0 to 200 steps, not 900."
    panel.node.params.reset_wanted.emit(row(panel, "steps").line)
    assert field(panel, "steps").complaint == ""


def test_the_arrow_brings_the_default_back_and_goes(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample")
    assert row(panel, "guidance").reset is None
    reset = row(panel, "steps").reset
    assert reset is not None
    assert reset.isVisible()
    qtbot.mouseClick(reset, LEFT)
    assert "steps" not in opened.document.nodes["sample"].params
    assert reset.isHidden()
    assert field(panel, "steps").value == 0


def test_a_linked_parameter_shows_its_source_and_unlinks(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample")
    seed = row(panel, "seed")
    assert seed.strip is not None
    assert seed.field.isHidden()
    qtbot.mouseClick(seed.strip.unlink, LEFT)
    assert seed.field.isVisible()
    assert seed.strip.isHidden()
    opened.undo()
    panel.refresh()
    qtbot.mouseClick(seed.strip, LEFT, pos=QPoint(60, 10))
    assert opened.selection == Selection.of_nodes(["roll"])


def test_title_and_id_are_edited_in_place(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample")
    panel.refresh()
    header = panel.node.header
    header.title.selectAll()
    qtbot.keyClicks(header.title, "Mine")
    qtbot.keyClick(header.title, Qt.Key.Key_Return)
    header.id.selectAll()
    qtbot.keyClicks(header.id, "main")
    qtbot.keyClick(header.id, Qt.Key.Key_Return)
    assert opened.selection == Selection.of_nodes(["main"])
    assert header.title.text() == "Mine"
    assert header.kind.text() == "Sample video · Generate"


def test_a_taken_id_is_refused_in_a_sentence(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample")
    panel.refresh()
    line = panel.node.header.id
    line.selectAll()
    qtbot.keyClicks(line, "second")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert panel.refusal.text() == "There is a node 'second' already. Choose another name."
    assert panel.refusal.isVisible()
    assert line.text() == "sample"
    select("second")
    qtbot.waitUntil(panel.refusal.isHidden)


def test_escape_gives_a_title_up(qtbot: QtBot, panel: InspectorPanel, select: Select) -> None:
    select("sample")
    panel.refresh()
    line = panel.node.header.title
    qtbot.keyClicks(line, "xyz")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "Sample video"


def test_modes_are_switched(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample")
    panel.refresh()
    qtbot.mouseClick(panel.node.header.modes.group.button(2), LEFT)
    assert opened.document.nodes["sample"].mode == "mute"


def test_several_nodes_are_edited_as_one(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample", "second")
    steps = field(panel, "steps")
    assert steps.mixed
    assert panel.node.header.title.text() == "2 nodes"
    steps.offer(50)
    nodes = opened.document.nodes
    assert [nodes[id].params["steps"] for id in ("sample", "second")] == [50, 50]
    panel.refresh()
    assert not steps.mixed


def test_rows_are_kept_for_nodes_of_the_same_type(panel: InspectorPanel, select: Select) -> None:
    select("sample")
    first = row(panel, "steps")
    select("second")
    assert row(panel, "steps") is first
    select("prompt")
    panel.refresh()
    select("sample")
    assert row(panel, "steps") is first
    assert first.field.value == 20


def test_the_run_of_a_node_is_told_with_its_error_and_files(
    qtbot: QtBot, panel: InspectorPanel, select: Select, ran: Callable[..., Run], tmp_path: Path
) -> None:
    select("save")
    panel.refresh()
    assert panel.node.run.isHidden()
    file = tmp_path / "video.mp4"
    error = "The disk is full. Free some space."
    ran({"save": NodeRun(state="failed", seconds=2.0, message=error, files=(file,))})
    qtbot.waitUntil(panel.node.run.isVisible)
    card = panel.node.run
    assert (card.state.text(), card.time.text(), card.error.text()) == ("Failed", "2.0 s", error)
    item = card.files.itemAt(0)
    assert item is not None
    with qtbot.waitSignal(panel.file_wanted) as told:
        qtbot.mouseClick(item.widget(), LEFT)
    assert told.args == [file]


def test_progress_moves_with_the_run(
    qtbot: QtBot, panel: InspectorPanel, select: Select, ran: Callable[..., Run]
) -> None:
    select("sample")
    ran({"sample": NodeRun(state="running", done=5, total=20, unit="steps", eta=61.0)})
    panel.refresh()
    assert panel.node.run.time.text() == "5 / 20 steps, 1:01 left"
    assert panel.node.run.bar.fraction == 0.25
    ran({"sample": NodeRun(state="cached")})
    panel.refresh()
    assert panel.node.run.state.text() == "Taken from the cache"
    assert panel.node.run.bar.isHidden()


def test_a_missing_type_is_told_with_what_to_do(panel: InspectorPanel, select: Select) -> None:
    select("ghost")
    panel.refresh()
    assert panel.node.missing.what.text() == "The node type 'puppet.dance' is not installed."
    assert panel.node.params.isHidden()
    select("sample")
    panel.refresh()
    assert panel.node.missing.isHidden()


def test_the_documentation_names_ports_types_and_parameters(
    qtbot: QtBot, panel: InspectorPanel, select: Select
) -> None:
    select("sample")
    panel.refresh()
    qtbot.mouseClick(panel.node.about.heading, LEFT)
    text = panel.node.text.text.text()
    for words in ("Turn noise into a video latent", "VideoModel", "Guidance", "video.sample"):
        assert words in text


def choose(panel: InspectorPanel, name: str, text: str) -> None:
    """Choose an entry of a parameter's menu by its text."""
    line, face = row(panel, name).line, panel.node.face
    assert isinstance(face, NodeFace | ManyFace)
    menu = panel.menu_of(line, face)
    next(action for action in menu.actions() if action.text() == text).trigger()
    menu.deleteLater()


def test_a_value_is_copied(panel: InspectorPanel, select: Select) -> None:
    select("sample")
    choose(panel, "steps", "Copy value")
    assert QGuiApplication.clipboard().text() == "20"


def test_a_menu_resets_for_all_selected(
    panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample", "second")
    choose(panel, "steps", "Reset to the default")
    nodes = opened.document.nodes
    assert not nodes["sample"].params
    assert not nodes["second"].params


def test_the_menu_is_wanted_by_right_click_key_and_button(
    qtbot: QtBot, panel: InspectorPanel, select: Select, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QContextMenuEvent, QEnterEvent
    from PySide6.QtWidgets import QApplication

    asked: list[str] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, corner: asked.append("popup"))
    select("sample")
    steps: Any = row(panel, "steps")
    for reason in (QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard):
        event = QContextMenuEvent(reason, QPoint(5, 5), steps.mapToGlobal(QPoint(5, 5)))
        QApplication.sendEvent(steps.field, event)
    at = QPointF(5, 5)
    QApplication.sendEvent(steps, QEnterEvent(at, at, steps.mapToGlobal(at)))
    assert steps.more is not None
    qtbot.mouseClick(steps.more, LEFT)
    qtbot.keyClick(steps.field.box, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    assert not steps.field.box.writing
    assert asked == ["popup"] * 4
    for menu in panel.findChildren(QMenu):
        menu.deleteLater()


def test_a_fresh_seed_is_remembered(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("roll")
    seed = field(panel, "seed")
    qtbot.mouseClick(seed.lock, LEFT)
    assert opened.document.view["nodes"] == {"roll": {"fresh": ["seed"]}}
    assert seed.fresh


def test_another_theme_shows_the_same(panel: InspectorPanel, select: Select) -> None:
    select("sample")
    panel.refresh()
    panel.set_theme(LIGHT)
    assert field(panel, "steps").value == 20
    assert field(panel, "steps").theme is LIGHT


def tip(widget: Any, panel: InspectorPanel) -> str:
    """The tooltip that is shown over a widget: its own, or that of what it is a part of."""
    while widget is not panel:
        if widget.toolTip():
            return str(widget.toolTip())
        widget = widget.parentWidget()
    return ""


def test_everything_has_a_name_and_a_tooltip(panel: InspectorPanel, select: Select) -> None:
    from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit, QWidget

    kinds: tuple[type[QWidget], ...] = (QAbstractButton, QLineEdit, QPlainTextEdit)
    for id in ("sample", "save", "prompt", "roll", "ghost"):
        select(id)
        panel.refresh()
        rows = panel.node.params.rows
        assert rows is not None
        rows.complete()
        panel.node.about.set_open(True)
        for kind in kinds:
            for widget in panel.findChildren(kind):
                if widget.isVisible():
                    named = widget.accessibleName() or getattr(widget, "text", str)()
                    assert named, widget
                    assert tip(widget, panel), widget


def test_tab_goes_through_the_fields_from_top_to_bottom(
    qtbot: QtBot, panel: InspectorPanel, select: Select
) -> None:
    select("sample")
    row(panel, "steps").field.setFocus()
    order = []
    for _ in range(3):
        order.append(QGuiApplication.focusObject())
        qtbot.keyClick(panel.focusWidget(), Qt.Key.Key_Tab)
    steps, guidance = field(panel, "steps").box, field(panel, "guidance").box
    assert order[:2] == [steps, guidance]


def test_the_title_never_gets_the_focus_by_itself(
    qtbot: QtBot, panel: InspectorPanel, select: Select
) -> None:
    select("sample")
    steps = field(panel, "steps")
    steps.setFocus()
    qtbot.waitUntil(steps.box.hasFocus)
    select("prompt")
    qtbot.waitUntil(panel.hasFocus)
    assert not panel.node.header.title.hasFocus()


def test_what_a_field_says_is_not_said_twice(
    panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    opened.do(SetParam("sample", "steps", 900))
    assert opened.problems
    select("sample")
    assert field(panel, "steps").complaint
    assert not panel.node.problems.isVisible()
