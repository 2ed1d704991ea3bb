"""Grouping and ungrouping change how a graph is written, and nothing that it computes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.graph.document import Document, Exposed, NodeSpec
from engine.graph.edits import Group, RemoveSubgraph, Ungroup
from engine.graph.flatten import flatten
from engine.graph.overrides import apply_settings
from tests.engine.graph.samples import REGISTRY, graph, links, node
from tests.engine.graph.test_edits import NESTED, PICTURE, after, refusal

Meaning = dict[str, tuple[str, tuple[tuple[str, object], ...], tuple[tuple[str, str], ...]]]


def meaning(document: Document) -> Meaning:
    """The flat graph without the paths: each node by the last part of its id."""

    def last(id: str) -> str:
        return id.rpartition("/")[2]

    return {
        last(id): (
            found.type.type,
            tuple(sorted((name, str(value)) for name, value in found.params.items())),
            tuple(sorted((port, f"{last(s)}.{o}") for port, (s, o) in found.inputs.items())),
        )
        for id, found in flatten(document, REGISTRY).nodes.items()
    }


def test_links_that_cross_the_border_get_ports() -> None:
    edited = after(PICTURE, Group(("blur",), "soft", "s"))
    assert list(edited.nodes) == ["paint", "s", "film"]
    assert edited.nodes["s"] == NodeSpec(type="subgraph/soft", version=1)
    assert edited.links == links("paint -> s.image", "s.result -> film.image")
    inner = edited.subgraphs["soft"]
    assert (inner.inputs, inner.outputs) == (
        {"image": ("blur", "image")},
        {"result": ("blur", "result")},
    )
    assert edited.view["nodes"] == {
        "paint": {"at": [1, 2]},
        "s": {"at": [3, 4], "color": "red"},
        "soft:blur": {"at": [3, 4], "color": "red"},
    }
    assert meaning(edited) == meaning(PICTURE)


def test_ports_of_one_name_get_numbers() -> None:
    nodes = {"n": node("number"), "a": node("add"), "b": node("add"), "end": node("add")}
    document = graph(nodes, "n -> a.first", "n -> b.first", "a -> end.first", "b -> end.second")
    edited = after(document, Group(("a", "b"), "pair", "p"))
    assert list(edited.subgraphs["pair"].inputs) == ["first", "first_2"]
    assert list(edited.subgraphs["pair"].outputs) == ["result", "result_2"]
    assert meaning(edited) == meaning(document)


def test_exposed_parameters_stay_settable() -> None:
    edited = after(PICTURE, Group(("paint", "blur"), "make", "m"))
    assert edited.exposed["size"] == Exposed(node="m", param="width")
    larger = apply_settings(edited, {"size": "128"}, REGISTRY)
    assert flatten(larger, REGISTRY).nodes["m/paint"].params["width"] == 128


def test_grouping_inside_a_definition_keeps_its_border() -> None:
    edited = after(NESTED, Group(("blur", "paint"), "core", "c", "soft"))
    soft = edited.subgraphs["soft"]
    assert soft.inputs == {"image": ("c", "image")}
    assert soft.params == {"size": ("c", "width")}
    assert meaning(edited) == meaning(NESTED)


def test_what_cannot_be_grouped_is_told() -> None:
    assert "There are no nodes to group." in refusal(PICTURE, Group((), "g", "g"))
    assert "There is no node 'x'." in refusal(PICTURE, Group(("x",), "g", "g"))
    assert "a subgraph 'soft' already" in refusal(NESTED, Group(("paint",), "soft", "g"))
    assert "a node 'film' already" in refusal(PICTURE, Group(("blur",), "g", "film"))


def test_an_instance_is_written_out_with_its_own_values() -> None:
    edited = after(NESTED, Ungroup("soft"))
    assert list(edited.nodes) == ["paint", "blur", "paint_2", "film"]
    assert edited.nodes["paint_2"].params == {"width": 32}
    assert edited.exposed["size"] == Exposed(node="paint_2", param="width")
    assert edited.subgraphs == {}
    assert edited.view["nodes"] == {"blur": {"at": [5, 6]}}
    assert edited.links == links(
        "paint -> blur.image", "blur -> film.image", "paint_2 -> blur.mask"
    )


def test_a_definition_stays_while_another_instance_uses_it() -> None:
    nodes = {**NESTED.nodes, "again": node("subgraph/soft")}
    document = NESTED.model_copy(update={"nodes": nodes})
    edited = after(document, Ungroup("soft"))
    assert list(edited.subgraphs) == ["soft"]
    assert edited.view["nodes"] == {"soft:blur": {"at": [5, 6]}, "blur": {"at": [5, 6]}}


def test_what_cannot_be_ungrouped_is_told() -> None:
    assert "Node 'paint' is no subgraph." in refusal(NESTED, Ungroup("paint"))
    muted = {**NESTED.nodes, "soft": node("subgraph/soft", mode="mute")}
    document = NESTED.model_copy(update={"nodes": muted})
    assert "Turn it on before ungrouping it." in refusal(document, Ungroup("soft"))


@st.composite
def sums(draw: st.DrawFn) -> Document:
    """A random graph of additions that is valid."""
    count = draw(st.integers(2, 7))
    nodes = {f"n{i}": node("number", value=float(i)) for i in range(2)}
    pairs = []
    for index in range(2, count + 2):
        nodes[f"n{index}"] = node("add", factor=float(index))
        for port in draw(st.sampled_from([["first"], ["first", "second"], ["first", "factor"]])):
            pairs.append(f"n{draw(st.integers(0, index - 1))} -> n{index}.{port}")
    return graph(nodes, *pairs)


@given(sums(), st.data())
def test_grouping_and_ungrouping_keep_the_meaning(document: Document, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(list(document.nodes)), min_size=1, unique=True))
    grouped = after(document, Group(tuple(chosen), "g", "box"))
    assert meaning(grouped) == meaning(document)
    assert meaning(after(grouped, Ungroup("box"))) == meaning(document)


def test_grouping_twice_nests() -> None:
    once = after(PICTURE, Group(("blur",), "inner", "i"))
    twice = after(once, Group(("i", "paint"), "outer", "o"))
    assert list(flatten(twice, REGISTRY).nodes) == ["o/paint", "o/i/blur", "film"]
    assert "used by node 'i' in subgraph 'outer'" in refusal(twice, RemoveSubgraph("inner"))
