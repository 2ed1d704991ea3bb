"""What the inspector shows of a document, a selection and a run; no Qt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.graph.document import Exposed, NodeSpec
from engine.graph.edits import AddNode, Expose, SetParam
from studio.document import OpenDocument, Selection
from studio.editing.looks import retitle
from studio.inspector.controller import InspectorController
from studio.inspector.faces import DocumentFace, ManyFace, MissingFace, NodeFace, Source
from studio.inspector.subject import inspected
from studio.runs import NodeRun, Run

Select = Callable[..., None]


def node(controller: InspectorController) -> NodeFace:
    """What is shown, which is one node."""
    face = controller.face()
    assert isinstance(face, NodeFace)
    return face


def test_nothing_selected_is_the_document(controller: InspectorController) -> None:
    face = controller.face()
    assert isinstance(face, DocumentFace)
    assert (face.name, face.nodes, face.links) == ("A test", 9, 7)


def test_problems_are_those_that_are_known(controller: InspectorController) -> None:
    assert controller.opened.problems
    face = controller.face()
    assert isinstance(face, DocumentFace)
    assert face.problems == controller.opened.problems


def test_a_node_shows_what_is_set_and_what_is_the_default(
    controller: InspectorController, select: Select
) -> None:
    select("sample")
    face = node(controller)
    lines = {line.spec.name: line for line in face.params}
    assert face.title == face.type_title == "Sample video"
    assert (lines["steps"].value, lines["steps"].is_set) == (20, True)
    assert (lines["guidance"].value, lines["guidance"].is_set) == (0.0, False)


def test_a_linked_parameter_says_where_its_value_comes_from(
    controller: InspectorController, select: Select
) -> None:
    controller.opened.do(retitle(controller.opened.document, "", "roll", "My dice"))
    select("sample")
    lines = {line.spec.name: line for line in node(controller).params}
    assert lines["seed"].source == Source("My dice", "roll")
    assert lines["steps"].source is None


def test_a_value_that_is_not_allowed_says_why(
    controller: InspectorController, select: Select
) -> None:
    controller.opened.do(SetParam("sample", "steps", 900))
    select("sample")
    line = node(controller).params[0]
    assert line.fault == "must be from 0 to 200 steps, not 900"
    assert line.value == 0


def test_the_run_of_the_node_is_shown(
    controller: InspectorController, select: Select, ran: Callable[..., Run]
) -> None:
    done = NodeRun(state="cached", seconds=1.5)
    ran({"sample": done})
    select("sample")
    assert node(controller).run == done


def test_unknown_words_reach_the_prompt_from_what_reads_it(
    controller: InspectorController, select: Select, ran: Callable[..., Run]
) -> None:
    note = "The starter model does not know the word 'zebra', and leaves it out."
    ran({"positive": NodeRun(state="done", notes=(note, "Something else."))})
    select("prompt")
    assert node(controller).params[0].notes == (note,)


def test_several_nodes_show_what_they_have_in_common(
    controller: InspectorController, select: Select
) -> None:
    select("sample", "second")
    face = controller.face()
    assert isinstance(face, ManyFace)
    lines = {line.spec.name: line for line in face.params}
    assert face.kinds == (("Sample video", 2),)
    assert lines["steps"].mixed
    assert not lines["guidance"].mixed


def test_nodes_of_two_types_share_only_what_is_alike(
    controller: InspectorController, select: Select
) -> None:
    controller.opened.do(AddNode("picture", NodeSpec(type="output.image", version=1)))
    select("save", "picture")
    face = controller.face()
    assert isinstance(face, ManyFace)
    names = {line.spec.name for line in face.params}
    assert {"name", "sign", "overwrite"} <= names
    assert "format" not in names
    select("save", "decode")
    assert controller.face().params == ()  # type: ignore[union-attr]


def test_a_stranger_among_them_leaves_nothing_in_common(
    controller: InspectorController, select: Select
) -> None:
    select("sample", "ghost")
    face = controller.face()
    assert isinstance(face, ManyFace)
    assert face.params == ()


def test_a_missing_type_says_what_to_install(
    controller: InspectorController, select: Select
) -> None:
    opened = controller.opened
    opened.document = opened.document.model_copy(update={"packs": {"faces": "1.0"}})
    assert opened.problems
    select("ghost")
    face = controller.face()
    assert isinstance(face, MissingFace)
    assert face.problem == "The node type 'puppet.dance' is not installed."
    assert face.packs == ("faces",)
    assert "Install the pack faces" in face.remedy
    assert face.values == (("Strength", "0.5"),)


def test_what_is_exposed_is_shown_with_what_counts(controller: InspectorController) -> None:
    opened = controller.opened
    opened.do(Expose("steps", Exposed(node="sample", param="steps", label="How long")))
    opened.do(Expose("seed", Exposed(node="sample", param="seed")))
    opened.do(Expose("lost", Exposed(node="sample", param="nothing")))
    face = controller.face()
    assert isinstance(face, DocumentFace)
    steps, seed, lost = face.controls
    assert steps.label == "How long"
    assert steps.line is not None
    assert steps.line.value == 20
    assert "link feeds it" in seed.problem
    assert lost.line is None
    assert "leads nowhere" in lost.problem


def test_inside_a_subgraph_the_border_is_known(nested: OpenDocument) -> None:
    nested.enter("up")
    nested.select(Selection.of_nodes(["resize"]))
    face = inspected(nested, None)
    assert isinstance(face, NodeFace)
    lines = {line.spec.name: line for line in face.params}
    assert face.inside
    assert lines["width"].promoted == "width"
    assert lines["height"].source == Source("The subgraph's input 'Height'")


def test_an_instance_shows_its_promoted_parameters(nested: OpenDocument) -> None:
    nested.select(Selection.of_nodes(["up"]))
    face = inspected(nested, None)
    assert isinstance(face, NodeFace)
    assert face.subgraph == "upscale"
    assert [(line.spec.name, line.value) for line in face.params] == [("width", 64)]


def test_the_same_document_gives_an_equal_face(
    controller: InspectorController, select: Select
) -> None:
    select("sample")
    assert controller.face() == controller.face()
    assert replace(node(controller), title="x") != controller.face()


def test_a_node_of_another_version_of_the_document_is_not_shown(
    controller: InspectorController, select: Select
) -> None:
    select("sample")
    controller.opened.selection = Selection.of_nodes(["gone"])
    assert isinstance(controller.face(), DocumentFace)


@pytest.mark.parametrize("module", ["subject", "controller", "seeds", "reveal", "app_face"])
def test_the_logic_knows_no_qt_widget(module: str) -> None:
    code = (
        f"import sys, studio.inspector.{module};"
        "assert not [name for name in sys.modules if name.startswith('PySide6')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
