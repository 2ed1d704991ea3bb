"""The view joins a document and its runs to the scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.graph.document import Document, Link, NodeSpec, Subgraph
from engine.graph.edits import AddNode, Move, RemoveNode, SetMode
from studio.canvas.pointer import NoGestures
from studio.canvas.view import CanvasView
from studio.document import Selection
from studio.runs import NodeRun, Run
from tests.studio.canvas.samples import document

Views: TypeAlias = Callable[..., CanvasView]


def nested() -> Document:
    """An instance of a subgraph with two nodes inside."""
    inside = Subgraph(
        nodes={
            "first": NodeSpec(type="safety.prompt", version=1),
            "second": NodeSpec(type="safety.prompt", version=1),
        },
        links=(Link(source=("first", "result"), target=("second", "text")),),
        inputs={"text": ("first", "text")},
        outputs={"result": ("second", "result")},
    )
    return Document(
        nodes={
            "n0": NodeSpec(type="text.prompt", version=1),
            "up": NodeSpec(type="subgraph/twice", version=1),
        },
        links=(Link(source=("n0", "result"), target=("up", "text")),),
        subgraphs={"twice": inside},
        view={"nodes": {"n0": {"at": [0, 0]}, "up": {"at": [300, 0]}}},
    )


def run_of(view: CanvasView, **nodes: NodeRun) -> Run:
    return Run("key", document=view.open_document.id, state="running", nodes=nodes)


def at_node(view: CanvasView, id: str) -> QPoint:
    rect = view.canvas.node_rect(id)
    return view.from_scene(QPointF(rect.center().x(), rect.top() + 14))


def test_the_document_is_shown_whole(view_of: Views) -> None:
    view = view_of()
    assert set(view.canvas.nodes) == {"n0", "n1", "n2"}
    assert view.camera.seen().contains(view.canvas.content_rect())


def test_edits_are_shown_and_taken_back(view_of: Views) -> None:
    view = view_of()
    opened = view.open_document
    opened.do(Move({"n1": (300.0, 200.0)}))
    opened.do(SetMode("n2", "mute"))
    opened.do(AddNode("more", NodeSpec(type="text.prompt", version=1)))
    opened.do(RemoveNode("n0"))
    assert set(view.canvas.nodes) == {"n1", "n2", "more"}
    assert view.canvas.node_rect("n1").y() == 200
    assert view.canvas.nodes["n2"].face.mode == "mute"
    for _ in range(4):
        opened.undo()
    assert set(view.canvas.nodes) == {"n0", "n1", "n2"}
    assert view.canvas.node_rect("n1").y() == 0
    assert len(view.canvas.links) == 2


def test_the_selection_is_shown(view_of: Views) -> None:
    view = view_of()
    view.open_document.select(Selection.of_nodes(["n1"]))
    assert view.canvas.selection.nodes == {"n1"}
    assert view.canvas.focus_node == "n1"


def test_a_run_is_shown_when_it_begins(view_of: Views, qtbot: QtBot) -> None:
    view = view_of()
    view.book.put(run_of(view, n1=NodeRun(state="running", done=1, total=4)))
    qtbot.waitUntil(lambda: view.canvas.running == {"n1"})


def test_news_change_only_the_node_that_they_are_about(view_of: Views, qtbot: QtBot) -> None:
    view = view_of()
    view.book.put(run_of(view, n1=NodeRun(state="running", done=1, total=4)))
    qtbot.waitUntil(lambda: view.canvas.running == {"n1"})
    before = {id: visual.face for id, visual in view.canvas.nodes.items()}
    view.book.put(run_of(view, n1=NodeRun(state="running", done=2, total=4)))
    qtbot.waitUntil(lambda: view.canvas.nodes["n1"].face.run.done == 2)
    assert view.canvas.nodes["n0"].face is before["n0"]
    assert view.canvas.nodes["n2"].face is before["n2"]


def test_a_run_that_begins_anew_forgets_what_was(view_of: Views, qtbot: QtBot) -> None:
    view = view_of()
    view.book.put(run_of(view, n1=NodeRun(state="failed"), n2=NodeRun(state="running")))
    qtbot.waitUntil(lambda: view.canvas.running == {"n2"})
    view.book.put(run_of(view, n2=NodeRun(state="running", done=1)))
    qtbot.waitUntil(lambda: view.canvas.nodes["n1"].face.run.state == "idle")


def test_a_run_that_is_struck_out_is_not_shown_any_more(view_of: Views, qtbot: QtBot) -> None:
    view = view_of()
    view.book.put(run_of(view, n1=NodeRun(state="running")))
    qtbot.waitUntil(lambda: view.canvas.running == {"n1"})
    view.book.forget("key")
    qtbot.waitUntil(lambda: not view.canvas.running)


def test_runs_of_other_documents_are_not_shown(view_of: Views, qtbot: QtBot) -> None:
    view = view_of()
    view.book.put(Run("other", document="another", state="running", nodes={"n1": NodeRun("done")}))
    view.book.put(run_of(view, n0=NodeRun(state="running")))
    qtbot.waitUntil(lambda: view.canvas.running == {"n0"})
    assert view.canvas.nodes["n1"].face.run.state == "idle"


def test_a_subgraph_is_entered_and_left_where_one_was(view_of: Views) -> None:
    view = view_of(nested())
    view.camera.go_to(QPointF(250, 50), 0.9, smoothly=False)
    view.open_document.enter("up")
    assert set(view.canvas.nodes) == {"first", "second"}
    assert view.camera.seen().contains(view.canvas.content_rect())
    assert view.canvas.node_rect("first").right() < view.canvas.node_rect("second").left()
    view.open_document.leave()
    assert set(view.canvas.nodes) == {"n0", "up"}
    assert view.camera.zoom == pytest.approx(0.9)
    assert (view.camera.centre - QPointF(250, 50)).manhattanLength() < 3


def test_the_state_of_a_subgraph_is_that_of_what_is_in_it(view_of: Views, qtbot: QtBot) -> None:
    view = view_of(nested())
    running = {"up/first": NodeRun(state="running")}
    view.book.put(Run("key", document=view.open_document.id, state="running", nodes=running))
    qtbot.waitUntil(lambda: view.canvas.running == {"up"})


# -- mouse and keys ----------------------------------------------------------------------------


def test_a_click_selects_and_one_on_nothing_lets_go(view_of: Views, qtbot: QtBot) -> None:
    view = view_of()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at_node(view, "n1"))
    assert view.open_document.selection == Selection.of_nodes(["n1"])
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not view.open_document.selection


def test_a_double_click_opens_subgraphs_and_tells_of_other_nodes(
    view_of: Views, qtbot: QtBot
) -> None:
    view = view_of(nested())
    with qtbot.waitSignal(view.node_activated) as heard:
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at_node(view, "n0"))
    assert heard.args == ["n0"]
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at_node(view, "up"))
    assert view.open_document.trail == ("up",)


def test_gestures_come_first(view_of: Views, qtbot: QtBot) -> None:
    class Greedy(NoGestures):
        def mouse_press(self, event: object, scene_pos: QPointF) -> bool:
            return True

        def key_press(self, event: object, scene_pos: QPointF) -> bool:
            return True

    view = view_of()
    view.gestures = Greedy()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at_node(view, "n1"))
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert not view.open_document.selection


def test_the_wheel_zooms_at_the_pointer(view_of: Views) -> None:
    view = view_of()
    at = QPointF(200, 150)
    before, zoom = view.to_scene(at), view.camera.zoom
    turned = QWheelEvent(
        at,
        view.viewport().mapToGlobal(at),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), turned)
    assert view.camera.zoom == pytest.approx(zoom * 1.2)
    assert (view.to_scene(at) - before).manhattanLength() < 2


@pytest.mark.parametrize("how", ["middle", "alt", "space"])
def test_dragging_pans(view_of: Views, qtbot: QtBot, how: str) -> None:
    view = view_of()
    before = view.to_scene(QPointF(0, 0))
    button = Qt.MouseButton.MiddleButton if how == "middle" else Qt.MouseButton.LeftButton
    held = Qt.KeyboardModifier.AltModifier if how == "alt" else Qt.KeyboardModifier.NoModifier
    if how == "space":
        qtbot.keyPress(view, Qt.Key.Key_Space)
    start = QPoint(400, 500)
    qtbot.mousePress(view.viewport(), button, held, pos=start)
    qtbot.mouseMove(view.viewport(), start + QPoint(40, -30))
    qtbot.mouseRelease(view.viewport(), button, held, pos=start + QPoint(40, -30))
    moved = (view.to_scene(QPointF(0, 0)) - before) * view.camera.zoom
    assert (moved - QPointF(-40, 30)).manhattanLength() < 1
    assert not view.open_document.selection


def test_arrows_go_from_node_to_node(view_of: Views, qtbot: QtBot) -> None:
    view = view_of()
    view.open_document.select(Selection.of_nodes(["n0"]))
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.open_document.selection == Selection.of_nodes(["n1"])
    assert view.canvas.shows_focus
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.open_document.selection == Selection.of_nodes(["n1", "n2"])
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.open_document.selection == Selection.of_nodes(["n1"])


def test_home_shows_everything_and_f_what_is_selected(view_of: Views, qtbot: QtBot) -> None:
    view = view_of(document(12))
    view.open_document.select(Selection.of_nodes(["n2"]))
    qtbot.keyClick(view, Qt.Key.Key_F)
    assert view.camera.zoom > 1
    assert (view.camera.centre - view.canvas.node_rect("n2").center()).manhattanLength() < 2
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.camera.seen().contains(view.canvas.content_rect())


def test_a_node_out_of_sight_is_brought_into_view(view_of: Views) -> None:
    view = view_of(document(40))
    view.camera.go_to(QPointF(0, 0), 1.0, smoothly=False)
    view.show_node("n39")
    assert view.camera.seen().contains(view.canvas.node_rect("n39"))


def test_a_document_with_absurd_places_can_be_looked_at(view_of: Views) -> None:
    far = {"n0": {"at": [1e300, -1e300]}, "n1": {"at": [0, 0]}, "n2": {"at": [-1e12, 5e9]}}
    frame = {"within": "", "at": [-1e200, 0], "size": [1e250, 1e250], "title": "x" * 100_000}
    note = {"within": "", "at": [0, 0], "size": [0, -5], "text": "y" * 100_000}
    view = view_of(
        document().model_copy(
            update={"view": {"nodes": far, "frames": {"f": frame}, "notes": {"n": note}}}
        )
    )
    view.frame_all()
    view.viewport().grab()
    for id in far:
        view.show_node(id)
        view.viewport().grab()
        assert view.camera.seen().intersects(view.canvas.node_rect(id))


def test_the_graph_has_a_name_for_who_cannot_see_it(view_of: Views) -> None:
    assert view_of().accessibleName() == "Graph"
