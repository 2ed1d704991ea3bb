"""Other names for nodes and for subgraph definitions; everything that refers to them follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from engine.graph.document import SUBGRAPH, Document, NodeSpec, Subgraph
from engine.graph.edits import AddSubgraph, Composite, Edit, RenameNode
from engine.graph.edits.changes import Change, PlannedEdit, Rekey, graph_in
from engine.graph.edits.names import entry, free_name, node_in, place_key, refuse_taken
from engine.graph.subgraphs import definition_name
from studio.editing.bulk import EditNodes, Exchange
from studio.editing.looks import ON_LEVELS, PLACED, SetLooks, entries_of
from studio.view_data import text


def rename_node(document: Document, within: str, old: str, new: str) -> Edit:
    """Give a node another id; its waypoints follow too.

    Raises InvalidInput, when it is applied, for an id that is bad or taken.
    """
    rename = RenameNode(old, new, within)
    before, after = f"{place_key(old, within)}.", f"{place_key(new, within)}."
    ways = entries_of(document, "waypoints")
    moved: dict[str, JsonValue] = {}
    for key, points in ways.items():
        if key.startswith(before):
            moved[key] = None
            moved[after + key.removeprefix(before)] = points
    if not moved:
        return rename
    return Composite(rename.label, (rename, SetLooks(rename.label, "waypoints", moved)))


@dataclass(frozen=True)
class RenameSubgraph(PlannedEdit):
    """Give a definition another name; its instances and all that lies inside follow."""

    old: str
    new: str

    @property
    def label(self) -> str:
        return f"Rename subgraph '{self.old}' to '{self.new}'"

    def plan(self, document: Document) -> Iterator[Change]:
        entry(document.subgraphs, self.old, "subgraph")
        refuse_taken(self.new, document.subgraphs, "subgraph")
        for within in ("", *document.subgraphs):
            nodes = graph_in(document, within).nodes
            changed = self._instances(nodes)
            if changed:
                yield Exchange("nodes", {**nodes, **changed}, within)
        yield Rekey("subgraphs", self.old, self.new)
        yield from self._looks(document)

    def _instances(self, nodes: Mapping[str, NodeSpec]) -> dict[str, NodeSpec]:
        update = {"type": SUBGRAPH + self.new}
        return {
            id: spec.model_copy(update=update)
            for id, spec in nodes.items()
            if definition_name(spec.type) == self.old
        }

    def _looks(self, document: Document) -> Iterator[Change]:
        for part in PLACED:
            entries = entries_of(document, part)
            moved = {self._key(key): value for key, value in entries.items()}
            if list(moved) != list(entries):
                yield Exchange("view", {**document.view, part: moved})
                document = document.model_copy(update={"view": {**document.view, part: moved}})
        for part in ON_LEVELS:
            here = {
                id: {**it, "within": self.new}
                for id, it in entries_of(document, part).items()
                if isinstance(it, dict) and text(it.get("within")) == self.old
            }
            if here:
                yield SetLooks(self.label, part, here)

    def _key(self, key: str) -> str:
        inside = f"{self.old}:"
        return f"{self.new}:{key.removeprefix(inside)}" if key.startswith(inside) else key


def make_unique(document: Document, within: str, node: str) -> Edit:
    """Give an instance a definition of its own, so that changes inside touch no other.

    Raises InvalidInput for a node that is no instance.
    """
    spec = node_in(graph_in(document, within), node)
    name = definition_name(spec.type) or ""
    graph: Subgraph = entry(document.subgraphs, name, "subgraph")
    own = free_name(name, document.subgraphs)
    instance = spec.model_copy(update={"type": SUBGRAPH + own})
    label = f"Make '{node}' unique"
    edits: list[Edit] = [AddSubgraph(own, graph), EditNodes(label, {node: instance}, within)]
    for part in PLACED:
        entries = entries_of(document, part)
        inner = {
            f"{own}:{key.removeprefix(f'{name}:')}": value
            for key, value in entries.items()
            if key.startswith(f"{name}:")
        }
        if inner:
            edits.append(SetLooks(label, part, inner))
    return Composite(label, tuple(edits))
