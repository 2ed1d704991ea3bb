"""What is known of a level of a document, the document itself or one of its definitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from engine.graph.document import Document, Endpoint, Link, NodeSpec, Subgraph
from engine.graph.edits.changes import graph_in
from engine.graph.node import NodeType
from engine.graph.ports import PortType
from engine.graph.registry import Registry
from engine.graph.subgraphs import Definitions, TypeLookup, lookup_in, read_definitions

_last: Final[WeakKeyDictionary[Registry, tuple[object, Definitions]]] = WeakKeyDictionary()
"""The definitions read last, with the `subgraphs` they were read from: most edits touch neither."""


@dataclass(frozen=True)
class Level:
    """A document, the definition that is shown of it ('' for the top), and the types there are."""

    document: Document
    within: str
    registry: Registry

    @property
    def graph(self) -> Document | Subgraph:
        """What is shown.  Raises InvalidInput if there is no such definition."""
        return graph_in(self.document, self.within)

    @property
    def lookup(self) -> TypeLookup:
        """How to find a node type among subgraphs and installed nodes."""
        return lookup_in(definitions_of(self.document, self.registry).types, self.registry)

    def type_of(self, id: str) -> NodeType | None:
        """The type of a node; None if there is no such node or its type is not installed."""
        spec = self.graph.nodes.get(id)
        return None if spec is None else self.lookup(spec.type)

    def after(self, document: Document) -> Level:
        """The same level of the document as it is after an edit."""
        return Level(document, self.within, self.registry)


def definitions_of(document: Document, registry: Registry) -> Definitions:
    """The types of a document's subgraphs, read once for as long as these do not change."""
    known = _last.get(registry)
    if known is not None and known[0] is document.subgraphs:
        return known[1]
    definitions = read_definitions(document, registry)
    _last[registry] = (document.subgraphs, definitions)
    return definitions


def input_type(type: NodeType, port: str) -> PortType | None:
    """What an input takes, or a parameter that a link feeds; None if there is neither."""
    found = type.inputs.get(port)
    if found is None and port in type.params:
        return type.params[port].port
    return found


def links_among(links: Iterable[Link], ids: Collection[str]) -> tuple[Link, ...]:
    """The links that start and end at these nodes."""
    return tuple(link for link in links if link.source[0] in ids and link.target[0] in ids)


def feeding(graph: Document | Subgraph) -> dict[Endpoint, Endpoint]:
    """What feeds each input, by target."""
    return {link.target: link.source for link in graph.links}


def in_order(graph: Document | Subgraph, ids: Collection[str]) -> dict[str, NodeSpec]:
    """The nodes of these ids that there are, in the document's order."""
    return {id: spec for id, spec in graph.nodes.items() if id in ids}
