"""Writing subgraph instances out: every leaf node by its path, and what feeds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.graph.document import Document, Endpoint, Mode, NodeSpec, Subgraph
from engine.graph.params import ParamValue
from engine.graph.problems import Problem
from engine.graph.settled import Settled
from engine.graph.subgraphs import definition_name
from engine.graph.wiring import Wiring


@dataclass(eq=False, slots=True)
class Leaf:
    """A node that is written out: one that computes, or an instance that is bypassed or muted.

    `faults` are what is wrong with it and with the instances around it; `given` are parameters
    set on those.
    """

    settled: Settled | None
    mode: Mode
    faults: tuple[Problem, ...]
    given: Mapping[str, ParamValue] = field(default_factory=dict)


@dataclass(eq=False)
class Expanded:
    """All leaves by path in the order of the document, and what feeds their ports.

    `instances` maps the path of each instance to the inner outputs behind its own.
    """

    leaves: dict[str, Leaf]
    incoming: Mapping[str, Mapping[str, Endpoint]]
    instances: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)


def expand(document: Document, top: Wiring, inner: Mapping[str, Wiring]) -> Expanded:
    """Write out all instances; `inner` are the definitions' wirings.

    The definitions contain no cycle.
    """
    if not document.subgraphs:
        return Expanded(_plain_leaves(document, top), _between(top, document.nodes))
    return _Expansion(document, inner).run(top)


def _plain_leaves(document: Document, top: Wiring) -> dict[str, Leaf]:
    settled, faults = top.settled, top.faults
    return {
        id: Leaf(settled.get(id), spec.mode, tuple(faults.get(id, ())))
        for id, spec in document.nodes.items()
    }


def _between(top: Wiring, nodes: Mapping[str, NodeSpec]) -> Mapping[str, Mapping[str, Endpoint]]:
    """The links between nodes that exist."""
    if not top.problems:
        return top.incoming
    return {
        id: {port: source for port, source in ports.items() if source[0] in nodes}
        for id, ports in top.incoming.items()
        if id in nodes
    }


@dataclass(eq=False)
class _Level:
    """An instance that is being written out: its path with a '/', and what is left of it."""

    prefix: str
    graph: Document | Subgraph
    wiring: Wiring
    faults: tuple[Problem, ...]
    given: Mapping[str, Mapping[str, ParamValue]]
    left: Iterator[tuple[str, NodeSpec]]


class _Expansion:
    """Walks the instances with a stack of its own, so that nesting may be deep."""

    def __init__(self, document: Document, inner: Mapping[str, Wiring]) -> None:
        self._document = document
        self._inner = inner
        self._leaves: dict[str, Leaf] = {}
        self._links: list[tuple[Endpoint, Endpoint]] = []
        self._inlets: dict[Endpoint, Endpoint] = {}
        self._outlets: dict[Endpoint, Endpoint] = {}
        self._instances: dict[str, Subgraph] = {}

    def run(self, top: Wiring) -> Expanded:
        stack = [self._level("", self._document, top, (), {})]
        while stack:
            entry = next(stack[-1].left, None)
            if entry is None:
                stack.pop()
                continue
            below = self._visit(stack[-1], *entry)
            if below is not None:
                stack.append(below)
        instances = {
            path: tuple(self._behind((path, port)) for port in graph.outputs)
            for path, graph in self._instances.items()
        }
        return Expanded(self._leaves, self._resolved(), instances)

    def _level(
        self,
        prefix: str,
        graph: Document | Subgraph,
        wiring: Wiring,
        faults: tuple[Problem, ...],
        given: Mapping[str, Mapping[str, ParamValue]],
    ) -> _Level:
        for id, ports in wiring.incoming.items():
            for port, (source, output) in ports.items():
                self._links.append(((prefix + source, output), (prefix + id, port)))
        return _Level(prefix, graph, wiring, faults, given, iter(graph.nodes.items()))

    def _visit(self, level: _Level, id: str, spec: NodeSpec) -> _Level | None:
        """Note a leaf; for an instance that is on, return the level below."""
        path = level.prefix + id
        settled = level.wiring.settled.get(id)
        faults = (*level.faults, *level.wiring.faults.get(id, ()))
        given = level.given.get(id, {})
        name = definition_name(spec.type)
        if settled is None or name is None or spec.mode != "on":
            self._leaves[path] = Leaf(settled, spec.mode, faults, given)
            return None
        graph = self._document.subgraphs[name]
        self._join_border(path, graph)
        inside = _given_inside(graph, {**settled.params, **given})
        return self._level(f"{path}/", graph, self._inner[name], faults, inside)

    def _join_border(self, path: str, graph: Subgraph) -> None:
        self._instances[path] = graph
        for port, (id, inner) in (*graph.inputs.items(), *graph.params.items()):
            self._inlets[path, port] = (f"{path}/{id}", inner)
        for port, (id, inner) in graph.outputs.items():
            self._outlets[path, port] = (f"{path}/{id}", inner)

    def _resolved(self) -> dict[str, dict[str, Endpoint]]:
        """The links between leaves: those that meet a border go on behind it."""
        incoming: dict[str, dict[str, Endpoint]] = {}
        for source, target in self._links:
            source = self._behind(source)
            target = _followed(self._inlets, target)
            if source[0] in self._leaves and target[0] in self._leaves:
                incoming.setdefault(target[0], {})[target[1]] = source
        return incoming

    def _behind(self, source: Endpoint) -> Endpoint:
        """The leaf's output that an instance's output stands for, however deep."""
        return _followed(self._outlets, source)


def _followed(border: dict[Endpoint, Endpoint], place: Endpoint) -> Endpoint:
    """Where `place` leads through all borders; they lead there at once from then on."""
    passed = []
    while place in border:
        passed.append(place)
        place = border[place]
    for early in passed:
        border[early] = place
    return place


def _given_inside(
    graph: Subgraph, params: Mapping[str, ParamValue]
) -> dict[str, dict[str, ParamValue]]:
    """The values of promoted parameters by inner node."""
    inside: dict[str, dict[str, ParamValue]] = {}
    for name, (id, inner) in graph.params.items():
        if name in params:
            inside.setdefault(id, {})[inner] = params[name]
    return inside
