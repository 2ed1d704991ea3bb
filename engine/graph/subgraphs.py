"""Subgraph definitions: their order, their size, and the node type that each of them makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from engine.graph.document import SUBGRAPH, Document, Endpoint, NodeSpec, Subgraph
from engine.graph.names import way_out
from engine.graph.node import Node, NodeType
from engine.graph.order import dependencies_first
from engine.graph.params import ParamSpec
from engine.graph.ports import PortType
from engine.graph.problems import Problem
from engine.graph.registry import Registry
from engine.graph.settled import settle

MAX_FLAT_NODES: Final = 200_000
"""How many nodes and instances a document may come to once its subgraphs are written out."""

MAX_NESTING: Final = 1000
"""How many levels of subgraphs there may be: with each, the paths of the nodes get longer."""

ANYTHING: Final = PortType(members=(), optional=True)

TypeLookup: TypeAlias = Callable[[str], NodeType | None]


@dataclass(frozen=True, eq=False)
class Definitions:
    """The node types of a document's subgraphs, and what is wrong with the definitions.

    `sound` is false if instances cannot be written out: they contain themselves, or too much.
    """

    types: Mapping[str, NodeType]
    problems: tuple[Problem, ...]
    sound: bool


def definition_name(type: str) -> str | None:
    """The subgraph that a node of this type is an instance of, or None for other nodes."""
    return type[len(SUBGRAPH) :] if type.startswith(SUBGRAPH) else None


def read_definitions(document: Document, registry: Registry) -> Definitions:
    """Check the definitions' frame: recursion, size, and where inputs and outputs lead."""
    if not document.subgraphs:
        return Definitions({}, (), sound=True)
    uses = {name: _used(graph, document) for name, graph in document.subgraphs.items()}
    order = dependencies_first(uses)
    if order is None:
        return Definitions({}, (_recursion(uses),), sound=False)
    types: dict[str, NodeType] = {}
    problems: list[Problem] = []
    for name in order:
        lookup = lookup_in(types, registry)
        graph = document.subgraphs[name]
        types[SUBGRAPH + name] = _instance_type(name, graph, lookup, problems)
    excess = _excess(document, order, uses)
    return Definitions(types, (*problems, *excess), sound=not excess)


def lookup_in(types: Mapping[str, NodeType], registry: Registry) -> TypeLookup:
    """How to find a node type among subgraphs and installed nodes."""
    if not types:
        return registry.get
    return lambda type: types.get(type) or registry.get(type)


def _used(graph: Subgraph, document: Document) -> list[str]:
    names = dict.fromkeys(definition_name(spec.type) for spec in graph.nodes.values())
    return [name for name in names if name is not None and name in document.subgraphs]


def _recursion(uses: Mapping[str, list[str]]) -> Problem:
    from engine.graph.queries import find_cycle

    path = " → ".join(f"'{name}'" for name in find_cycle(uses))
    message = f"Subgraphs contain themselves: {path}."
    return Problem(message, "Take one of these instances out of its definition.")


def _excess(
    document: Document, order: list[str], uses: Mapping[str, list[str]]
) -> tuple[Problem, ...]:
    """What is too much to be written out; `order` has what a definition uses before it."""
    sizes: dict[str, int] = {}
    levels: dict[str, int] = {}

    def size_of(nodes: Mapping[str, NodeSpec]) -> int:
        return sum(sizes.get(definition_name(spec.type) or "", 1) for spec in nodes.values())

    for name in order:
        sizes[name] = min(1 + size_of(document.subgraphs[name].nodes), MAX_FLAT_NODES + 1)
        levels[name] = 1 + max((levels[used] for used in uses[name]), default=0)
    if size_of(document.nodes) > MAX_FLAT_NODES:
        message = f"Written out, the subgraphs come to more than {MAX_FLAT_NODES:,} nodes."
        return (Problem(message, "Use fewer instances."),)
    if max(levels.values()) > MAX_NESTING:
        message = f"Subgraphs are nested more than {MAX_NESTING:,} levels deep."
        return (Problem(message, "Ungroup some of them."),)
    return ()


