"""Every edit gives its inverse, and the two together leave nothing behind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.graph.document import Document, Exposed, Link, NodeSpec, Subgraph, dump_document
from engine.graph.edits import (
    AddNode,
    AddSubgraph,
    ClosePort,
    Composite,
    Connect,
    Disconnect,
    Edit,
    Expose,
    Group,
    Move,
    OpenPort,
    RemoveNode,
    RemoveSubgraph,
    RenameNode,
    SetMode,
    SetParam,
    SetView,
    Unexpose,
    Ungroup,
)
from tests.engine.graph.samples import definition, graph, links, node

PICTURE = graph(
    {"paint": node("paint", width=64), "blur": node("blur"), "film": node("film")},
    "paint -> blur.image",
    "blur -> film.image",
    exposed={
        "size": Exposed(node="paint", param="width"),
        "time": Exposed(node="film", param="seconds"),
    },
    view={"nodes": {"paint": {"at": [1, 2]}, "blur": {"at": [3, 4], "color": "red"}}},
)
INNER = definition(
    {"blur": node("blur"), "paint": node("paint")},
    "paint -> blur.mask",
    inputs={"image": ("blur", "image")},
    outputs={"result": ("blur", "result")},
    params={"size": ("paint", "width")},
)
NESTED = graph(
    {"paint": node("paint"), "soft": node("subgraph/soft", size=32), "film": node("film")},
    "paint -> soft.image",
    "soft -> film.image",
    subgraphs={"soft": INNER},
    exposed={"size": Exposed(node="soft", param="size")},
    view={"nodes": {"soft:blur": {"at": [5, 6]}, "soft": {"at": [7, 8]}}},
)


def after(document: Document, edit: Edit) -> Document:
    """The edited document; checks on the way that undo and redo lead back and forth."""
    edited, inverse = edit.apply(document)
    assert inverse.label == edit.label
    restored, redo = inverse.apply(edited)
    assert dump_document(restored) == dump_document(document)
    assert dump_document(redo.apply(restored)[0]) == dump_document(edited)
    return edited


def refusal(document: Document, edit: Edit) -> str:
    with pytest.raises(InvalidInput) as caught:
        edit.apply(document)
    return str(caught.value)


def test_a_node_is_added_at_its_place() -> None:
    assert list(after(PICTURE, AddNode("new", node("paint"))).nodes)[-1] == "new"
    assert list(after(PICTURE, AddNode("new", node("paint"), index=1)).nodes)[1] == "new"
    assert "new" in after(NESTED, AddNode("new", node("paint"), "soft")).subgraphs["soft"].nodes


def test_a_node_needs_a_free_and_proper_id() -> None:
    assert "There is a node 'blur' already." in refusal(PICTURE, AddNode("blur", node("paint")))
    assert "'a/b' cannot be a name." in refusal(PICTURE, AddNode("a/b", node("paint")))
    assert "There is no subgraph 'x'." in refusal(PICTURE, AddNode("a", node("paint"), "x"))


def test_removing_a_node_takes_its_links_and_all_that_refers_to_it() -> None:
    edited = after(PICTURE, RemoveNode("blur"))
    assert list(edited.nodes) == ["paint", "film"]
    assert edited.links == ()
    assert edited.view == {"nodes": {"paint": {"at": [1, 2]}}}
    assert list(after(PICTURE, RemoveNode("paint")).exposed) == ["time"]
    assert refusal(PICTURE, RemoveNode("blurr")).endswith("Did you mean 'blur'?")


def test_removing_an_inner_node_closes_its_ports_everywhere() -> None:
    edited = after(NESTED, RemoveNode("blur", "soft"))
    assert edited.subgraphs["soft"].inputs == {}
    assert edited.subgraphs["soft"].links == ()
    assert edited.links == ()
    edited = after(NESTED, RemoveNode("paint", "soft"))
    assert edited.nodes["soft"].params == {}
    assert edited.exposed == {}
    assert edited.links == NESTED.links


def test_everything_follows_a_node_that_is_renamed() -> None:
    edited = after(PICTURE, RenameNode("paint", "canvas"))
    assert list(edited.nodes) == ["canvas", "blur", "film"]
    assert edited.links == links("canvas -> blur.image", "blur -> film.image")
    assert edited.exposed["size"].node == "canvas"
    assert edited.view["nodes"] == {
        "canvas": {"at": [1, 2]},
        "blur": {"at": [3, 4], "color": "red"},
    }
    inner = after(NESTED, RenameNode("blur", "soften", "soft")).subgraphs["soft"]
    assert inner.inputs == {"image": ("soften", "image")}
    assert inner.links == links("paint -> soften.mask")
    assert "already" in refusal(PICTURE, RenameNode("paint", "blur"))


def test_a_parameter_is_set_and_taken_back() -> None:
    assert after(PICTURE, SetParam("paint", "color", "blue")).nodes["paint"].params == {
        "width": 64,
        "color": "blue",
    }
    assert after(PICTURE, SetParam("paint", "width", None)).nodes["paint"].params == {}
    inner = after(NESTED, SetParam("paint", "width", 99, "soft")).subgraphs["soft"]
    assert inner.nodes["paint"].params == {"width": 99}


def test_what_an_edit_does_not_touch_is_shared() -> None:
    edited = after(PICTURE, SetParam("paint", "width", 99))
    assert edited.nodes["blur"] is PICTURE.nodes["blur"]
    assert edited.links is PICTURE.links


def test_a_mode_is_set() -> None:
    assert after(PICTURE, SetMode("blur", "bypass")).nodes["blur"].mode == "bypass"
    assert SetMode("blur", "bypass").label == "Bypass 'blur'"


def test_an_input_takes_one_link() -> None:
    edited = after(PICTURE, Connect(("paint", "result"), ("film", "image")))
    assert edited.links == links("paint -> blur.image", "paint -> film.image")
    assert (
        after(PICTURE, Connect(("paint", "result"), ("blur", "mask"))).links[-1].target[1] == "mask"
    )
    same = after(PICTURE, Connect(("paint", "result"), ("blur", "image")))
    assert same.links is PICTURE.links
    assert "Did you mean 'paint'?" in refusal(PICTURE, Connect(("pain", "x"), ("blur", "y")))


def test_a_link_is_removed() -> None:
    assert after(PICTURE, Disconnect(("blur", "image"))).links == links("blur -> film.image")
    assert "No link leads to 'blur.mask'." in refusal(PICTURE, Disconnect(("blur", "mask")))


def test_boxes_are_moved_and_keep_what_else_is_known_of_them() -> None:
    edited = after(PICTURE, Move({"blur": (9.0, 9.5), "film": (0.0, 0.0)}))
    assert edited.view["nodes"] == {
        "paint": {"at": [1, 2]},
        "blur": {"at": [9.0, 9.5], "color": "red"},
        "film": {"at": [0.0, 0.0]},
    }
    assert edited.nodes is PICTURE.nodes
    assert "soft:paint" in after(NESTED, Move({"paint": (1.0, 1.0)}, "soft")).view["nodes"]  # type: ignore[operator]


def test_other_entries_of_the_view_are_set_and_removed() -> None:
    edited = after(PICTURE, SetView("notes", [{"text": "hello"}]))
    assert edited.view["notes"] == [{"text": "hello"}]
    assert "notes" not in after(edited, SetView("notes", None)).view
    assert after(PICTURE, SetView("notes", None)) == PICTURE


def test_a_parameter_is_exposed_and_hidden() -> None:
    edited = after(PICTURE, Expose("sharp", Exposed(node="blur", param="sharp", label="Sharp")))
    assert edited.exposed["sharp"].label == "Sharp"
    assert list(after(PICTURE, Unexpose("size")).exposed) == ["time"]
    assert "Did you mean 'size'?" in refusal(PICTURE, Unexpose("siz"))


def test_a_definition_is_added_and_removed_when_nothing_uses_it() -> None:
    edited = after(PICTURE, AddSubgraph("soft", INNER))
    assert after(edited, RemoveSubgraph("soft")) == PICTURE
    assert "is still used by node 'soft'." in refusal(NESTED, RemoveSubgraph("soft"))
    assert "already" in refusal(NESTED, AddSubgraph("soft", INNER))


def test_ports_are_opened_and_closed() -> None:
    edited = after(NESTED, OpenPort("params", "sharp", ("blur", "sharp"), "soft"))
    assert edited.subgraphs["soft"].params["sharp"] == ("blur", "sharp")
    edited = after(NESTED, ClosePort("inputs", "image", "soft"))
    assert edited.links == links("soft -> film.image")
    edited = after(NESTED, ClosePort("outputs", "result", "soft"))
    assert edited.links == links("paint -> soft.image")
    edited = after(NESTED, ClosePort("params", "size", "soft"))
    assert (edited.nodes["soft"].params, edited.exposed) == ({}, {})


def test_edits_together_are_one() -> None:
    both = Composite(
        "Add film", (AddNode("f", node("film")), Connect(("paint", "result"), ("f", "image")))
    )
    assert len(after(PICTURE, both).links) == 3
    broken = Composite("Bad", (RemoveNode("blur"), RemoveNode("blur")))
    assert "There is no node 'blur'." in refusal(PICTURE, broken)


IDS = ["a", "b", "c", "d"]
PORTS = ["first", "second", "factor"]
places = st.tuples(st.sampled_from(IDS), st.sampled_from([*PORTS, "result", "x"]))
specs = st.builds(
    NodeSpec,
    type=st.sampled_from(["test.add", "subgraph/s", "subgraph/t"]),
    version=st.just(1),
    params=st.dictionaries(st.sampled_from(["factor", "x"]), st.integers(0, 3)),
    mode=st.sampled_from(["on", "bypass"]),
)
nodes = st.dictionaries(st.sampled_from(IDS), specs)
link_lists = st.lists(
    st.tuples(places, places).map(lambda ends: Link(source=ends[0], target=ends[1])), max_size=6
).map(tuple)
borders = st.dictionaries(st.sampled_from(["x", "y", "first"]), places, max_size=2)
definitions = st.builds(
    Subgraph, nodes=nodes, links=link_lists, inputs=borders, outputs=borders, params=borders
)
boxes = st.dictionaries(st.sampled_from([*IDS, "s:a", "s:b"]), st.just({"at": [0, 0]}))
documents = st.builds(
    Document,
    nodes=nodes,
    links=link_lists,
    subgraphs=st.dictionaries(st.sampled_from(["s", "t"]), definitions),
    exposed=st.dictionaries(
        st.sampled_from(["e", "f"]),
        st.builds(Exposed, node=st.sampled_from(IDS), param=st.sampled_from(["factor", "x"])),
    ),
    view=st.fixed_dictionaries({}, optional={"nodes": boxes, "zoom": st.floats(0, 1)}),
)
ids, within = st.sampled_from([*IDS, "new"]), st.sampled_from(["", "", "s", "t"])
sides = st.sampled_from(["inputs", "outputs", "params"])
points = st.tuples(st.floats(-9, 9), st.floats(-9, 9))
single_edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(AddNode, ids, specs, within, st.none() | st.integers(0, 3)),
    st.builds(RemoveNode, ids, within),
    st.builds(RenameNode, ids, ids, within),
    st.builds(SetParam, ids, st.sampled_from(["factor", "x"]), st.none() | st.booleans(), within),
    st.builds(SetMode, ids, st.sampled_from(["on", "bypass", "mute"]), within),
    st.builds(Connect, places, places, within),
    st.builds(Disconnect, places, within),
    st.builds(Move, st.dictionaries(ids, points, max_size=2), within),
    st.builds(SetView, st.sampled_from(["zoom", "notes"]), st.none() | st.just([1])),
    st.builds(Expose, ids, st.builds(Exposed, node=ids, param=st.just("x"))),
    st.builds(Unexpose, st.sampled_from(["e", "f"])),
    st.builds(AddSubgraph, st.sampled_from(["s", "t", "u"]), definitions),
    st.builds(RemoveSubgraph, st.sampled_from(["s", "t", "u"])),
    st.builds(OpenPort, sides, ids, places, st.sampled_from(["s", "t"])),
    st.builds(ClosePort, sides, st.sampled_from(["x", "y", "first"]), st.sampled_from(["s", "t"])),
    st.builds(Group, st.lists(ids, max_size=3).map(tuple), st.just("u"), ids, within),
    st.builds(Ungroup, ids, within),
)
edits = single_edits | st.builds(
    Composite, st.just("Both"), st.lists(single_edits, max_size=3).map(tuple)
)


@settings(max_examples=600)
@given(documents, edits)
def test_any_edit_of_any_document_can_be_undone(document: Document, edit: Edit) -> None:
    before = dump_document(document)
    try:
        edited, inverse = edit.apply(document)
    except InvalidInput:
        assert dump_document(document) == before
        return
    assert dump_document(document) == before
    Document.model_validate(edited.model_dump())
    assert dump_document(inverse.apply(edited)[0]) == before
