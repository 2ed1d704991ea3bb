"""Edits of single nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.graph.document import Document, Link, Mode, NodeSpec, Subgraph
from engine.graph.edits.changes import (
    Change,
    Drop,
    DropLink,
    PlannedEdit,
    Put,
    Rekey,
    ReplaceLink,
    graph_in,
)
from engine.graph.edits.names import node_in, place_key, refuse_taken
from engine.graph.edits.subgraphs import ClosePort, border_of
from engine.graph.edits.view import forget_place, rename_place
from engine.graph.params import ParamValue


@dataclass(frozen=True)
class AddNode(PlannedEdit):
    """Add a node, at `index` in the order of nodes or at the end."""

    id: str
    spec: NodeSpec
    within: str = ""
    index: int | None = None

    @property
    def label(self) -> str:
        return f"Add '{self.id}'"

    def plan(self, document: Document) -> Iterator[Change]:
        refuse_taken(self.id, graph_in(document, self.within).nodes, "node")
        yield Put("nodes", self.id, self.spec, self.within, self.index)


@dataclass(frozen=True)
class RemoveNode(PlannedEdit):
    """Remove a node with its links, its place, and what it lent to the outside."""

    id: str
    within: str = ""

    @property
    def label(self) -> str:
        return f"Remove '{self.id}'"

    def plan(self, document: Document) -> Iterator[Change]:
        graph = graph_in(document, self.within)
        node_in(graph, self.id)
        for index in reversed(range(len(graph.links))):
            if self.id in (graph.links[index].source[0], graph.links[index].target[0]):
                yield DropLink(index, self.within)
        if isinstance(graph, Subgraph):
            for border, name, place in border_of(graph):
                if place[0] == self.id:
                    yield ClosePort(border, name, self.within)
        else:
            for name, exposed in document.exposed.items():
                if exposed.node == self.id:
                    yield Drop("exposed", name)
        yield from forget_place(document, place_key(self.id, self.within))
        yield Drop("nodes", self.id, self.within)


@dataclass(frozen=True)
class RenameNode(PlannedEdit):
    """Give a node another id; everything that refers to it follows."""

    old: str
    new: str
    within: str = ""

    @property
    def label(self) -> str:
        return f"Rename '{self.old}' to '{self.new}'"

    def plan(self, document: Document) -> Iterator[Change]:
        graph = graph_in(document, self.within)
        node_in(graph, self.old)
        refuse_taken(self.new, graph.nodes, "node")
        yield Rekey("nodes", self.old, self.new, self.within)
        for index, link in enumerate(graph.links):
            renamed = Link(source=self._renamed(link.source), target=self._renamed(link.target))
            if renamed != link:
                yield ReplaceLink(index, renamed, self.within)
        if isinstance(graph, Subgraph):
            for border, name, place in border_of(graph):
                if place[0] == self.old:
                    yield Put(border, name, self._renamed(place), self.within)
        else:
            for name, exposed in document.exposed.items():
                if exposed.node == self.old:
                    yield Put("exposed", name, exposed.model_copy(update={"node": self.new}))
        old, new = place_key(self.old, self.within), place_key(self.new, self.within)
        yield from rename_place(document, old, new)

    def _renamed(self, place: tuple[str, str]) -> tuple[str, str]:
        return (self.new, place[1]) if place[0] == self.old else place


@dataclass(frozen=True)
class SetParam(PlannedEdit):
    """Set a parameter of a node; None takes the setting back, so that the default counts."""

    node: str
    param: str
    value: ParamValue | None
    within: str = ""

    @property
    def label(self) -> str:
        return f"Set '{self.node}.{self.param}'"

    def plan(self, document: Document) -> Iterator[Change]:
        spec = node_in(graph_in(document, self.within), self.node)
        if self.value is None:
            params = {name: value for name, value in spec.params.items() if name != self.param}
        else:
            params = {**spec.params, self.param: self.value}
        yield Put("nodes", self.node, spec.model_copy(update={"params": params}), self.within)


@dataclass(frozen=True)
class SetMode(PlannedEdit):
    """Switch a node on, bypass it, or mute it."""

    node: str
    mode: Mode
    within: str = ""

    @property
    def label(self) -> str:
        verbs = {"on": "Turn on", "bypass": "Bypass", "mute": "Mute"}
        return f"{verbs[self.mode]} '{self.node}'"

    def plan(self, document: Document) -> Iterator[Change]:
        spec = node_in(graph_in(document, self.within), self.node)
        yield Put("nodes", self.node, spec.model_copy(update={"mode": self.mode}), self.within)
