"""What the inspector shows, frozen and plain, so that showing asks nobody anything; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from engine.graph.document import Mode
from engine.graph.params import ParamSpec, ParamValue
from engine.graph.problems import Problem
from studio.faces import spaced
from studio.runs import NodeRun


@dataclass(frozen=True, slots=True)
class Source:
    """Where a linked parameter's value comes from.  `node` can be gone to, unless it is ''."""

    text: str
    node: str = ""


@dataclass(frozen=True, slots=True)
class ParamLine:
    """One parameter of what is selected.

    `mixed`: several nodes differ.  `fault`: the document holds a value that is not allowed, and
    this is why.  `exposed` and `promoted` are the names by which the document or the definition
    offers it.  `fresh`: each run takes a new value.  `notes` are what the last run noted on a text.
    """

    spec: ParamSpec
    value: ParamValue
    is_set: bool = False
    mixed: bool = False
    fault: str = ""
    source: Source | None = None
    exposed: str = ""
    promoted: str = ""
    fresh: bool = False
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How people read its name."""
        return self.spec.label or spaced(self.spec.name)


@dataclass(frozen=True, slots=True)
class PortLine:
    """A port in a node's documentation."""

    name: str
    label: str
    kind: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class NodeFace:
    """One selected node.

    `subgraph` is the definition it is an instance of, or ''; `inside` whether it stands in a
    definition, whose border a parameter can be led to.
    """

    id: str
    title: str
    type_title: str
    type_name: str
    category: str
    mode: Mode
    doc: str
    pack: str
    version: int
    subgraph: str
    inside: bool
    params: tuple[ParamLine, ...]
    inputs: tuple[PortLine, ...]
    outputs: tuple[PortLine, ...]
    problems: tuple[Problem, ...]
    run: NodeRun

    @property
    def ids(self) -> tuple[str, ...]:
        """The node, as `ManyFace` tells its own."""
        return (self.id,)


@dataclass(frozen=True, slots=True)
class ManyFace:
    """Several selected nodes, what they are, and the parameters that all of them have.

    `type_name` is '' unless all are of one type.
    """

    ids: tuple[str, ...]
    type_name: str
    kinds: tuple[tuple[str, int], ...]
    params: tuple[ParamLine, ...]
    inside: bool
    mode: Mode | None


@dataclass(frozen=True, slots=True)
class MissingFace:
    """A selected node whose type is not installed."""

    id: str
    title: str
    type_name: str
    packs: tuple[str, ...]
    problem: str
    remedy: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ControlLine:
    """A parameter that the document exposes; `line` is None where it leads nowhere."""

    name: str
    label: str
    help: str
    node: str
    param: str
    line: ParamLine | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PackLine:
    """A pack that the document needs; `installed` is '' where it is not."""

    name: str
    wanted: str
    installed: str


@dataclass(frozen=True, slots=True)
class DocumentFace:
    """The document itself, when nothing is selected."""

    name: str
    file: str
    level: str
    nodes: int
    links: int
    controls: tuple[ControlLine, ...]
    packs: tuple[PackLine, ...]
    problems: tuple[Problem, ...]


InspectorFace: TypeAlias = NodeFace | ManyFace | MissingFace | DocumentFace
