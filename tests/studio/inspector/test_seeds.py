"""Seeds that take a new number at each run; no Qt."""

from __future__ import annotations

from engine.graph.document import dump_document, parse_document
from engine.graph.edits import Group
from studio.document import OpenDocument, Selection
from studio.inspector.controller import InspectorController
from studio.inspector.faces import NodeFace
from studio.inspector.seeds import fresh_seeds, renew_seeds
from studio.inspector.subject import inspected


def test_a_kept_seed_is_left_alone(controller: InspectorController) -> None:
    renew_seeds(controller.opened, lambda low, high: 99)
    assert controller.opened.position == 0


def test_a_fresh_seed_is_rolled_before_a_run_in_one_step(controller: InspectorController) -> None:
    opened = controller.opened
    controller.keep_fresh(["roll", "second"], "seed", True)
    before = opened.position
    renew_seeds(opened, lambda low, high: 99)
    nodes = opened.document.nodes
    assert nodes["roll"].params["seed"] == nodes["second"].params["seed"] == 99
    assert opened.position == before + 1
    opened.undo()
    assert opened.document.nodes["roll"].params["seed"] == 5


def test_the_seed_is_shown_as_fresh_and_can_be_kept_again(controller: InspectorController) -> None:
    opened = controller.opened
    opened.select(Selection.of_nodes(["roll"]))
    controller.keep_fresh(["roll"], "seed", True)
    face = controller.face()
    assert isinstance(face, NodeFace)
    assert face.params[0].fresh
    controller.keep_fresh(["roll"], "seed", False)
    assert "roll" not in opened.document.view.get("nodes", {})  # type: ignore[operator]


def test_it_is_saved_with_the_document_and_follows_the_node(
    controller: InspectorController,
) -> None:
    opened = controller.opened
    controller.keep_fresh(["roll"], "seed", True)
    controller.rename("roll", "dice")
    again = parse_document(dump_document(opened.document))
    assert fresh_seeds(again, "dice") == {"seed"}
    opened.do(Group(("dice",), "box", "box"))
    assert fresh_seeds(opened.document, "box:dice") == {"seed"}
    renew_seeds(opened, lambda low, high: 7)
    assert opened.document.subgraphs["box"].nodes["dice"].params["seed"] == 7


def test_nonsense_in_the_view_is_ignored(opened: OpenDocument) -> None:
    view = {"nodes": {"roll": {"fresh": "seed"}, "sample": {"fresh": [1, "nothing"]}}}
    opened.document = opened.document.model_copy(update={"view": view})
    renew_seeds(opened, lambda low, high: 99)
    assert opened.position == 0
    opened.select(Selection.of_nodes(["roll"]))
    assert isinstance(inspected(opened, None), NodeFace)
