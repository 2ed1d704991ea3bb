"""What the inspector does to a document; no Qt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.errors import InvalidInput
from engine.graph.document import Exposed, NodeSpec, save_document
from engine.graph.edits import Expose
from studio.document import OpenDocument
from studio.inspector.controller import InspectorController
from studio.inspector.faces import NodeFace
from studio.runs import RunBook

Select = Callable[..., None]


def test_a_drag_is_one_step_of_the_history(controller: InspectorController) -> None:
    opened = controller.opened
    for steps in (21, 22, 23):
        controller.set(["sample"], "steps", steps)
    controller.finish()
    controller.set(["sample"], "steps", 40)
    assert opened.history == ("Set 'sample.steps'", "Set 'sample.steps'")
    opened.undo()
    assert opened.document.nodes["sample"].params["steps"] == 23
    opened.undo()
    assert opened.document.nodes["sample"].params["steps"] == 20


def test_two_parameters_are_two_steps_even_in_a_row(controller: InspectorController) -> None:
    controller.set(["sample"], "steps", 21)
    controller.set(["sample"], "width", 512)
    assert controller.opened.position == 2


def test_several_nodes_change_in_one_step(controller: InspectorController) -> None:
    controller.set(["sample", "second"], "steps", 7)
    nodes = controller.opened.document.nodes
    assert [nodes[id].params["steps"] for id in ("sample", "second")] == [7, 7]
    controller.opened.undo()
    nodes = controller.opened.document.nodes
    assert [nodes[id].params["steps"] for id in ("sample", "second")] == [20, 30]


def test_what_a_link_feeds_is_left_alone(controller: InspectorController) -> None:
    controller.set(["sample", "second"], "seed", 7)
    nodes = controller.opened.document.nodes
    assert "seed" not in nodes["sample"].params
    assert nodes["second"].params["seed"] == 7


def test_reset_forgets_the_setting(controller: InspectorController) -> None:
    controller.reset(["sample"], "steps")
    assert "steps" not in controller.opened.document.nodes["sample"].params


def test_unlink_brings_the_field_back(controller: InspectorController, select: Select) -> None:
    controller.unlink(["sample"], "seed")
    select("sample")
    face = controller.face()
    assert isinstance(face, NodeFace)
    assert all(line.source is None for line in face.params)


def test_a_renamed_node_stays_selected_with_its_links(
    controller: InspectorController, select: Select
) -> None:
    select("sample")
    controller.rename("sample", "main")
    face = controller.face()
    assert isinstance(face, NodeFace)
    assert face.id == "main"
    assert any(link.target == ("main", "seed") for link in controller.opened.document.links)


@pytest.mark.parametrize("name", ["second", "a/b", ""])
def test_a_bad_id_is_refused_and_nothing_changes(
    controller: InspectorController, name: str
) -> None:
    before = controller.opened.document
    with pytest.raises(InvalidInput):
        controller.rename("sample", name)
    assert controller.opened.document is before


def test_titles_and_modes(controller: InspectorController, select: Select) -> None:
    controller.retitle("sample", "My sampler")
    controller.set_mode(["sample", "second"], "bypass")
    select("sample")
    face = controller.face()
    assert isinstance(face, NodeFace)
    assert (face.title, face.mode) == ("My sampler", "bypass")
    assert controller.opened.position == 2


def test_a_control_is_exposed_under_a_name_made_of_its_label(
    controller: InspectorController,
) -> None:
    controller.expose("sample", "steps", "How long & fine", "More is finer.")
    controller.expose("second", "steps", "How long & fine", "")
    exposed = controller.opened.document.exposed
    assert list(exposed) == ["how_long_fine", "how_long_fine_2"]
    assert exposed["how_long_fine"].help == "More is finer."


def test_controls_move_and_change_their_names(controller: InspectorController) -> None:
    for name in ("a", "b", "c"):
        controller.opened.do(Expose(name, Exposed(node="sample", param="steps")))
    controller.move_control("c", 0)
    assert list(controller.opened.document.exposed) == ["c", "a", "b"]
    controller.rename_control("a", "first", "First", "Help")
    assert list(controller.opened.document.exposed) == ["c", "first", "b"]
    with pytest.raises(InvalidInput, match="already"):
        controller.rename_control("first", "b", "", "")
    controller.hide("first")
    assert list(controller.opened.document.exposed) == ["c", "b"]
    for _ in range(3):
        controller.opened.undo()
    assert list(controller.opened.document.exposed) == ["a", "b", "c"]


def test_a_control_sets_what_it_leads_to(controller: InspectorController) -> None:
    controller.opened.do(Expose("steps", Exposed(node="sample", param="steps")))
    controller.set_control("steps", 33)
    assert controller.opened.document.nodes["sample"].params["steps"] == 33
    controller.reset_control("steps")
    assert "steps" not in controller.opened.document.nodes["sample"].params
    with pytest.raises(InvalidInput):
        controller.set_control("nothing", 1)


def test_the_document_gets_a_title_that_can_be_undone(controller: InspectorController) -> None:
    controller.name_document("Waltz")
    assert controller.opened.document.name == "Waltz"
    controller.opened.undo()
    assert controller.opened.document.name == "A test"


def test_a_parameter_is_led_to_the_border_and_back(nested: OpenDocument) -> None:
    controller = InspectorController(nested, RunBook())
    nested.enter("up")
    controller.promote("resize", "fit")
    assert nested.document.subgraphs["upscale"].params["fit"] == ("resize", "fit")
    controller.demote("resize", "fit")
    controller.make_port("resize", "method")
    graph = nested.document.subgraphs["upscale"]
    assert "fit" not in graph.params
    assert graph.inputs["method"] == ("resize", "method")
    controller.unlink(["resize"], "method")
    assert "method" not in nested.document.subgraphs["upscale"].inputs


def test_a_parameter_deep_inside_is_exposed_through_every_level(nested: OpenDocument) -> None:
    controller = InspectorController(nested, RunBook())
    nested.enter("up")
    nested.enter("deep")
    controller.expose("seed", "seed", "Seed", "")
    document = nested.document
    assert document.subgraphs["inner"].params["seed"] == ("seed", "seed")
    assert document.subgraphs["upscale"].params["seed"] == ("deep", "seed")
    assert document.exposed["seed"] == Exposed(node="up", param="seed", label="Seed")
    assert not nested.problems or all("seed" not in str(it) for it in nested.problems)
    nested.undo()
    assert not nested.document.exposed
    assert "seed" not in nested.document.subgraphs["inner"].params


def test_a_node_of_an_older_version_is_brought_up_to_date(
    controller: InspectorController, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    opened = controller.opened
    known = opened.type_of("sample")
    assert known is not None

    class Newer(known.node):  # type: ignore[name-defined,misc]
        @staticmethod
        def from_v1(params: dict[str, object]) -> dict[str, object]:
            return {("width" if name == "steps" else name): it for name, it in params.items()}

    newer = replace(known, version=2, node=Newer)
    monkeypatch.setattr(opened, "type_named", lambda type: newer)
    controller.set(["sample"], "guidance", 3.0)
    spec = opened.document.nodes["sample"]
    assert spec.version == 2
    assert spec.params == {"width": 20, "guidance": 3.0}


def test_what_was_set_can_be_saved_and_read_again(
    controller: InspectorController, tmp_path: object
) -> None:
    from pathlib import Path

    controller.set(["prompt"], "text", "Ä “cat” 🐈")
    path = Path(str(tmp_path)) / "a.reel"
    save_document(controller.opened.document, path)
    again = OpenDocument.load(path, controller.opened.registry)
    assert again.document.nodes["prompt"].params["text"] == "Ä “cat” 🐈"
    assert isinstance(again.document.nodes["prompt"], NodeSpec)
