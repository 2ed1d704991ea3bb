"""Edits of what a document exposes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.graph.document import Document, Exposed
from engine.graph.edits.changes import Change, Drop, PlannedEdit, Put
from engine.graph.edits.names import entry, node_in, refuse_bad_name


@dataclass(frozen=True)
class Expose(PlannedEdit):
    """Offer a parameter under a name; what had the name before gives way."""

    name: str
    exposed: Exposed

    @property
    def label(self) -> str:
        return f"Expose '{self.name}'"

    def plan(self, document: Document) -> Iterator[Change]:
        refuse_bad_name(self.name)
        node_in(document, self.exposed.node)
        yield Put("exposed", self.name, self.exposed)


@dataclass(frozen=True)
class Unexpose(PlannedEdit):
    """Offer a parameter no longer."""

    name: str

    @property
    def label(self) -> str:
        return f"Hide '{self.name}'"

    def plan(self, document: Document) -> Iterator[Change]:
        entry(document.exposed, self.name, "exposed parameter")
        yield Drop("exposed", self.name)
