"""What the canvas is given to draw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.document import Document, Exposed, Link, NodeSpec
from engine.graph.edits import Expose, Group, Move, SetParam, SetView
from engine.graph.registry import installed_registry
from studio.document import OpenDocument
from studio.faces import CanvasFace
from studio.resolve import AT_HAND, Resolver
from studio.runs import NodeRun, Run


def graph() -> Document:
    nodes = {
        "prompt": NodeSpec(type="text.prompt", version=1, params={"text": "a cat"}),
        "join": NodeSpec(type="text.join", version=1),
        "sample": NodeSpec(type="video.sample", version=1, params={"seed": 4}),
        "alien": NodeSpec(type="other.thing", version=3),
    }
    links = (
        Link(source=("prompt", "result"), target=("join", "a")),
        Link(source=("alien", "out"), target=("sample", "steps")),
    )
    return Document(nodes=nodes, links=links, view={"nodes": {"prompt": {"at": [3, 4]}}})


@pytest.fixture
def opened() -> OpenDocument:
    return OpenDocument(graph(), installed_registry())


@pytest.fixture
def resolver(opened: OpenDocument) -> Resolver:
    return Resolver(opened)


def test_a_node_is_drawn_from_its_declaration_and_its_box(resolver: Resolver) -> None:
    face = resolver.face(None).nodes["prompt"]
    assert (face.title, face.category, face.at) == ("Write prompt", "Text", (3.0, 4.0))
    assert [(port.kind, port.shape) for port in face.outputs] == [("Text", "circle")]
    assert [(param.spec.name, param.value) for param in face.params] == [("text", "a cat")]


def test_lists_and_linked_parameters_have_their_ports(resolver: Resolver) -> None:
    ports = {port.name: port for port in resolver.face(None).nodes["sample"].inputs}
    assert ports["keyframes"].shape == "diamond"
    assert ports["steps"].param
    assert ports["steps"].linked
    assert ports["model"].required
    assert not ports["negative"].required


def test_a_node_has_few_parameters_at_hand_and_no_linked_one(resolver: Resolver) -> None:
    names = [param.spec.name for param in resolver.face(None).nodes["sample"].params]
    assert "seed" in names
    assert "steps" not in names
    assert len(names) <= AT_HAND


def test_a_missing_type_shows_the_ports_that_links_tell_of(resolver: Resolver) -> None:
    face = resolver.face(None).nodes["alien"]
    assert face.missing
    assert face.title == "other.thing"
    assert [port.name for port in face.outputs] == ["out"]


def test_what_did_not_change_stays_the_same_object(
    opened: OpenDocument, resolver: Resolver
) -> None:
    before = resolver.face(None)
    opened.do(SetParam("prompt", "text", "a dog"))
    after = resolver.face(None)
    changed = [id for id in after.nodes if after.nodes[id] is not before.nodes[id]]
    assert changed == ["prompt"]
    assert all(after.links[target] is before.links[target] for target in after.links)


def test_only_the_node_of_the_news_is_made_anew(resolver: Resolver) -> None:
    before = resolver.face(None)
    run = Run(key="k", nodes={"sample": NodeRun(state="running", done=3, total=10)})
    after = resolver.face(run)
    assert after.nodes["sample"].run.done == 3
    changed = [id for id in after.nodes if after.nodes[id] is not before.nodes[id]]
    assert changed == ["sample"]
    assert resolver.node("sample", run) is after.nodes["sample"]


def test_an_instance_shows_the_state_of_what_is_inside(
    opened: OpenDocument, resolver: Resolver
) -> None:
    opened.do(Group(("join", "sample"), "inner", "box"))
    nodes = {"box/join": NodeRun("done", seconds=1.0), "box/sample": NodeRun("failed", message="x")}
    face = resolver.face(Run(key="k", nodes=nodes)).nodes["box"]
    assert (face.subgraph, face.run.state, face.run.message) == ("inner", "failed", "x")
    opened.enter("box")
    assert resolver.face(Run(key="k", nodes=nodes)).nodes["join"].run.state == "done"
    assert resolver.shown("box/join") == "join"
    assert resolver.shown("prompt") is None


def test_a_problem_stands_at_its_node_and_its_link(
    opened: OpenDocument, resolver: Resolver
) -> None:
    document = opened.document
    bad = Link(source=("prompt", "result"), target=("sample", "model"))
    opened.do(_Replace(document.model_copy(update={"links": (*document.links, bad)})))
    assert opened.problems
    face = resolver.face(None)
    assert "takes VideoModel" in face.links[("sample", "model")].problem
    assert face.nodes["sample"].problem


def test_exposed_parameters_say_under_which_name(opened: OpenDocument, resolver: Resolver) -> None:
    opened.do(Expose("words", Exposed(node="prompt", param="text")))
    assert resolver.face(None).nodes["prompt"].params[0].exposed == "words"


def test_frames_notes_and_waypoints_are_those_of_the_level(
    opened: OpenDocument, resolver: Resolver
) -> None:
    opened.do(SetView("frames", {"f": {"at": [1, 2], "size": [3, 4], "title": "Here"}}))
    opened.do(SetView("notes", {"n": {"within": "elsewhere", "text": "no"}}))
    opened.do(SetView("waypoints", {"join.a": [[5, 6], "no point"]}))
    face = resolver.face(None)
    assert face.frames["f"].title == "Here"
    assert face.notes == {}
    assert face.links[("join", "a")].waypoints == ((5.0, 6.0),)


def test_the_box_follows_a_move(opened: OpenDocument, resolver: Resolver) -> None:
    assert resolver.face(None).nodes["join"].at is None
    opened.do(Move({"join": (7, 8)}))
    assert resolver.face(None).nodes["join"].at == (7.0, 8.0)


json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
box = st.dictionaries(
    st.sampled_from(["at", "size", "title", "text", "color", "width", "collapsed", "within"]), json
)
section = st.dictionaries(st.sampled_from(["prompt", "join", "join.a", "x"]), box | json) | json


@given(st.dictionaries(st.sampled_from(["nodes", "frames", "notes", "waypoints"]), section))
def test_whatever_a_view_holds_something_can_be_drawn(view: dict[str, object]) -> None:
    document = graph().model_copy(update={"view": view})
    face = Resolver(OpenDocument(document, installed_registry())).face(None)
    assert isinstance(face, CanvasFace)
    assert set(face.nodes) == set(document.nodes)


class _Replace:
    """An edit that a test needs: another document."""

    label = "Replace"

    def __init__(self, document: Document) -> None:
        self._document = document

    def apply(self, document: Document) -> tuple[Document, _Replace]:
        return self._document, _Replace(document)
