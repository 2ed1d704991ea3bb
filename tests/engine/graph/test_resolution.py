"""What is remembered of earlier documents never shows in a later one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.graph.document import Document, Exposed
from engine.graph.edits import (
    AddNode,
    Connect,
    Disconnect,
    Edit,
    Expose,
    Group,
    Move,
    RemoveNode,
    RenameNode,
    SetMode,
    SetParam,
    Unexpose,
)
from engine.graph.flatten import flatten
from engine.graph.problems import InvalidDocument
from engine.graph.registry import Registry
from engine.graph.resolution import resolve
from engine.graph.validate import validate
from tests.engine.graph.samples import NODES, REGISTRY, graph, node

IDS = ["n0", "n1", "n2", "n3", "new"]
ids = st.sampled_from(IDS)
outputs = ids.map(lambda id: (id, "result"))
ports = st.tuples(ids, st.sampled_from(["first", "second", "factor"]))
values = st.none() | st.floats(0, 3) | st.just("x")
places = st.just((1.0, 2.0))
edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(SetParam, ids, st.just("factor"), values),
    st.builds(SetParam, ids, st.just("factor"), values),
    st.builds(SetMode, ids, st.sampled_from(["on", "bypass", "mute"])),
    st.builds(Connect, outputs, ports),
    st.builds(Disconnect, ports),
    st.builds(AddNode, ids, st.just(node("number"))),
    st.builds(RemoveNode, ids),
    st.builds(RenameNode, ids, ids),
    st.builds(Expose, st.just("e"), st.builds(Exposed, node=ids, param=st.just("factor"))),
    st.builds(Unexpose, st.just("e")),
    st.builds(Move, st.dictionaries(ids, places, max_size=1)),
    st.builds(Group, st.lists(ids, max_size=2).map(tuple), st.just("g"), st.just("box")),
    st.builds(SetParam, ids, st.just("factor"), values, st.just("g")),
)


def start() -> Document:
    nodes = {"n0": node("number"), "n1": node("add"), "n2": node("add"), "n3": node("add")}
    return graph(nodes, "n0 -> n1.first", "n1 -> n2.first", "n0 -> n3.first", "n2 -> n3.second")


def outcome(document: Document, registry: Registry) -> object:
    """All that a document comes to: its flat nodes in order, or its problems."""
    try:
        flat = flatten(document, registry)
    except InvalidDocument as error:
        return error.problems
    nodes = [(n.id, n.type.type, dict(n.params), dict(n.inputs)) for n in flat.nodes.values()]
    return nodes, flat.warnings, validate(document, registry)


@settings(max_examples=200)
@given(st.lists(edits, min_size=1, max_size=8))
def test_after_any_edits_a_document_is_seen_as_if_for_the_first_time(steps: list[Edit]) -> None:
    registry = Registry.of(*NODES)
    document = start()
    for step in steps:
        outcome(document, registry)
        try:
            document, _ = step.apply(document)
        except InvalidInput:
            continue
        assert outcome(document, registry) == outcome(document, Registry.of(*NODES))


def test_a_document_is_resolved_once() -> None:
    document = start()
    assert resolve(document, REGISTRY) is resolve(document, REGISTRY)


def test_a_node_that_is_only_renamed_or_moved_in_the_order_is_seen() -> None:
    document = graph({"a": node("number"), "b": node("number")})
    assert list(flatten(document, REGISTRY).nodes) == ["a", "b"]
    renamed, _ = RenameNode("b", "c").apply(document)
    assert list(flatten(renamed, REGISTRY).nodes) == ["a", "c"]
    turned = document.model_copy(update={"nodes": dict(reversed(document.nodes.items()))})
    assert turned == document
    assert list(flatten(turned, REGISTRY).nodes) == ["b", "a"]


def test_a_problem_stays_until_it_is_solved() -> None:
    document = graph({"a": node("number"), "b": node("number", value="x")})
    assert [problem.node for problem in validate(document, REGISTRY)] == ["b"]
    document, _ = SetParam("a", "value", 1.0).apply(document)
    assert [problem.node for problem in validate(document, REGISTRY)] == ["b"]
    document, _ = SetParam("b", "value", 2.0).apply(document)
    assert flatten(document, REGISTRY).nodes["b"].params == {"value": 2.0}


def test_registries_are_told_apart() -> None:
    document = start()
    assert validate(document, REGISTRY) == ()
    assert len(validate(document, Registry.of())) == 4