def _instance_type(
    name: str, graph: Subgraph, lookup: TypeLookup, problems: list[Problem]
) -> NodeType:
    """What an instance looks like from outside; faulty ports of it carry anything."""
    frame = _Frame(name, graph, lookup, problems)
    inputs = {port: frame.input(port, place) for port, place in graph.inputs.items()}
    params = {key: frame.param(key, place) for key, place in graph.params.items()}
    outputs = {port: frame.output(port, place) for port, place in graph.outputs.items()}
    for twice in graph.inputs.keys() & graph.params.keys():
        message = f"Subgraph '{name}' has both an input and a parameter '{twice}'."
        problems.append(Problem(message, "Rename one of them.", field=twice))
    frame.refuse_double_links()
    found = [lookup(spec.type) for spec in graph.nodes.values()]
    return NodeType(
        type=SUBGRAPH + name,
        version=1,
        category="Subgraph",
        title=name.replace("_", " "),
        doc=f"The subgraph '{name}' of this document.",
        node=Node,
        inputs=inputs,
        params={key: param for key, param in params.items() if param is not None},
        outputs=outputs,
        aliases=(),
        output=any(type.output for type in found if type is not None),
        cached=True,
    )


@dataclass(frozen=True)
class _Frame:
    """Looks up what lies behind the names on a definition's border."""

    name: str
    graph: Subgraph
    lookup: TypeLookup
    problems: list[Problem]

    def input(self, port: str, place: Endpoint) -> PortType:
        type = self._type(port, place)
        if type is None:
            return ANYTHING
        found = type.inputs.get(place[1])
        if found is None and place[1] in type.params:
            found = type.params[place[1]].port
        return found or self._lost(port, place, [*type.inputs, *type.params])

    def output(self, port: str, place: Endpoint) -> PortType:
        type = self._type(port, place)
        if type is None:
            return ANYTHING
        return type.outputs.get(place[1]) or self._lost(port, place, list(type.outputs))

    def param(self, name: str, place: Endpoint) -> ParamSpec | None:
        """The inner parameter under its outer name; its default is what the inner node has."""
        type = self._type(name, place)
        if type is None:
            return None
        param = type.params.get(place[1])
        if param is None:
            self._lost(name, place, list(type.params))
            return None
        inner = settle(self.graph.nodes[place[0]], type).params[place[1]]
        return replace(param, name=name, default=inner)

    def refuse_double_links(self) -> None:
        """Every inner port is fed from one side only, once."""
        taken = {link.target for link in self.graph.links}
        for port, place in self.graph.inputs.items():
            if place in taken:
                message = f"Subgraph '{self.name}': input '{port}' leads to '{place[0]}.{place[1]}'"
                message += ", which something feeds already."
                self.problems.append(Problem(message, "Remove one of the two.", field=port))
            taken.add(place)

    def _type(self, port: str, place: Endpoint) -> NodeType | None:
        spec = self.graph.nodes.get(place[0])
        if spec is not None:
            return self.lookup(spec.type)
        message = (
            f"Subgraph '{self.name}': '{port}' leads to '{place[0]}', a node it does not have."
        )
        remedy = way_out(place[0], self.graph.nodes, none="It has no nodes.")
        self.problems.append(Problem(message, remedy, field=port, value=place[0]))
        return None

    def _lost(self, port: str, place: Endpoint, names: list[str]) -> PortType:
        message = f"Subgraph '{self.name}': '{port}' leads to '{place[0]}.{place[1]}', "
        message += "which does not exist."
        remedy = way_out(place[1], names, none=f"'{place[0]}' has none.")
        self.problems.append(Problem(message, remedy, field=port, value=place[1]))
        return ANYTHING
