"""Gathering nodes into a subgraph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import JsonValue

from engine.errors import InvalidInput
from engine.graph.document import SUBGRAPH, Document, Endpoint, Link, NodeSpec, Subgraph
from engine.graph.edits.changes import (
    Change,
    Drop,
    DropLink,
    PlannedEdit,
    Put,
    ReplaceLink,
    graph_in,
)
from engine.graph.edits.names import free_name, node_in, place_key, refuse_taken
from engine.graph.edits.subgraphs import border_of
from engine.graph.edits.view import boxes_of


@dataclass(frozen=True)
class Group(PlannedEdit):
    """Move nodes into a new definition `name`, with one instance `id` of it in their place.

    Links that cross the border get a port each way, exposed parameters are promoted; what the
    graph computes stays the same.
    """

    nodes: tuple[str, ...]
    name: str
    id: str
    within: str = ""

    @property
    def label(self) -> str:
        return f"Group into '{self.name}'"

    def plan(self, document: Document) -> Iterator[Change]:
        graph = graph_in(document, self.within)
        if not self.nodes:
            raise InvalidInput("There are no nodes to group.", remedy="Select some first.")
        for id in self.nodes:
            node_in(graph, id)
        refuse_taken(self.name, document.subgraphs, "subgraph")
        refuse_taken(self.id, graph.nodes, "node")
        border = _Border(frozenset(self.nodes), self.id)
        moved = list(self._moved_links(graph.links, border))
        renamed = list(self._renamed_outside(document, graph, border))
        yield Put("subgraphs", self.name, self._definition(graph, border))
        yield from renamed
        yield from moved
        yield from self._exchanged_nodes(graph)
        yield from self._moved_boxes(document)

    def _moved_links(self, links: tuple[Link, ...], border: _Border) -> Iterator[Change]:
        for index, link in enumerate(links):
            outer = border.outer(link)
            if outer is not None and outer != link:
                yield ReplaceLink(index, outer, self.within)
        for index in reversed(range(len(links))):
            if border.outer(links[index]) is None:
                yield DropLink(index, self.within)

    def _renamed_outside(
        self, document: Document, graph: Document | Subgraph, border: _Border
    ) -> Iterator[Change]:
        """What the outside knew of the nodes, led through the instance."""
        if isinstance(graph, Subgraph):
            for side, name, place in border_of(graph):
                if place[0] in border.nodes:
                    port = border.port(side, place)
                    yield Put(side, name, (self.id, port), self.within)
            return
        for name, exposed in document.exposed.items():
            if exposed.node in border.nodes:
                param = border.port("params", (exposed.node, exposed.param))
                update = {"node": self.id, "param": param}
                yield Put("exposed", name, exposed.model_copy(update=update))

    def _definition(self, graph: Document | Subgraph, border: _Border) -> Subgraph:
        nodes = {id: spec for id, spec in graph.nodes.items() if id in border.nodes}
        links = tuple(link for link in graph.links if border.outer(link) is None)
        return Subgraph(
            nodes=nodes,
            links=links,
            inputs=border.by_name("inputs"),
            outputs=border.by_name("outputs"),
            params=border.by_name("params"),
        )

    def _exchanged_nodes(self, graph: Document | Subgraph) -> Iterator[Change]:
        first = next(index for index, id in enumerate(graph.nodes) if id in self.nodes)
        for id in dict.fromkeys(self.nodes):
            yield Drop("nodes", id, self.within)
        instance = NodeSpec(type=SUBGRAPH + self.name, version=1)
        yield Put("nodes", self.id, instance, self.within, first)

    def _moved_boxes(self, document: Document) -> Iterator[Change]:
        """The nodes keep their places inside; the instance takes the place of the first one."""
        boxes = boxes_of(document)
        moved: dict[str, JsonValue] = {}
        for id in dict.fromkeys(self.nodes):
            if (key := place_key(id, self.within)) in boxes:
                moved[place_key(id, self.name)] = boxes.pop(key)
        if moved:
            boxes[place_key(self.id, self.within)] = next(iter(moved.values()))
            yield Put("view", "nodes", boxes | moved)


@dataclass(eq=False)
class _Border:
    """Names the ports of the definition as the links that cross its border turn up."""

    nodes: frozenset[str]
    instance: str
    ports: dict[tuple[str, Endpoint], str] = field(default_factory=dict)

    def outer(self, link: Link) -> Link | None:
        """The link as it looks from outside; None if it is inside."""
        starts, ends = link.source[0] in self.nodes, link.target[0] in self.nodes
        if starts and ends:
            return None
        if starts:
            port = self.port("outputs", link.source)
            return Link(source=(self.instance, port), target=link.target)
        if ends:
            port = self.port("inputs", link.target)
            return Link(source=link.source, target=(self.instance, port))
        return link

    def port(self, side: str, place: Endpoint) -> str:
        """The port's name on one side; inputs and parameters share their names."""
        if (side, place) not in self.ports:
            shared = {"outputs"} if side == "outputs" else {"inputs", "params"}
            taken = {name for (other, _), name in self.ports.items() if other in shared}
            self.ports[side, place] = free_name(place[1], taken)
        return self.ports[side, place]

    def by_name(self, side: str) -> dict[str, Endpoint]:
        """The definition's mapping for one side."""
        return {name: place for (other, place), name in self.ports.items() if other == side}
