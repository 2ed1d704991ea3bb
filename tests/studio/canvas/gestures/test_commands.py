"""Every command of the canvas is there, does what it says, and can be undone."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from engine.graph.document import dump_document
from studio.commands import COMMANDS
from studio.document import Selection
from tests.studio.canvas.gestures.conftest import DOCUMENT, Hands
from tests.studio.editing.graphs import pairs

CANVAS = {key for key, command in COMMANDS.items() if command.where == "canvas"}


def choose(hands: Hands, *ids: str) -> None:
    hands.view.open_document.select(Selection.of_nodes(ids))


def run(hands: Hands, key: str) -> None:
    assert hands.on.commands.can(key), key
    hands.on.commands.run(key)


def test_every_command_of_the_table_is_there(hands: Hands) -> None:
    assert set(hands.on.commands.handlers()) == CANVAS


def test_every_command_is_undone_without_a_trace(hands: Hands) -> None:
    opened, commands = hands.view.open_document, hands.on.commands
    for key in sorted(CANVAS):
        for select in (commands.select_none, commands.select_all):
            select()
            commands.run(key)
            hands.on.editors.cancel()
            opened.go_to(0)
            assert dump_document(opened.document) == dump_document(DOCUMENT), key


def test_deleting_and_reconnecting(hands: Hands) -> None:
    choose(hands, "check")
    run(hands, "edit.delete")
    assert "check" not in hands.document.nodes
    assert not hands.selected


def test_what_feeds_and_is_fed_is_selected(hands: Hands) -> None:
    choose(hands, "check")
    run(hands, "edit.select_upstream")
    assert hands.selected == {"prompt", "check"}
    choose(hands, "prompt")
    run(hands, "edit.select_downstream")
    assert hands.selected == {"prompt", "check"}


def test_nodes_are_bypassed_and_on_again(hands: Hands) -> None:
    choose(hands, "check", "join")
    run(hands, "canvas.bypass")
    assert hands.document.nodes["join"].mode == "bypass"
    run(hands, "canvas.bypass")
    assert hands.document.nodes["join"].mode == "on"


def test_a_selected_link_gets_a_reroute_in_its_middle(hands: Hands) -> None:
    opened = hands.view.open_document
    opened.select(Selection(links=frozenset({("check", "text")})))
    run(hands, "canvas.reroute")
    run(hands, "canvas.reroute")
    ways = hands.view.canvas.links["check", "text"].face.waypoints
    assert len(ways) == 2
    assert 200 < ways[0][0] < 400


def test_nodes_are_grouped_entered_and_taken_apart(hands: Hands) -> None:
    choose(hands, "prompt", "check")
    assert not hands.on.commands.can("canvas.enter")
    run(hands, "canvas.group")
    (group,) = hands.selected
    run(hands, "canvas.enter")
    assert set(hands.view.open_document.graph.nodes) == {"prompt", "check"}
    run(hands, "canvas.leave")
    assert hands.selected == {group}
    run(hands, "canvas.ungroup")
    assert hands.selected == {"prompt", "check"}
    assert pairs(hands.document) == pairs(DOCUMENT)


def test_a_copy_of_a_subgraph_is_made_unique_and_what_is_left_over_is_removed(
    hands: Hands,
) -> None:
    choose(hands, "prompt", "check")
    run(hands, "canvas.group")
    assert not hands.on.commands.can("canvas.make_unique")
    run(hands, "edit.duplicate")
    run(hands, "canvas.make_unique")
    assert set(hands.document.subgraphs) == {"Group", "Group_2"}
    assert not hands.on.commands.can("canvas.remove_unused")
    run(hands, "edit.delete")
    run(hands, "canvas.remove_unused")
    assert set(hands.document.subgraphs) == {"Group"}


def test_a_subgraph_gets_another_name(hands: Hands) -> None:
    choose(hands, "prompt", "check")
    run(hands, "canvas.group")
    run(hands, "canvas.rename_subgraph")
    line = QApplication.focusWidget() or hands.view.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setText("Words first")
    hands.qtbot.keyClick(line, Qt.Key.Key_Return)
    assert set(hands.document.subgraphs) == {"Words_first"}


def test_a_subgraph_is_not_pasted_into_itself(hands: Hands) -> None:
    choose(hands, "prompt", "check")
    run(hands, "canvas.group")
    run(hands, "edit.copy")
    run(hands, "canvas.enter")
    run(hands, "edit.paste")
    assert hands.said == ["The subgraph 'Group' cannot contain itself."]


def test_a_cut_node_is_gone_and_can_be_pasted(hands: Hands) -> None:
    choose(hands, "prompt")
    run(hands, "edit.cut")
    assert "prompt" not in hands.document.nodes
    run(hands, "edit.paste")
    assert hands.document.nodes["prompt"].params == {"text": "a red ball"}


def test_a_duplicate_is_selected_and_lies_beside(hands: Hands) -> None:
    choose(hands, "check")
    run(hands, "edit.duplicate_linked")
    assert hands.selected == {"check_2"}
    assert "prompt.result -> check_2.text" in pairs(hands.document)


def test_a_frame_is_drawn_and_named(hands: Hands) -> None:
    choose(hands, "prompt", "join")
    run(hands, "canvas.frame")
    assert hands.on.editors.editing
    hands.on.editors.close()
    (frame,) = hands.view.open_document.selection.frames
    face = hands.view.canvas.face.frames[frame]
    assert face.title == "Frame"
    assert face.at == (-20, -52)


def test_a_note_is_colored(hands: Hands) -> None:
    hands.view.open_document.select(Selection(notes=frozenset({"note"})))
    run(hands, "canvas.color_rose")
    assert hands.view.canvas.face.notes["note"].color == "rose"


def test_the_result_of_one_node_is_asked_for(hands: Hands) -> None:
    asked: list[str] = []
    hands.view.view_requested.connect(asked.append)
    choose(hands, "check", "join")
    assert not hands.on.commands.can("canvas.view_node")
    choose(hands, "check")
    run(hands, "canvas.view_node")
    assert asked == ["check"]


def test_places_that_only_the_screen_knew_are_written_down(hands: Hands, tmp_path: Path) -> None:
    """Nodes that were laid out by themselves stay where they are once one of them is moved."""
    opened = hands.view.open_document
    bare = opened.document.model_copy(update={"view": {}})
    opened._set(bare)
    places = {id: hands.view.canvas.place_of(id) for id in bare.nodes}
    x, y = hands.head("join")
    hands.drag((x, y), (x + 10, y), (x + 60, y))
    boxes = opened.document.view["nodes"]
    assert isinstance(boxes, dict)
    assert set(boxes) == set(bare.nodes)
    kept = {id for id in places if tuple(boxes[id]["at"]) == places[id]}  # type: ignore[index, call-overload, arg-type]
    assert kept == set(places) - {"join"}


def test_a_title_is_given_and_taken_back(hands: Hands) -> None:
    choose(hands, "check")
    run(hands, "edit.rename")
    (line,) = hands.view.viewport().findChildren(type(hands.on.editors._open))
    hands.qtbot.keyClicks(line, "Gate")
    hands.on.editors.close()
    assert hands.view.canvas.face.nodes["check"].title == "Gate"
    run(hands, "edit.rename")
    hands.on.editors._open.clear()  # type: ignore[union-attr]
    hands.on.editors.close()
    assert hands.view.canvas.face.nodes["check"].title == "Check prompt"
