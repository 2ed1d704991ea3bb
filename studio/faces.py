"""What the canvas draws: frozen, plain, and complete, so that drawing asks nobody anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from engine.graph.document import Endpoint, Mode
from engine.graph.params import ParamSpec, ParamValue
from studio.runs import NodeRun

Shape: TypeAlias = Literal["circle", "diamond", "square"]
"""One value; a list of values; anything."""

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PortFace:
    """A port as it is drawn.  `kind` is its type as people read it, and decides its colour."""

    name: str
    label: str
    kind: str
    shape: Shape
    required: bool
    linked: bool
    param: bool = False


@dataclass(frozen=True, slots=True)
class ParamFace:
    """A parameter at hand on the node.  `exposed` is the name by which the document offers it."""

    spec: ParamSpec
    value: ParamValue
    is_set: bool
    exposed: str = ""

    @property
    def label(self) -> str:
        """How people read its name."""
        return self.spec.label or spaced(self.spec.name)


@dataclass(frozen=True, slots=True)
class NodeFace:
    """A node as it is drawn.  `at` is None until it is placed; `subgraph` names its definition."""

    id: str
    title: str
    type_name: str
    category: str
    subgraph: str
    at: Point | None
    width: float
    mode: Mode
    collapsed: bool
    color: str
    inputs: tuple[PortFace, ...]
    outputs: tuple[PortFace, ...]
    params: tuple[ParamFace, ...]
    run: NodeRun
    problem: str
    missing: bool
    doc: str


@dataclass(frozen=True, slots=True)
class LinkFace:
    """A link as it is drawn; `kind` is the type of what travels on it."""

    source: Endpoint
    target: Endpoint
    kind: str
    waypoints: tuple[Point, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FrameFace:
    """A frame around nodes that belong together."""

    id: str
    at: Point
    size: Point
    title: str
    color: str


@dataclass(frozen=True, slots=True)
class NoteFace:
    """A note on the canvas."""

    id: str
    at: Point
    size: Point
    text: str
    color: str


@dataclass(frozen=True, slots=True)
class CanvasFace:
    """One level of a document, ready to be drawn; links by their target."""

    nodes: Mapping[str, NodeFace] = field(default_factory=dict)
    links: Mapping[Endpoint, LinkFace] = field(default_factory=dict)
    frames: Mapping[str, FrameFace] = field(default_factory=dict)
    notes: Mapping[str, NoteFace] = field(default_factory=dict)


def spaced(name: str) -> str:
    """'checkpoint_every' as people read it: 'Checkpoint every'."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
