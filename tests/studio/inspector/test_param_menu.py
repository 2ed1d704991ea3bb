"""What a parameter's menu offers; no Qt."""

from __future__ import annotations

from collections.abc import Callable

from studio.document import OpenDocument, Selection
from studio.inspector.controller import InspectorController
from studio.inspector.faces import ManyFace, NodeFace
from studio.inspector.param_menu import entries
from studio.inspector.subject import inspected


def offered(face: object, name: str) -> set[str]:
    """The keys of the entries that can be chosen."""
    assert isinstance(face, NodeFace | ManyFace)
    line = next(line for line in face.params if line.spec.name == name)
    return {entry.key for entry in entries(line, face) if entry.enabled and entry.key}


def test_at_the_top_a_parameter_can_be_exposed(
    controller: InspectorController, select: Callable[..., None]
) -> None:
    select("sample")
    assert offered(controller.face(), "steps") == {"reset", "copy", "expose"}
    assert offered(controller.face(), "guidance") == {"copy", "expose"}
    controller.expose("sample", "steps", "Steps", "")
    assert offered(controller.face(), "steps") == {"reset", "copy", "hide"}


def test_a_linked_parameter_can_be_unlinked_first(
    controller: InspectorController, select: Callable[..., None]
) -> None:
    select("sample")
    assert offered(controller.face(), "seed") == {"copy", "unlink"}


def test_inside_a_subgraph_it_can_be_led_to_the_border(nested: OpenDocument) -> None:
    nested.enter("up")
    nested.select(Selection.of_nodes(["resize"]))
    face = inspected(nested, None)
    assert offered(face, "fit") == {"copy", "port", "promote", "expose"}
    assert offered(face, "width") == {"reset", "copy", "port", "demote", "expose"}


def test_several_nodes_are_reset_together_and_exposed_alone(
    controller: InspectorController, select: Callable[..., None]
) -> None:
    select("sample", "second")
    assert offered(controller.face(), "steps") == {"reset"}
    assert offered(controller.face(), "guidance") == {"copy"}
