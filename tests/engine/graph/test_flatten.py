"""Flattening leaves the nodes that compute, in order, with everything filled in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.document import Document
from engine.graph.edits import SetParam
from engine.graph.flat import FlatGraph
from engine.graph.flatten import flatten
from engine.graph.problems import InvalidDocument
from tests.engine.graph.samples import REGISTRY, definition, graph, node


def inputs(flat: FlatGraph) -> dict[str, dict[str, str]]:
    """What feeds each node, as 'node.port'."""
    return {
        id: {port: ".".join(source) for port, source in found.inputs.items()}
        for id, found in flat.nodes.items()
    }


def test_defaults_are_filled_in_and_values_kept() -> None:
    flat = flatten(graph({"a": node("paint", width=64)}), REGISTRY)
    assert flat.nodes["a"].params == {"width": 64, "color": "red", "layers": ["sky"]}


def test_a_linked_parameter_is_an_input_and_no_parameter() -> None:
    flat = flatten(
        graph({"a": node("integer"), "b": node("paint", width=64)}, "a -> b.width"), REGISTRY
    )
    assert "width" not in flat.nodes["b"].params
    assert inputs(flat)["b"] == {"width": "a.result"}


def test_dependencies_come_first_and_the_document_breaks_ties() -> None:
    nodes = {id: node("add", mode="on") for id in "edcba"} | {"n": node("number")}
    pairs = [f"n -> {id}.first" for id in "edcb"] + ["b -> a.first"]
    assert list(flatten(graph(nodes, *pairs), REGISTRY).nodes) == ["n", "e", "d", "c", "b", "a"]


@given(st.integers(2, 30).flatmap(lambda n: st.tuples(st.permutations(range(n)), st.randoms())))
def test_the_order_is_topological_whatever_the_document_says(
    drawn: tuple[list[int], object],
) -> None:
    order, random = drawn
    nodes = {f"n{i}": node("add" if i else "number") for i in order}
    pairs = [f"n{random.randrange(i)} -> n{i}.first" for i in order if i]  # type: ignore[attr-defined]
    place = {id: index for index, id in enumerate(flatten(graph(nodes, *pairs), REGISTRY).nodes)}
    for pair in pairs:
        source, target = pair.removesuffix(".first").split(" -> ")
        assert place[source] < place[target]


def test_errors_are_raised_all_at_once() -> None:
    with pytest.raises(InvalidDocument) as caught:
        flatten(graph({"a": node("paint", width=1), "b": node("film")}), REGISTRY)
    assert len(caught.value.problems) == 2


def test_what_nobody_needs_and_cannot_run_is_left_out_with_a_warning() -> None:
    nodes = {"a": node("paint"), "s": node("save"), "x": node("nothing"), "y": node("film")}
    flat = flatten(graph(nodes, "a -> s.what", "x -> y.image"), REGISTRY)
    assert list(flat.nodes) == ["a", "s"]
    assert len(flat.warnings) == 1
    assert "'x'" in flat.warnings[0]


def test_an_optional_input_from_a_broken_node_is_not_silently_open() -> None:
    nodes = {"p": node("paint"), "x": node("nothing"), "b": node("blur"), "s": node("save")}
    document = graph(nodes, "p -> b.image", "x -> b.mask", "b -> s.what")
    with pytest.raises(InvalidDocument, match=r"test.nothing"):
        flatten(document, REGISTRY)


def test_wanted_outputs_leave_only_what_they_need() -> None:
    nodes = {"a": node("number"), "b": node("number"), "c": node("add"), "d": node("add")}
    flat = flatten(graph(nodes, "a -> c.first", "b -> d.first"), REGISTRY, ["d"])
    assert list(flat.nodes) == ["b", "d"]
    assert flat.outputs == ("d",)


def test_declared_outputs_are_wanted_else_the_open_ends() -> None:
    nodes = {"p": node("paint"), "f": node("film"), "s": node("save")}
    assert flatten(graph(nodes, "p -> f.image", "p -> s.what"), REGISTRY).outputs == ("s",)
    nodes.pop("s")
    assert flatten(graph(nodes, "p -> f.image"), REGISTRY).outputs == ("f",)


def test_old_parameters_are_brought_up_to_date() -> None:
    flat = flatten(graph({"o": node("old", version=1, s=3)}), REGISTRY)
    assert flat.nodes["o"].params == {"width": 3, "height": 3}


def test_a_bypassed_node_passes_its_first_input_of_an_accepting_type() -> None:
    nodes = {"p": node("paint"), "q": node("paint"), "b": node("blur"), "f": node("film")}
    pairs = ("p -> b.image", "q -> b.mask", "b -> f.image")
    assert inputs(flatten(graph(nodes, *pairs), REGISTRY))["f"] == {"image": "b.result"}
    nodes["b"] = node("blur", mode="bypass")
    flat = flatten(graph(nodes, *pairs), REGISTRY)
    assert "b" not in flat.nodes
    assert inputs(flat)["f"] == {"image": "q.result"}


def test_bypassed_nodes_in_a_row_pass_through_to_the_first() -> None:
    nodes = {"p": node("pass", mode="on"), "n": node("number"), "end": node("add")}
    nodes |= {f"b{i}": node("pass", mode="bypass") for i in range(2000)}
    pairs = ["n -> p.value", "p -> b0.value", "b1999 -> end.first"]
    pairs += [f"b{i} -> b{i + 1}.value" for i in range(1999)]
    assert inputs(flatten(graph(nodes, *pairs), REGISTRY))["end"] == {"first": "p.result"}


def test_what_a_bypassed_node_cannot_pass_on_is_open() -> None:
    nodes = {"n": node("number"), "p": node("paint"), "f": node("film", mode="bypass")}
    nodes |= {"s": node("save")}
    document = graph(nodes, "p -> f.image", "f -> s.what")
    with pytest.raises(InvalidDocument, match="its input 'what' is open, as 'f' is bypassed"):
        flatten(document, REGISTRY)
    nodes = {"n": node("integer", mode="on"), "p": node("film", mode="bypass"), "a": node("add")}
    document = graph(nodes, "n -> a.first", "p -> a.second")
    with pytest.raises(InvalidDocument, match="takes Number, but"):
        flatten(document, REGISTRY)


def test_a_bypassed_node_does_not_pass_a_list_for_a_single_value() -> None:
    nodes = {"p": node("paint"), "s": node("stack", mode="bypass"), "b": node("blur")}
    flat = flatten(graph(nodes, "p -> s.images", "p -> b.image", "s -> b.mask"), REGISTRY)
    assert inputs(flat)["b"] == {"image": "p.result"}


def test_an_optional_input_or_a_parameter_behind_a_bypass_falls_back() -> None:
    nodes = {"n": node("number", mode="bypass"), "i": node("integer"), "a": node("add", factor=7.0)}
    flat = flatten(graph(nodes, "i -> a.first", "n -> a.second", "n -> a.factor"), REGISTRY)
    assert inputs(flat)["a"] == {"first": "i.result"}
    assert flat.nodes["a"].params == {"factor": 7.0}


def test_a_bypass_that_would_pass_the_wrong_kind_is_told() -> None:
    nodes = {"n": node("number"), "any": node("pass", mode="bypass"), "f": node("film")}
    document = graph(nodes, "n -> any.value", "any -> f.image")
    with pytest.raises(InvalidDocument, match=r"'n.result' gives it Number. Turn 'any' on again"):
        flatten(document, REGISTRY)


def test_an_unknown_node_that_is_bypassed_passes_nothing() -> None:
    nodes = {"n": node("number"), "x": node("nothing", mode="bypass"), "a": node("add")}
    flat = flatten(graph(nodes, "n -> a.first", "x -> a.second"), REGISTRY)
    assert inputs(flat) == {"n": {}, "a": {"first": "n.result"}}


def test_a_muted_node_takes_what_needs_it_along() -> None:
    nodes = {"p": node("paint", mode="mute"), "b": node("blur"), "f": node("film")}
    nodes |= {"q": node("paint"), "c": node("blur")}
    flat = flatten(
        graph(nodes, "p -> b.image", "b -> f.image", "q -> c.image", "p -> c.mask"), REGISTRY
    )
    assert inputs(flat) == {"q": {}, "c": {"image": "q.result"}}
    assert flat.warnings == ("As 'p' is muted, 'b', 'f' cannot run.",)


def nested() -> Document:
    """n → outer(inner(add)) → end, with the factor promoted twice."""
    inner = definition(
        {"add": node("add", factor=2.0)},
        inputs={"x": ("add", "first")},
        outputs={"y": ("add", "result")},
        params={"f": ("add", "factor")},
    )
    outer = definition(
        {"deep": node("subgraph/inner"), "side": node("number", value=5.0)},
        "side -> deep.f",
        inputs={"in": ("deep", "x")},
        outputs={"out": ("deep", "y"), "five": ("side", "result")},
        params={"five": ("side", "value")},
    )
    nodes = {"n": node("number"), "o": node("subgraph/outer", five=6.0), "end": node("add")}
    return graph(
        nodes, "n -> o.in", "o.out -> end.first", "o.five -> end.second",
        subgraphs={"inner": inner, "outer": outer},
    )  # fmt: skip


def test_subgraphs_are_written_out_under_their_paths() -> None:
    flat = flatten(nested(), REGISTRY)
    assert inputs(flat) == {
        "n": {},
        "o/side": {},
        "o/deep/add": {"first": "n.result", "factor": "o/side.result"},
        "end": {"first": "o/deep/add.result", "second": "o/side.result"},
    }
    assert flat.nodes["o/side"].params == {"value": 6.0}


def test_instances_are_told_apart() -> None:
    inner = definition({"n": node("number", value=1.0)}, params={"v": ("n", "value")})
    nodes = {"a": node("subgraph/s", v=2.0), "b": node("subgraph/s")}
    flat = flatten(graph(nodes, subgraphs={"s": inner}), REGISTRY)
    assert {id: found.params["value"] for id, found in flat.nodes.items()} == {
        "a/n": 2.0,
        "b/n": 1.0,
    }


def test_an_instance_can_be_wanted_and_muted_and_bypassed() -> None:
    document = nested()
    assert flatten(document, REGISTRY, ["o"]).outputs == ("o/deep/add", "o/side")
    assert flatten(document, REGISTRY, ["o/side"]).outputs == ("o/side",)
    muted = {**document.nodes, "o": node("subgraph/outer", mode="mute")}
    flat = flatten(document.model_copy(update={"nodes": muted}), REGISTRY)
    assert list(flat.nodes) == ["n"]
    bypassed = {**document.nodes, "o": node("subgraph/outer", mode="bypass")}
    flat = flatten(document.model_copy(update={"nodes": bypassed}), REGISTRY)
    assert inputs(flat)["end"] == {"first": "n.result", "second": "n.result"}


def test_nesting_may_be_deep() -> None:
    border = {"inputs": {"x": ("n", "first")}, "outputs": {"y": ("n", "result")}}
    subgraphs = {"s0": definition({"n": node("add")}, **border)}
    for level in range(1, 1000):
        border = {"inputs": {"x": ("n", "x")}, "outputs": {"y": ("n", "y")}}
        subgraphs[f"s{level}"] = definition({"n": node(f"subgraph/s{level - 1}")}, **border)
    nodes = {"a": node("number"), "b": node("subgraph/s999"), "c": node("add")}
    flat = flatten(graph(nodes, "a -> b.x", "b.y -> c.first", subgraphs=subgraphs), REGISTRY)
    assert [id.count("/") for id in flat.nodes] == [0, 1000, 0]


def chain(length: int) -> Document:
    nodes = {"n0": node("number")} | {f"n{i}": node("add") for i in range(1, length)}
    return graph(nodes, *(f"n{i} -> n{i + 1}.first" for i in range(length - 1)))


def test_a_chain_may_be_long() -> None:
    assert list(flatten(chain(5000), REGISTRY).nodes) == [f"n{i}" for i in range(5000)]


def test_a_document_is_flattened_once() -> None:
    document = chain(3)
    assert flatten(document, REGISTRY) is flatten(document, REGISTRY)


def test_after_an_edit_only_what_changed_is_new() -> None:
    document = chain(50)
    before = flatten(document, REGISTRY)
    edited, undo = SetParam("n7", "factor", 9.0).apply(document)
    after = flatten(edited, REGISTRY)
    assert after.nodes["n7"].params == {"factor": 9.0}
    assert [id for id in after.nodes if after.nodes[id] is not before.nodes[id]] == ["n7"]
    restored = flatten(undo.apply(edited)[0], REGISTRY)
    assert restored.nodes["n7"].params == {"factor": 1.0}


def test_an_edit_that_changes_more_than_values_is_seen() -> None:
    document = chain(3)
    flatten(document, REGISTRY)
    wrong, _ = SetParam("n1", "factor", "x").apply(document)
    with pytest.raises(InvalidDocument, match="'factor' must be a number"):
        flatten(wrong, REGISTRY)
    muted = {**document.nodes, "n1": node("add", mode="mute")}
    assert list(flatten(document.model_copy(update={"nodes": muted}), REGISTRY).nodes) == ["n0"]
    more = {**document.nodes, "m": node("number")}
    assert "m" in flatten(document.model_copy(update={"nodes": more}), REGISTRY).nodes


def test_a_parameter_under_a_link_stays_out_after_an_edit() -> None:
    nodes = {"n": node("number"), "a": node("add")}
    document = graph(nodes, "n -> a.first", "n -> a.factor")
    flatten(document, REGISTRY)
    edited, _ = SetParam("a", "factor", 3.0).apply(document)
    assert flatten(edited, REGISTRY).nodes["a"].params == {}
