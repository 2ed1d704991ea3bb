"""Edits of subgraph definitions and of the ports on their border."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from engine.errors import InvalidInput
from engine.graph.document import SUBGRAPH, Document, Endpoint, Link, Subgraph
from engine.graph.edits.changes import Change, Drop, DropLink, PlannedEdit, Put, graph_in
from engine.graph.edits.names import entry, node_in, refuse_bad_name, refuse_taken

Border: TypeAlias = Literal["inputs", "outputs", "params"]
BORDERS: Final[tuple[Border, ...]] = ("inputs", "outputs", "params")


@dataclass(frozen=True)
class AddSubgraph(PlannedEdit):
    """Add a definition; nodes of type 'subgraph/<name>' instantiate it."""

    name: str
    graph: Subgraph

    @property
    def label(self) -> str:
        return f"Add subgraph '{self.name}'"

    def plan(self, document: Document) -> Iterator[Change]:
        refuse_taken(self.name, document.subgraphs, "subgraph")
        yield Put("subgraphs", self.name, self.graph)


@dataclass(frozen=True)
class RemoveSubgraph(PlannedEdit):
    """Remove a definition that nothing instantiates."""

    name: str

    @property
    def label(self) -> str:
        return f"Remove subgraph '{self.name}'"

    def plan(self, document: Document) -> Iterator[Change]:
        entry(document.subgraphs, self.name, "subgraph")
        for within, id in instances_of(document, self.name):
            where = f" in subgraph '{within}'" if within else ""
            what = f"Subgraph '{self.name}' is still used by node '{id}'{where}."
            raise InvalidInput(what, remedy="Remove or ungroup that node first.")
        yield Drop("subgraphs", self.name)


@dataclass(frozen=True)
class OpenPort(PlannedEdit):
    """Lead an inner port to the border of a definition, or promote an inner parameter."""

    border: Border
    name: str
    place: Endpoint
    within: str

    @property
    def label(self) -> str:
        return f"Open '{self.name}'"

    def plan(self, document: Document) -> Iterator[Change]:
        refuse_bad_name(self.name)
        node_in(graph_in(document, self.within), self.place[0])
        yield Put(self.border, self.name, self.place, self.within)


@dataclass(frozen=True)
class ClosePort(PlannedEdit):
    """Take a port or promoted parameter off a definition, and all that its instances have on it."""

    border: Border
    name: str
    within: str

    @property
    def label(self) -> str:
        return f"Close '{self.name}'"

    def plan(self, document: Document) -> Iterator[Change]:
        graph = entry(document.subgraphs, self.within, "subgraph")
        entry(getattr(graph, self.border), self.name, "port")
        users: dict[str, set[str]] = {}
        for within, id in instances_of(document, self.within):
            users.setdefault(within, set()).add(id)
        for within, ids in users.items():
            links = graph_in(document, within).links
            for index in reversed(range(len(links))):
                if self._meets(links[index], ids):
                    yield DropLink(index, within)
        if self.border == "params":
            yield from self._forget_values(document, users)
        yield Drop(self.border, self.name, self.within)

    def _meets(self, link: Link, instances: set[str]) -> bool:
        id, port = link.source if self.border == "outputs" else link.target
        return id in instances and port == self.name

    def _forget_values(self, document: Document, users: dict[str, set[str]]) -> Iterator[Change]:
        for within, ids in users.items():
            nodes = graph_in(document, within).nodes
            for id in sorted(ids):
                kept = {key: value for key, value in nodes[id].params.items() if key != self.name}
                if len(kept) < len(nodes[id].params):
                    update = {"params": kept}
                    yield Put("nodes", id, nodes[id].model_copy(update=update), within)
        for name, exposed in document.exposed.items():
            if exposed.node in users.get("", ()) and exposed.param == self.name:
                yield Drop("exposed", name)


def border_of(graph: Subgraph) -> Iterator[tuple[Border, str, Endpoint]]:
    """Every port and promoted parameter on a definition's border."""
    for border in BORDERS:
        for name, place in getattr(graph, border).items():
            yield border, name, place


def instances_of(document: Document, name: str) -> Iterator[tuple[str, str]]:
    """Every node that instantiates a definition, as (the definition it stands in or '', its id)."""
    type = SUBGRAPH + name
    graphs: dict[str, Document | Subgraph] = {"": document, **document.subgraphs}
    for within, graph in graphs.items():
        yield from ((within, id) for id, spec in graph.nodes.items() if spec.type == type)
