"""Showing what any node made: a document of its own, with an output attached to the node.

The user's document is never touched.  As an output leads to nothing, nothing that is computed
already is computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.errors import InvalidInput
from engine.graph.document import Document, Endpoint, NodeSpec
from engine.graph.edits import AddNode, Connect, OpenPort
from engine.graph.edits.names import entry, free_name
from engine.graph.node import NodeType
from engine.graph.ports import PortType
from engine.graph.registry import Registry
from engine.graph.subgraphs import definition_name
from engine.values import Clip, Image
from studio.editing.level import Level

PREVIEW: Final = "output.preview"
SHOWN_BY: Final[tuple[tuple[type, str], ...]] = ((Clip, "output.video"), (Image, "output.image"))
"""The node that writes a value of a type so that people can look at it."""


@dataclass(frozen=True)
class Viewing:
    """What to run so that a node's result can be seen: a document, and the outputs wanted of it."""

    document: Document
    outputs: tuple[str, ...]


def view_node(document: Document, path: str, registry: Registry, port: str = "") -> Viewing:
    """What shows the result of the node at a flat path ('sample', or 'up/sample' in a subgraph).

    `port` chooses one of several outputs.  Raises InvalidInput if nothing can be shown.
    """
    steps = tuple(_levels(document, path))
    within, id = steps[-1]
    type = Level(document, within, registry).type_of(id)
    if type is None:
        what = f"What '{id}' makes cannot be shown, as its type is not installed."
        raise InvalidInput(what)
    if type.output and not port:
        return Viewing(document, (path,))
    output = _chosen(type, id, port)
    shower = _shower(type.outputs[output], registry)
    if shower is None:
        return Viewing(document, (path,))
    lifted, source = _lifted(document, steps, output)
    return _attached(lifted, source, shower)


def _levels(document: Document, path: str) -> Iterator[Endpoint]:
    """For each part of a path the definition it stands in, and its id."""
    within = ""
    for id in path.split("/"):
        graph = document.subgraphs[within] if within else document
        spec = entry(graph.nodes, id, "node")
        yield within, id
        within = definition_name(spec.type) or ""
        if within and within not in document.subgraphs:
            raise InvalidInput(f"There is no subgraph '{within}' in this document.")


def _chosen(type: NodeType, id: str, port: str) -> str:
    if not type.outputs:
        raise InvalidInput(f"'{id}' makes nothing that could be shown.")
    if port:
        entry(type.outputs, port, "output")
    return port or next(iter(type.outputs))


def _shower(port: PortType, registry: Registry) -> NodeType | None:
    """The node that shows a value of this type; None if none is installed."""
    for kind, name in SHOWN_BY:
        found = registry.get(name)
        if port.members and all(issubclass(m, kind) for m in port.members) and found is not None:
            return found
    return registry.get(PREVIEW)


def _lifted(
    document: Document, steps: tuple[Endpoint, ...], output: str
) -> tuple[Document, Endpoint]:
    """The document with an inner output led out to the top, and where it comes out."""
    port = output
    for within, id in reversed(steps[1:]):
        outputs = document.subgraphs[within].outputs
        known = next((name for name, place in outputs.items() if place == (id, port)), None)
        if known is None:
            known = free_name("viewed", outputs)
            document, _ = OpenPort("outputs", known, (id, port), within).apply(document)
        port = known
    return document, (steps[0][1], port)


def _attached(document: Document, source: Endpoint, shower: NodeType) -> Viewing:
    id = free_name("viewer", document.nodes)
    spec = NodeSpec(type=shower.type, version=shower.version, params=_params(source, shower))
    document, _ = AddNode(id, spec).apply(document)
    target = (id, next(iter(shower.inputs)))
    document, _ = Connect(source, target).apply(document)
    return Viewing(document, (id,))


def _params(source: Endpoint, shower: NodeType) -> dict[str, str]:
    """A file that is named for the node it shows, where a file is written."""
    return {"name": f"view_{source[0]}"} if "name" in shower.params else {}
