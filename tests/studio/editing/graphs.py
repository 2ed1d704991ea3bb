"""Random documents, and the check that every edit is undone without a trace."""

from __future__ import annotations

from hypothesis import strategies as st
from pydantic import JsonValue

from engine.graph.document import (
    Document,
    Endpoint,
    Exposed,
    Link,
    NodeSpec,
    Subgraph,
    dump_document,
)
from engine.graph.edits import Edit
from engine.graph.edits.changes import graph_in
from engine.graph.node import NodeType
from studio.editing.level import Level
from tests.engine.graph.samples import NODES, REGISTRY, links

TYPES = tuple(type for node in NODES if (type := REGISTRY.get(node.options.type)) is not None)  # type: ignore[union-attr]


def typed(name: str) -> NodeType:
    """The toy node type 'test.<name>'."""
    found = REGISTRY.get(f"test.{name}")
    assert found is not None
    return found


def level(document: Document, within: str = "") -> Level:
    """A level of a document of toy nodes."""
    return Level(document, within, REGISTRY)


def pairs(document: Document, within: str = "") -> set[str]:
    """A level's links, written as in the samples."""
    return {
        f"{link.source[0]}.{link.source[1]} -> {link.target[0]}.{link.target[1]}"
        for link in graph_in(document, within).links
    }


def after(document: Document, edit: Edit) -> Document:
    """The edited document; checks that undo leaves no trace and redo comes to the same."""
    text = dump_document(document)
    edited, inverse = edit.apply(document)
    assert dump_document(document) == text
    restored, redo = inverse.apply(edited)
    assert restored == document
    assert dump_document(restored) == text
    assert dump_document(redo.apply(restored)[0]) == dump_document(edited)
    return edited


@st.composite
def documents(draw: st.DrawFn, valid: bool = False, size: int = 7) -> Document:
    """A document of toy nodes with links, looks and perhaps a subgraph that is used twice."""
    nodes = draw(_nodes(size))
    subgraphs: dict[str, Subgraph] = {}
    if draw(st.booleans()):
        subgraphs["soft"] = draw(_definitions())
        for id in draw(st.sampled_from([["s"], ["s", "s_2"]])):
            nodes[id] = NodeSpec(type="subgraph/soft", version=1)
    document = Document(nodes=nodes, subgraphs=subgraphs)
    document = document.model_copy(update={"links": draw(_links(document, valid))})
    update = {"exposed": draw(_exposed(document)), "view": draw(_views(document))}
    return document.model_copy(update=update)


@st.composite
def _nodes(draw: st.DrawFn, size: int) -> dict[str, NodeSpec]:
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=size))
    modes = draw(st.lists(st.sampled_from(["on", "on", "bypass", "mute"]), min_size=len(types)))
    return {
        f"n{number}": NodeSpec(type=type.type, version=type.version, mode=mode)  # type: ignore[arg-type]
        for number, (type, mode) in enumerate(zip(types, modes, strict=False))
    }


@st.composite
def _definitions(draw: st.DrawFn) -> Subgraph:
    """An inside through which a picture passes, or past which it does not."""
    nodes = {
        "blur": NodeSpec(type="test.blur", version=1),
        "paint": NodeSpec(type="test.paint", version=1),
        "end": NodeSpec(type="test.blur", version=1),
    }
    inner = draw(st.sampled_from([(), ("paint -> blur.mask",), ("blur -> end.image",)]))
    outputs: dict[str, Endpoint] = {
        "result": draw(st.sampled_from([("blur", "result"), ("end", "result")]))
    }
    return Subgraph(
        nodes=nodes,
        links=links(*inner),
        inputs={"image": ("blur", "image")},
        outputs=outputs,
        params={"size": ("paint", "width")},
    )


@st.composite
def _links(draw: st.DrawFn, document: Document, valid: bool) -> tuple[Link, ...]:
    """Links from anywhere to anywhere (or, if valid, forwards between types that fit)."""
    here = level(document)
    ids = list(document.nodes)
    found: dict[Endpoint, Link] = {}
    for _ in range(draw(st.integers(0, 10))):
        start, end = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
        if valid and ids.index(start) >= ids.index(end):
            continue
        source, target = here.type_of(start), here.type_of(end)
        assert source is not None
        assert target is not None
        outputs, inputs = list(source.outputs), [*target.inputs, *target.params]
        if not outputs or not inputs:
            continue
        link = Link(
            source=(start, draw(st.sampled_from(outputs))),
            target=(end, draw(st.sampled_from(inputs))),
        )
        if not valid or _fits(here, link):
            found[link.target] = link
    return tuple(found.values())


def _fits(here: Level, link: Link) -> bool:
    from studio.editing.connect import can_connect

    return can_connect(here, link.source, link.target)


@st.composite
def _exposed(draw: st.DrawFn, document: Document) -> dict[str, Exposed]:
    here = level(document)
    params = [
        Exposed(node=id, param=name)
        for id in document.nodes
        for name in (here.type_of(id).params if here.type_of(id) else ())  # type: ignore[union-attr]
    ]
    chosen = draw(st.lists(st.sampled_from(params), max_size=3)) if params else []
    return {f"e{number}": it for number, it in enumerate(chosen)}


@st.composite
def _views(draw: st.DrawFn, document: Document) -> dict[str, JsonValue]:
    number = st.integers(-500, 500)
    spot = st.lists(number, min_size=2, max_size=2)
    keys = [*document.nodes, *(f"soft:{id}" for id in ("blur", "paint") if document.subgraphs)]
    boxes: dict[str, JsonValue] = {
        key: {"at": draw(spot), **draw(st.sampled_from([{}, {"color": "rose"}]))}
        for key in keys
        if draw(st.booleans())
    }
    view: dict[str, JsonValue] = {"nodes": boxes} if draw(st.booleans()) else {}
    led = [link.target for link in document.links if draw(st.booleans())]
    if led:
        view["waypoints"] = {f"{id}.{port}": [draw(spot)] for id, port in led}
    if draw(st.booleans()):
        view["frames"] = {"f": {"within": "", "at": draw(spot), "size": [300, 200], "title": "F"}}
        view["notes"] = {"n": {"within": "", "at": draw(spot), "size": [90, 50], "text": "hello"}}
    return view
