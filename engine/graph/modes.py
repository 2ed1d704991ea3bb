"""Bypass and mute resolved, in topological order, into the nodes that compute.

A bypassed node passes on, for each output, its first input of an accepting type; where there is
none, what it feeds is open.  A muted node is absent, and so is what needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.graph.document import Endpoint
from engine.graph.expand import Expanded, Leaf
from engine.graph.flat import FlatNode
from engine.graph.node import NodeType
from engine.graph.ports import PortType
from engine.graph.problems import Problem

NOTHING: Mapping[str, Endpoint] = {}


@dataclass(eq=False)
class Resolved:
    """The nodes that can compute, and what became of the others.

    `lost` are nodes that are faulty or depend on faulty ones, with the nodes they depend on;
    `muted` maps each absent node to the muted one it needs (a muted one to itself); `faults` are
    those of the lost nodes, with what only became visible here.
    """

    nodes: dict[str, FlatNode] = field(default_factory=dict)
    lost: dict[str, tuple[str, ...]] = field(default_factory=dict)
    muted: dict[str, str] = field(default_factory=dict)
    bypassed: dict[Endpoint, Endpoint | None] = field(default_factory=dict)
    faults: dict[str, list[Problem]] = field(default_factory=dict)


def resolve_modes(
    expanded: Expanded, order: Iterable[str], before: Mapping[str, FlatNode]
) -> Resolved:
    """Resolve every leaf; `order` has dependencies first.

    Nodes that did not change are taken from `before`, the flat nodes of an earlier document.
    """
    walk = _Walk(expanded, before)
    for id in order:
        walk.visit(id, expanded.leaves[id])
    return walk.resolved


class _Walk:
    def __init__(self, expanded: Expanded, before: Mapping[str, FlatNode]) -> None:
        self.resolved = Resolved()
        self._expanded = expanded
        self._before = before
        self._hollow: set[str] = set()

    def visit(self, id: str, leaf: Leaf) -> None:
        """Place one leaf whose dependencies were placed."""
        incoming = self._expanded.incoming.get(id, NOTHING)
        if leaf.mode == "mute":
            self.resolved.muted[id] = id
        elif leaf.mode == "bypass":
            self._bypass(id, leaf, incoming)
        else:
            self._place(id, leaf, incoming)

    def _bypass(self, id: str, leaf: Leaf, incoming: Mapping[str, Endpoint]) -> None:
        if leaf.settled is None:
            self._hollow.add(id)
            return
        type = leaf.settled.type
        for output, carried in type.outputs.items():
            port = _passing_input(type, carried)
            source = incoming.get(port) if port is not None else None
            self.resolved.bypassed[id, output] = None if source is None else self._real(source)

    def _real(self, source: Endpoint) -> Endpoint | None:
        """Where a value really comes from; None if a bypassed node has nothing to pass on."""
        if source[0] in self._hollow:
            return None
        return self.resolved.bypassed.get(source, source)

    def _place(self, id: str, leaf: Leaf, incoming: Mapping[str, Endpoint]) -> None:
        resolved = self.resolved
        inputs = incoming
        faults = list(leaf.faults)
        if incoming and (resolved.bypassed or self._hollow or resolved.muted):
            inputs = self._inputs(id, leaf, incoming, faults)
            if id in resolved.muted:
                return
        if faults or (resolved.lost and any(node in resolved.lost for node, _ in inputs.values())):
            resolved.lost[id] = tuple(node for node, _ in inputs.values())
            if faults:
                resolved.faults[id] = faults
        else:
            resolved.nodes[id] = self._flat_node(id, leaf, inputs)

    def _inputs(
        self, id: str, leaf: Leaf, incoming: Mapping[str, Endpoint], faults: list[Problem]
    ) -> dict[str, Endpoint]:
        """What really feeds each port; notes why a required one is open."""
        required = leaf.settled.type.required if leaf.settled is not None else ()
        inputs: dict[str, Endpoint] = {}
        for port, link in incoming.items():
            source = self._real(link)
            absent = source is not None and source[0] in self.resolved.muted
            if source is not None and not absent:
                inputs[port] = source
                faults += self._misfit(id, leaf, port, link, source)
            elif port in required and source is not None:
                self.resolved.muted[id] = self.resolved.muted[source[0]]
            elif port in required:
                faults.append(_nothing_passed(id, port, link[0]))
        return inputs

    def _misfit(
        self, id: str, leaf: Leaf, port: str, link: Endpoint, source: Endpoint
    ) -> list[Problem]:
        """A value that a bypassed node lets through to an input that cannot take it."""
        start = self._expanded.leaves[source[0]].settled
        if source is link or start is None or leaf.settled is None:
            return []
        given = start.type.outputs.get(source[1])
        target = leaf.settled.type.inputs.get(port)
        if given is None or target is None or target.accepts(given):
            return []
        message = f"Node '{id}': its input '{port}' takes {target.name}, but as '{link[0]}' is "
        message += f"bypassed, '{source[0]}.{source[1]}' gives it {given.name}."
        return [Problem(message, f"Turn '{link[0]}' on again.", id, port, given.name)]

    def _flat_node(self, id: str, leaf: Leaf, inputs: Mapping[str, Endpoint]) -> FlatNode:
        assert leaf.settled is not None, "a node without a type is always faulty"
        settled = leaf.settled
        params = {**settled.params, **leaf.given} if leaf.given else settled.params
        fed = [port for port in inputs if port in params]
        if fed:
            params = {name: value for name, value in params.items() if name not in fed}
        known = self._before.get(id)
        if (
            known is not None
            and known.type is settled.type
            and (known.params is params or known.params == params)
            and known.inputs == inputs
        ):
            return known
        return FlatNode(id, settled.type, params, inputs)


def _passing_input(type: NodeType, output: PortType) -> str | None:
    """The input that a bypassed node passes on as `output`."""
    for name, port in type.inputs.items():
        if port.many == output.many and output.accepts(port):
            return name
    return None


def _nothing_passed(id: str, port: str, bypassed: str) -> Problem:
    message = f"Node '{id}': its input '{port}' is open, as '{bypassed}' is bypassed and has "
    message += "nothing of that kind to pass on."
    return Problem(message, f"Turn '{bypassed}' on again, or link something else.", id, port)
