"""The flat graph: what is left of a document once subgraphs, bypass and mute are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.graph.node import NodeType
from engine.graph.params import ParamValue


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class FlatNode:
    """One computing node.  Inside subgraphs ids are paths: 'outer/inner'.

    `params` holds every declared parameter (defaults filled in, values checked) that no link
    feeds.  `inputs` maps a port, or a parameter that is fed by a link, to (node id, output port).

    A node that an edit leaves as it was is the same object in the next flat graph, so what was
    derived from it may be remembered under its identity.
    """

    id: str
    type: NodeType
    params: Mapping[str, ParamValue]
    inputs: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, eq=False)
class FlatGraph:
    """All computing nodes by id, in topological order (dependencies first, ties by document).

    `wanted` are the outputs that were asked for by name; if none were, `outputs` finds them.
    """

    nodes: Mapping[str, FlatNode]
    warnings: tuple[str, ...] = field(default=())
    wanted: tuple[str, ...] = field(default=())

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The nodes whose results users want: asked for, else declared `output`, else open ends."""
        if self.wanted:
            return self.wanted
        declared = tuple(node.id for node in self.nodes.values() if node.type.output)
        if declared:
            return declared
        used = {source for node in self.nodes.values() for source, _ in node.inputs.values()}
        return tuple(id for id in self.nodes if id not in used)
