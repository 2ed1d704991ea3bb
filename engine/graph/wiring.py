"""One level of a graph, a document's or a definition's: its nodes and links checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engine.graph.document import Document, Endpoint, Link, Subgraph
from engine.graph.names import closest, way_out
from engine.graph.node import NodeType
from engine.graph.ports import PortType
from engine.graph.problems import Problem
from engine.graph.registry import Registry
from engine.graph.settled import Settled, settle
from engine.graph.subgraphs import TypeLookup, definition_name

SUGGESTIONS: Final = 50
"""For how many lost links the node that was meant is looked for: in a big graph it takes long."""


@dataclass(eq=False)
class Wiring:
    """What is known of one level once it was looked at.

    `settled` holds the nodes whose type is known, `incoming` what feeds each port or parameter.
    `faults` are problems that matter only if the node is needed; `problems` always matter.
    """

    settled: dict[str, Settled] = field(default_factory=dict)
    incoming: dict[str, dict[str, Endpoint]] = field(default_factory=dict)
    faults: dict[str, list[Problem]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_wiring(
    graph: Document | Subgraph,
    document: Document,
    lookup: TypeLookup,
    registry: Registry,
    within: str = "",
) -> Wiring:
    """Check every node and link of one level; `within` names the definition it is."""
    reader = _Reader(graph, document, lookup, registry, within)
    reader.read_nodes()
    reader.read_links()
    reader.read_open_inputs()
    return reader.wiring


class _Reader:
    def __init__(
        self,
        graph: Document | Subgraph,
        document: Document,
        lookup: TypeLookup,
        registry: Registry,
        within: str,
    ) -> None:
        self.wiring = Wiring()
        self._graph = graph
        self._document = document
        self._lookup = lookup
        self._registry = registry
        self._within = f"{within}:" if within else ""

    def read_nodes(self) -> None:
        """Find every node's type and check its parameters."""
        settled, lookup = self.wiring.settled, self._lookup
        for id, spec in self._graph.nodes.items():
            type = lookup(spec.type)
            if type is None:
                self._unknown_type(id, spec.type)
                continue
            known = settled[id] = settle(spec, type)
            for fault in known.faults:
                self._fault(id, fault.clause, fault.remedy, fault.field, fault.value)

    def read_links(self) -> None:
        """Check that every link joins two ports that exist and fit, each input taken once."""
        settled, incoming = self.wiring.settled, self.wiring.incoming
        for link in self._graph.links:
            source, (id, port) = link.source, link.target
            taken = incoming.setdefault(id, {})
            if port in taken:
                self._double_link(link, taken[port])
                continue
            taken[port] = source
            start, end = settled.get(source[0]), settled.get(id)
            if start is None or end is None:
                self._link_to_no_type(link)
                continue
            output = start.type.outputs.get(source[1])
            target = end.type.inputs.get(port) or _param_port(end.type, port)
            if output is None:
                self._no_output(link, start.type)
            if target is None:
                self._no_input(link, end.type)
            if output is not None and target is not None and not target.accepts(output):
                self._mismatch(link, output, target)

    def read_open_inputs(self) -> None:
        """Check that every node that computes has its required inputs."""
        graph, incoming = self._graph, self.wiring.incoming
        bordering = set(graph.inputs.values()) if isinstance(graph, Subgraph) else set()
        for id, known in self.wiring.settled.items():
            required = known.type.required
            if not required or graph.nodes[id].mode != "on":
                continue
            fed = incoming.get(id, {})
            for port in required:
                if port not in fed and (id, port) not in bordering:
                    clause = f"its input '{port}' is open"
                    remedy = f"Link {_with_article(known.type.inputs[port].name)} to it."
                    self._fault(id, clause, remedy, port)

    def _fault(
        self, id: str, clause: str, remedy: str = "", field: str = "", value: str = ""
    ) -> None:
        name = self._within + id
        problem = Problem(f"Node '{name}': {clause}.", remedy, name, field, value)
        self.wiring.faults.setdefault(id, []).append(problem)

    def _unknown_type(self, id: str, type: str) -> None:
        definition = definition_name(type)
        if definition in self._document.subgraphs:
            return  # it contains itself, which `read_definitions` tells
        if definition is not None:
            clause = f"there is no subgraph '{definition}' in this document"
            remedy = way_out(definition, self._document.subgraphs, none="Remove the node.")
            self._fault(id, clause, remedy, "type", type)
            return
        meant = self._registry.suggest(type)
        missing = [name for name in self._document.packs if name not in self._registry.packs]
        remedy = "Install the pack it comes from, or remove the node."
        if meant is not None:
            remedy = f"Did you mean '{meant}'?"
        elif missing:
            remedy = f"Install the pack {' or '.join(missing)}, or remove the node."
        self._fault(id, f"the node type '{type}' is not installed", remedy, "type", type)

    def _double_link(self, link: Link, first: Endpoint) -> None:
        id, port = link.target
        message = f"Node '{self._within}{id}': two links lead to its input '{port}', "
        message += f"from {_joined(first)} and {_joined(link.source)}."
        node = self._within + id
        self.wiring.problems.append(
            Problem(message, "Remove one of them.", node, port, _joined(link.source))
        )

    def _link_to_no_type(self, link: Link) -> None:
        """A link at a node that is not there; one at a node of unknown type says nothing more."""
        nodes = self._graph.nodes
        for here, (id, _) in (("starts", link.source), ("ends", link.target)):
            if id in nodes:
                continue
            message = f"The link from {_joined(link.source)} to {_joined(link.target)} {here} at "
            message += f"a node '{self._within}{id}' that does not exist."
            meant = closest(id, nodes) if len(self.wiring.problems) < SUGGESTIONS else None
            remedy = f"Did you mean '{meant}'?" if meant else "Remove the link."
            self.wiring.problems.append(Problem(message, remedy, self._within + id, value=id))

    def _no_output(self, link: Link, start: NodeType) -> None:
        id, port = link.target
        clause = f"its '{port}' is linked to {_joined(link.source)}, an output that does not exist"
        none = f"{start.type} has no outputs."
        remedy = way_out(link.source[1], start.outputs, none=none)
        self._fault(id, clause, remedy, port, _joined(link.source))

    def _no_input(self, link: Link, end: NodeType) -> None:
        id, port = link.target
        clause = f"it has no input or parameter '{port}', where {_joined(link.source)} is linked"
        none = f"{end.type} has neither inputs nor parameters."
        self._fault(id, clause, way_out(port, [*end.inputs, *end.params], none=none), port)

    def _mismatch(self, link: Link, output: PortType, target: PortType) -> None:
        id, port = link.target
        clause = f"its input '{port}' takes {target.name}, "
        clause += f"but {_joined(link.source)} gives {output.name}"
        remedy = f"Link {_with_article(target.name)} to it, or convert it in between."
        self._fault(id, clause, remedy, port, output.name)


def _param_port(type: NodeType, name: str) -> PortType | None:
    param = type.params.get(name)
    return None if param is None else param.port


def _joined(place: Endpoint) -> str:
    return f"'{place[0]}.{place[1]}'"


def _with_article(name: str) -> str:
    return f"an {name}" if name[:1] in "AEIOU" else f"a {name}"
