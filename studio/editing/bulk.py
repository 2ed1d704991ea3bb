"""Many changes at once: whole sections of a document exchanged, in time that does not multiply.

The engine's edits change one thing each and copy a section every time; a paste of 1,000 nodes
made of them would copy the nodes 1,000 times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import JsonValue

from engine.graph.document import Document, Exposed, Link, NodeSpec, Subgraph
from engine.graph.edits import Changes, Edit
from engine.graph.edits.changes import Change, PlannedEdit, graph_in

Whole: TypeAlias = (
    Mapping[str, NodeSpec]
    | Mapping[str, Subgraph]
    | Mapping[str, Exposed]
    | Mapping[str, JsonValue]
    | tuple[Link, ...]
)
Field: TypeAlias = Literal["nodes", "links", "subgraphs", "exposed", "view"]


@dataclass(frozen=True)
class Exchange:
    """Put another value in the place of a whole section; the inverse puts the very old one back."""

    field: Field
    value: Whole
    within: str = ""

    def apply(self, document: Document) -> tuple[Document, Change]:
        """The changed document, and the change back."""
        graph = graph_in(document, self.within)
        inverse = Exchange(self.field, getattr(graph, self.field), self.within)
        changed = graph.model_copy(update={self.field: self.value})
        if isinstance(changed, Document):
            return changed, inverse
        subgraphs = {**document.subgraphs, self.within: changed}
        return document.model_copy(update={"subgraphs": subgraphs}), inverse


@dataclass(frozen=True)
class EditNodes(PlannedEdit):
    """Exchange the specifications of nodes, which stay where they are in the order."""

    name: str
    specs: Mapping[str, NodeSpec]
    within: str = ""

    @property
    def label(self) -> str:
        return self.name

    def plan(self, document: Document) -> Iterator[Change]:
        nodes = graph_in(document, self.within).nodes
        changed = {id: self.specs.get(id, spec) for id, spec in nodes.items()}
        yield Exchange("nodes", changed, self.within)


def nothing(label: str) -> Edit:
    """An edit that changes nothing, for when there is nothing to do."""
    return Changes(label, ())


def relabelled(label: str, *edits: Edit) -> Edit:
    """Edits as one that the undo menu calls `label`."""
    from engine.graph.edits import Composite

    return Composite(label, edits)
