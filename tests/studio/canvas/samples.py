"""Faces and documents that the canvas's tests draw."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.graph.document import Document, Link, NodeSpec
from engine.graph.params import ParamSpec
from studio.faces import CanvasFace, LinkFace, NodeFace, ParamFace, PortFace
from studio.runs import NodeRun

CLIP_IN = PortFace("clip", "Clip", "Clip", "circle", required=True, linked=False)
CLIP_OUT = PortFace("result", "Result", "Clip", "circle", required=True, linked=False)
STEPS = ParamFace(ParamSpec("steps", int, 30, ge=1, le=100), 30, is_set=False)
PROMPT = ParamFace(ParamSpec("text", str, "", widget="text"), "a red ball", is_set=True)
PLAIN = NodeFace(
    id="",
    title="Do something",
    type_name="test.node",
    category="Image",
    subgraph="",
    at=(0.0, 0.0),
    width=200.0,
    mode="on",
    collapsed=False,
    color="",
    inputs=(CLIP_IN,),
    outputs=(CLIP_OUT,),
    params=(STEPS,),
    run=NodeRun(),
    problem="",
    missing=False,
    doc="Does something.\n\nIn detail.",
)


def node(id: str, x: float = 0.0, y: float = 0.0, **changes: Any) -> NodeFace:
    """A node with an input, an output and a parameter."""
    return replace(PLAIN, id=id, at=(x, y), **changes)


def link(source: str, target: str, **changes: Any) -> LinkFace:
    """A link from a node's only output to another's only input."""
    return replace(LinkFace((source, "result"), (target, "clip"), "Clip"), **changes)


def face(nodes: Iterable[NodeFace], links: Iterable[LinkFace] = (), **more: Any) -> CanvasFace:
    """A canvas of these."""
    return CanvasFace(
        {each.id: each for each in nodes}, {each.target: each for each in links}, **more
    )


def chain() -> CanvasFace:
    """Three nodes in a row."""
    nodes = [node("a", 0, 0), node("b", 300, 0), node("c", 600, 0)]
    return face(nodes, [link("a", "b"), link("b", "c")])


def document(count: int = 3) -> Document:
    """Prompts that are checked one after the other, placed in a row."""
    ids = [f"n{number}" for number in range(count)]
    nodes = {id: NodeSpec(type="safety.prompt", version=1) for id in ids}
    nodes["n0"] = NodeSpec(type="text.prompt", version=1, params={"text": "a red ball"})
    links = [Link(source=(a, "result"), target=(b, "text")) for a, b in itertools.pairwise(ids)]
    boxes = {id: {"at": [number * 300.0, 0.0]} for number, id in enumerate(ids)}
    return Document(nodes=nodes, links=tuple(links), view={"nodes": boxes})
