"""Real mouse and key events on a real canvas do what hands expect."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit

from engine.graph.document import NodeSpec, dump_document
from engine.graph.edits import AddNode, Composite, Move
from studio.canvas.search import SearchPopup
from studio.document import Selection
from studio.editing.copying import copy_text
from studio.faces import Point
from tests.studio.canvas.gestures.conftest import DOCUMENT, LEFT, RIGHT, Hands
from tests.studio.editing.graphs import pairs

SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def box(hands: Hands, id: str) -> dict[str, object]:
    boxes = hands.document.view["nodes"]
    assert isinstance(boxes, dict)
    found = boxes[id]
    assert isinstance(found, dict)
    return dict(found)


def popup(hands: Hands) -> SearchPopup:
    found = hands.on.adding.popup
    assert found is not None
    assert found.isVisible()
    return found


def line(hands: Hands) -> QLineEdit:
    (found,) = [e for e in hands.view.viewport().findChildren(QLineEdit) if e.isVisible()]
    return found


def text(hands: Hands) -> QPlainTextEdit:
    (found,) = [e for e in hands.view.viewport().findChildren(QPlainTextEdit) if e.isVisible()]
    return found


def middle(hands: Hands, target: tuple[str, str]) -> Point:
    points = hands.view.canvas.links[target].points
    return points[len(points) // 2]


def test_clicks_and_a_marquee_select(hands: Hands) -> None:
    hands.click(hands.head("prompt"))
    hands.click(hands.head("check"), held=SHIFT)
    assert hands.selected == {"prompt", "check"}
    hands.drag((-15, -15), (300, 290))
    assert hands.selected == {"prompt"}
    hands.click((700, 500))
    assert not hands.selected


def test_a_node_is_dragged_and_the_drag_undone(hands: Hands) -> None:
    x, y = hands.head("prompt")
    hands.drag((x, y), (x + 10, y + 10), (x + 47, y + 61))
    assert box(hands, "prompt") == {"at": [40, 60]}
    hands.view.open_document.undo()
    assert dump_document(hands.document) == dump_document(DOCUMENT)


def test_escape_gives_a_drag_up(hands: Hands) -> None:
    x, y = hands.head("prompt")
    hands.hold((x, y), (x + 10, y + 10), (x + 80, y + 80))
    hands.qtbot.keyPress(hands.view, Qt.Key.Key_Escape)
    hands.qtbot.mouseRelease(hands.view.viewport(), LEFT, pos=hands.at((x + 80, y + 80)))
    assert dump_document(hands.document) == dump_document(DOCUMENT)


def test_a_link_is_dragged_from_port_to_port(hands: Hands) -> None:
    hands.drag(hands.port("prompt", "result", True), (260, 200), hands.port("join", "first"))
    assert "prompt.result -> join.first" in pairs(hands.document)
    assert hands.view.canvas.overlay.draft is None
    assert hands.view.canvas.overlay.compatible is None


def test_a_link_to_a_row_makes_it_a_port(hands: Hands) -> None:
    hands.drag(hands.port("seed", "result", True), (300, 400), hands.row("sample", "seed"))
    assert "seed.result -> sample.seed" in pairs(hands.document)
    assert "seed" in hands.view.canvas.nodes["sample"].shape.inputs


def test_the_reason_stands_at_the_mouse_while_it_does_not_fit(hands: Hands) -> None:
    hands.hold(hands.port("prompt", "result", True), (300, 100), hands.port("sample", "model"))
    draft = hands.view.canvas.overlay.draft
    assert draft is not None
    assert (draft.ok, draft.reason) == (False, "'model' takes VideoModel, but this gives Text.")
    hands.qtbot.mouseRelease(hands.view.viewport(), LEFT, pos=hands.at((500, 400)))


def test_a_link_in_the_void_asks_for_what_fits_and_links_it(hands: Hands) -> None:
    hands.drag(hands.port("prompt", "result", True), (260, 200), (300, 430))
    search = popup(hands)
    assert hands.view.canvas.overlay.draft is not None
    assert "prompt.encode" in [found.type.type for found in search.results()]
    assert "video.decode" not in [found.type.type for found in search.results()]
    hands.qtbot.keyClicks(search.focusWidget(), "encode")
    hands.qtbot.keyClick(search.focusWidget(), Qt.Key.Key_Return)
    assert "prompt.result -> encode.text" in pairs(hands.document)
    assert hands.selected == {"encode"}
    assert hands.view.canvas.overlay.draft is None
    assert hands.on.adding.usage["prompt.encode"] == 1


def test_the_popup_goes_without_a_trace(hands: Hands) -> None:
    hands.drag(hands.port("prompt", "result", True), (260, 200), (300, 430))
    hands.qtbot.keyClick(popup(hands).focusWidget(), Qt.Key.Key_Escape)
    assert hands.view.canvas.overlay.draft is None
    assert dump_document(hands.document) == dump_document(DOCUMENT)


def test_a_double_click_on_nothing_searches_and_adds_there(hands: Hands) -> None:
    hands.double_click((300, 424))
    search = popup(hands)
    hands.qtbot.keyClicks(search.focusWidget(), "save ima")
    hands.qtbot.keyClick(search.focusWidget(), Qt.Key.Key_Return)
    assert box(hands, "image") == {"at": [300, 420]}
    assert not search.isVisible()


def test_a_double_click_on_a_link_puts_a_node_on_it(hands: Hands) -> None:
    hands.double_click(middle(hands, ("check", "text")))
    search = popup(hands)
    hands.qtbot.keyClicks(search.focusWidget(), "expand")
    hands.qtbot.keyClick(search.focusWidget(), Qt.Key.Key_Return)
    assert pairs(hands.document) == {"prompt.result -> expand.text", "expand.result -> check.text"}


def test_a_node_dropped_on_a_link_is_put_on_it(hands: Hands) -> None:
    x, y = hands.head("join")
    hands.drag((x, y), (x + 10, y - 10), (x + 200, y - 290))
    assert "join.result -> check.text" in pairs(hands.document)
    assert "prompt.result -> join.first" in pairs(hands.document)


def test_alt_keeps_a_node_off_the_link(hands: Hands) -> None:
    x, y = hands.head("join")
    hands.hold((x, y), (x + 10, y - 10))
    view = hands.view.viewport()
    hands.qtbot.mouseMove(view, hands.at((x + 200, y - 290)))
    hands.qtbot.mouseRelease(view, LEFT, ALT, hands.at((x + 200, y - 290)))
    assert pairs(hands.document) == pairs(DOCUMENT)


def test_links_are_cut_with_y_and_with_ctrl_and_the_right_button(hands: Hands) -> None:
    x, y = middle(hands, ("check", "text"))
    hands.qtbot.keyPress(hands.view, Qt.Key.Key_Y)
    hands.drag((x, y - 40), (x, y), (x + 5, y + 60))
    hands.qtbot.keyRelease(hands.view, Qt.Key.Key_Y)
    assert not hands.document.links
    hands.view.open_document.undo()
    hands.drag((x, y - 40), (x, y), (x + 5, y + 60), button=RIGHT, held=CTRL)
    assert not hands.document.links
    hands.view.open_document.undo()
    hands.drag((x, y - 40), (x, y), (x + 5, y + 60))
    assert hands.document.links


def test_reroutes_are_made_moved_and_taken_away(hands: Hands) -> None:
    at = middle(hands, ("check", "text"))
    hands.click(at, held=ALT)
    (way,) = hands.view.canvas.links["check", "text"].face.waypoints
    hands.drag(way, (way[0] + 9, way[1]), (way[0], way[1] + 100))
    (moved,) = hands.view.canvas.links["check", "text"].face.waypoints
    assert moved[1] > way[1] + 80
    hands.double_click(moved)
    assert hands.view.canvas.links["check", "text"].face.waypoints == ()
    hands.drag(at, (at[0], at[1] + 30), (at[0], at[1] + 80), button=RIGHT, held=SHIFT)
    assert len(hands.view.canvas.links["check", "text"].face.waypoints) == 1


def test_a_number_is_typed_and_scrubbed_on_the_node(hands: Hands) -> None:
    hands.click(hands.row("sample", "steps"))
    hands.qtbot.keyClicks(line(hands), "8*2")
    hands.qtbot.keyClick(line(hands), Qt.Key.Key_Return)
    assert hands.document.nodes["sample"].params == {"steps": 16}
    hands.click(hands.row("sample", "steps"))
    hands.qtbot.keyClicks(line(hands), "many")
    hands.qtbot.keyClick(line(hands), Qt.Key.Key_Return)
    assert "'Steps' must be a number" in hands.said[-1]
    hands.qtbot.keyClick(line(hands), Qt.Key.Key_Escape)
    x, y = hands.row("sample", "steps")
    position = hands.view.open_document.position
    hands.drag((x, y), (x + 10, y), (x + 40, y))
    steps = hands.document.nodes["sample"].params["steps"]
    assert isinstance(steps, int)
    assert steps > 16
    assert hands.view.open_document.position == position + 1


def test_a_text_is_edited_on_the_node(hands: Hands) -> None:
    hands.click(hands.row("prompt", "text"))
    editor = text(hands)
    hands.qtbot.keyClicks(editor, "two green cubes")
    hands.qtbot.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert hands.document.nodes["prompt"].params == {"text": "two green cubes"}
    hands.click(hands.row("prompt", "text"))
    hands.qtbot.keyClicks(text(hands), "forgotten")
    hands.qtbot.keyClick(text(hands), Qt.Key.Key_Escape)
    assert hands.document.nodes["prompt"].params == {"text": "two green cubes"}


def test_a_press_elsewhere_takes_what_was_typed(hands: Hands) -> None:
    hands.click(hands.row("prompt", "text"))
    hands.qtbot.keyClicks(text(hands), "kept")
    hands.click((700, 500))
    assert hands.document.nodes["prompt"].params == {"text": "kept"}


def test_choices_open_a_menu(hands: Hands) -> None:
    spec = NodeSpec(type="output.video", version=1)
    edits = (AddNode("save", spec), Move({"save": (0.0, 160.0)}))
    hands.view.open_document.do(Composite("Add", edits))
    hands.click(hands.row("save", "format"))
    menu = hands.menu()
    assert [a.text() for a in menu.actions() if a.isChecked()] == ["mp4"]
    next(a for a in menu.actions() if a.text() == "webm").trigger()
    assert hands.document.nodes["save"].params == {"format": "webm"}


def test_a_right_click_offers_what_can_be_done(hands: Hands) -> None:
    hands.click(hands.head("prompt"), RIGHT)
    texts = [action.text().partition("\t")[0] for action in hands.menu().actions()]
    assert {"Copy", "Bypass", "Delete"} <= set(texts)
    assert "Enter subgraph" not in texts
    hands.menu().close()
    hands.click((700, 500), RIGHT)
    action = next(a for a in hands.menu().actions() if a.text().startswith("Add node"))
    action.trigger()
    assert popup(hands)


def pick(hands: Hands, place: Point, start: str) -> None:
    """Choose a line of the context menu at a place."""
    hands.click(place, RIGHT)
    next(a for a in hands.menu().actions() if a.text().startswith(start)).trigger()
    hands.menu().close()


def test_a_parameter_is_offered_and_reset_by_its_menu(hands: Hands) -> None:
    pick(hands, hands.row("prompt", "text"), "Offer Text in the App view")
    assert hands.document.exposed["text"].node == "prompt"
    pick(hands, hands.row("prompt", "text"), "Offer Text no longer")
    assert not hands.document.exposed
    pick(hands, hands.row("prompt", "text"), "Reset Text")
    assert hands.document.nodes["prompt"].params == {}


def test_ports_are_unlinked_and_led_to_the_border_by_their_menu(hands: Hands) -> None:
    pick(hands, hands.port("check", "text"), "Unlink Text")
    assert not hands.document.links
    opened = hands.view.open_document
    opened.select(Selection.of_nodes(["prompt", "check"]))
    hands.on.commands.group()
    hands.on.commands.enter()
    hands.view.camera.go_to(QPointF(380, 280), 1.0, smoothly=False)
    pick(hands, hands.port("check", "result", True), "Make Result a port of the subgraph")
    assert hands.document.subgraphs["Group"].outputs == {"result": ("check", "result")}
    pick(hands, hands.port("check", "result", True), "Take Result off the subgraph")
    assert not hands.document.subgraphs["Group"].outputs


def test_notes_are_written_by_a_double_click(hands: Hands) -> None:
    hands.double_click((700, 40))
    hands.qtbot.keyClicks(text(hands), "other")
    hands.on.editors.close()
    notes = hands.document.view["notes"]
    assert isinstance(notes, dict)
    assert notes["note"]["text"] == "other"  # type: ignore[index, call-overload]


def test_a_double_click_enters_a_subgraph_and_tells_of_other_nodes(hands: Hands) -> None:
    told: list[str] = []
    hands.view.node_activated.connect(told.append)
    hands.double_click(hands.head("join"))
    assert told == ["join"]
    opened = hands.view.open_document
    opened.select(Selection.of_nodes(["prompt"]))
    hands.on.commands.group()
    (group,) = hands.selected
    hands.view.camera.go_to(QPointF(380, 280), 1.0, smoothly=False)
    hands.double_click(hands.head(group))
    assert opened.trail == (group,)


def drop(hands: Hands, mime: QMimeData, at: Point, held: Qt.KeyboardModifier | None = None) -> None:
    event = QDropEvent(
        QPointF(hands.at(at)),
        Qt.DropAction.CopyAction,
        mime,
        LEFT,
        held or Qt.KeyboardModifier.NoModifier,
    )
    hands.view.dropEvent(event)


def test_dropped_files_become_nodes_and_graphs_are_opened(hands: Hands) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(f"/films/{name}") for name in ("a.mp4", "b.reel", "c.txt")])
    opened: list[Path] = []
    hands.on.graph_dropped.connect(opened.append)
    drop(hands, mime, (300, 400))
    assert hands.document.nodes["video"].params == {"path": "/films/a.mp4"}
    assert opened == [Path("/films/b.reel")]
    assert hands.said == [
        "No node loads 'c.txt'. Pictures, videos, sounds and graphs can be dropped here."
    ]
    drop(hands, mime, (300, 400), SHIFT)
    assert opened[1:] == [Path("/films/a.mp4"), Path("/films/b.reel"), Path("/films/c.txt")]


def test_a_dropped_text_is_pasted(hands: Hands) -> None:
    mime = QMimeData()
    mime.setText(copy_text(DOCUMENT, "", ["prompt"]))
    drop(hands, mime, (300, 400))
    assert box(hands, "prompt_2")["at"] == [300, 400]


@pytest.mark.parametrize("linked", [False, True])
def test_what_is_copied_is_pasted(hands: Hands, linked: bool) -> None:
    hands.view.open_document.select(Selection.of_nodes(["check"]))
    hands.on.commands.clipping.copy()
    assert '"reelwright": "fragment"' in QGuiApplication.clipboard().text()
    hands.on.commands.clipping.paste(linked)
    hands.on.commands.clipping.paste(linked)
    assert hands.selected == {"check_3"}
    assert ("prompt.result -> check_2.text" in pairs(hands.document)) == linked
    first, second = box(hands, "check_2")["at"], box(hands, "check_3")["at"]
    assert first != second


def test_what_cannot_be_pasted_is_said_at_the_foot_of_the_canvas(hands: Hands) -> None:
    QGuiApplication.clipboard().setText("hello")
    hands.on.commands.clipping.paste()
    assert hands.said[0].startswith("The text to paste holds no graph.")
    assert dump_document(hands.document) == dump_document(DOCUMENT)


def test_the_cursor_tells_what_a_press_would_do(hands: Hands) -> None:
    def shape(place: Point) -> Qt.CursorShape:
        hands.qtbot.mouseMove(hands.view.viewport(), hands.at(place))
        QApplication.processEvents()
        return hands.view.viewport().cursor().shape()

    assert shape(hands.port("prompt", "result", True)) == Qt.CursorShape.CrossCursor
    assert shape(hands.row("sample", "steps")) == Qt.CursorShape.SizeHorCursor
    assert shape((660, 40)) == Qt.CursorShape.SizeHorCursor
    assert shape((700, 500)) == Qt.CursorShape.ArrowCursor


def test_from_afar_a_node_is_taken_as_a_whole(hands: Hands) -> None:
    row, port = hands.row("sample", "steps"), hands.port("sample", "model")
    hands.view.camera.go_to(QPointF(380, 280), 0.2, smoothly=False)
    assert hands.on.stage.hit(row).kind == "node"
    assert hands.on.stage.hit((port[0] + 5, port[1])).kind == "node"
    hands.click(row)
    assert hands.selected == {"sample"}
    assert not hands.on.editors.editing


def test_what_is_typed_is_not_taken_on_another_level(hands: Hands) -> None:
    opened = hands.view.open_document
    opened.select(Selection.of_nodes(["prompt", "check"]))
    hands.on.commands.group()
    hands.on.commands.clipping.paste_text(copy_text(DOCUMENT, "", ["prompt"]))
    opened.select(Selection.of_nodes(["Group".lower()]))
    hands.on.commands.enter()
    hands.view.camera.go_to(QPointF(380, 280), 1.0, smoothly=False)
    hands.click(hands.row("prompt", "text"))
    hands.qtbot.keyClicks(text(hands), "not here")
    opened.leave()
    assert opened.document.nodes["prompt"].params == {"text": "a red ball"}
    assert not hands.on.editors.editing
