"""Edits of links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.errors import InvalidInput
from engine.graph.document import Document, Endpoint, Link
from engine.graph.edits.changes import (
    Change,
    DropLink,
    InsertLink,
    PlannedEdit,
    ReplaceLink,
    graph_in,
)
from engine.graph.edits.names import node_in


@dataclass(frozen=True)
class Connect(PlannedEdit):
    """Link an output to an input or parameter, in place of the link that was there."""

    source: Endpoint
    target: Endpoint
    within: str = ""

    @property
    def label(self) -> str:
        return f"Link '{self.source[0]}' to '{self.target[0]}'"

    def plan(self, document: Document) -> Iterator[Change]:
        graph = graph_in(document, self.within)
        node_in(graph, self.source[0])
        node_in(graph, self.target[0])
        link = Link(source=self.source, target=self.target)
        index = link_into(graph.links, self.target)
        if index is None:
            yield InsertLink(len(graph.links), link, self.within)
        elif graph.links[index] != link:
            yield ReplaceLink(index, link, self.within)


@dataclass(frozen=True)
class Disconnect(PlannedEdit):
    """Remove the link into an input or parameter."""

    target: Endpoint
    within: str = ""

    @property
    def label(self) -> str:
        return f"Unlink '{self.target[0]}.{self.target[1]}'"

    def plan(self, document: Document) -> Iterator[Change]:
        index = link_into(graph_in(document, self.within).links, self.target)
        if index is None:
            raise InvalidInput(f"No link leads to '{self.target[0]}.{self.target[1]}'.")
        yield DropLink(index, self.within)


def link_into(links: tuple[Link, ...], target: Endpoint) -> int | None:
    """The place of the first link that leads to `target`."""
    return next((index for index, link in enumerate(links) if link.target == target), None)
