"""The flat graph: what is left of a document once subgraphs, bypass and mute are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.graph.node import NodeType
from engine.graph.params import ParamValue


@dataclass(frozen=True, eq=False)
class FlatNode:
    """One computing node.  Inside subgraphs ids are paths: 'outer/inner'.

    `params` holds every declared parameter (defaults filled in, values checked) that no link
    feeds.  `inputs` maps a port, or a parameter that is fed by a link, to (node id, output port).
    """

    id: str
    type: NodeType
    params: Mapping[str, ParamValue]
    inputs: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, eq=False)
class FlatGraph:
    """All computing nodes by id, in topological order (dependencies first, ties by document)."""

    nodes: Mapping[str, FlatNode]
    warnings: tuple[str, ...] = field(default=())

    @property
    def outputs(self) -> tuple[str, ...]:
        """The nodes whose results users want: those declared `output`, else the open ends."""
        declared = tuple(node.id for node in self.nodes.values() if node.type.output)
        if declared:
            return declared
        used = {source for node in self.nodes.values() for source, _ in node.inputs.values()}
        return tuple(id for id in self.nodes if id not in used)
