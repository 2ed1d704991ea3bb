"""The inspector's page of the document on the screen: problems, exposed controls, subgraphs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from engine.graph.document import Exposed
from engine.graph.edits import Expose
from studio.background import Background
from studio.document import OpenDocument, Selection
from studio.inspector.panel import InspectorPanel
from studio.inspector.param_row import ParamRow
from studio.runs import RunBook
from studio.theme import DARK

Select = Callable[..., None]
LEFT = Qt.MouseButton.LeftButton


def steps_of(panel: InspectorPanel) -> ParamRow:
    """The row of the steps of what is shown."""
    panel.refresh()
    assert panel.node.params.rows is not None
    return panel.node.params.rows.row("steps")


def test_problems_of_the_document_lead_to_their_node(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument
) -> None:
    assert opened.problems
    panel.refresh()
    line = next(line for line in panel.document.problems.lines if "ghost" in line.accessibleName())
    qtbot.mouseClick(line, LEFT)
    assert opened.selection == Selection.of_nodes(["ghost"])


def test_a_parameter_is_exposed_with_a_label(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument, select: Select
) -> None:
    select("sample")
    dialog = panel.expose(steps_of(panel).line)
    dialog.label.selectAll()
    qtbot.keyClicks(dialog.label, "How fine")
    qtbot.mouseClick(dialog.accept_button, LEFT)
    it = opened.document.exposed["how_fine"]
    assert (it.node, it.param, it.label) == ("sample", "steps", "How fine")
    assert "How fine" not in steps_of(panel).label.toolTip()
    assert "how_fine" in steps_of(panel).label.toolTip()


def test_controls_are_reordered_by_keys_changed_and_hidden(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument
) -> None:
    for name in ("a", "b"):
        opened.do(Expose(name, Exposed(node="sample", param="steps", label=name.upper())))
    panel.refresh()
    lines = panel.document.controls.lines
    qtbot.keyClick(lines[1], Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert list(opened.document.exposed) == ["b", "a"]
    lines = panel.document.controls.lines
    dialog = panel.change_control(lines[0].control)
    dialog.name.selectAll()
    qtbot.keyClicks(dialog.name, "bee")
    qtbot.mouseClick(dialog.accept_button, LEFT)
    assert list(opened.document.exposed) == ["bee", "a"]
    qtbot.mouseClick(panel.document.controls.lines[0].remove, LEFT)
    assert list(opened.document.exposed) == ["a"]


def test_a_control_is_dragged_to_its_place(
    qtbot: QtBot, panel: InspectorPanel, opened: OpenDocument
) -> None:
    for name in ("a", "b", "c"):
        opened.do(Expose(name, Exposed(node="sample", param="steps")))
    panel.refresh()
    qtbot.waitUntil(lambda: panel.document.controls.lines[2].y() > 0)
    first = panel.document.controls.lines[0]
    qtbot.mousePress(first, LEFT, pos=QPoint(10, 10))
    qtbot.mouseMove(first, QPoint(10, 10 + 3 * first.height()))
    qtbot.mouseRelease(first, LEFT, pos=QPoint(10, 10))
    assert list(opened.document.exposed) == ["b", "c", "a"]


def test_a_subgraph_is_entered(
    qtbot: QtBot, background: Background, nested: OpenDocument, book: RunBook
) -> None:
    panel = InspectorPanel(DARK, background)
    qtbot.addWidget(panel)
    panel.show()
    panel.show_document(nested, book)
    nested.select(Selection.of_nodes(["up"]))
    panel.refresh()
    qtbot.mouseClick(panel.node.header.enter, LEFT)
    assert nested.trail == ("up",)
    panel.refresh()
    assert panel.document.counts.text() == "Inside 'upscale': 2 nodes, 0 links"
