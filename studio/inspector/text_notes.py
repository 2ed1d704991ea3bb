"""What a run noted on a text: notes of the nodes that the text reaches; knows no Qt."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from engine.graph.document import Document, Subgraph
from engine.graph.params import ParamSpec
from engine.graph.subgraphs import definition_name
from studio.document import OpenDocument
from studio.inspector.fields.unknown_words import unknown_words
from studio.run_summary import run_of_node
from studio.runs import Run

FARTHEST: Final = 64
"""How many nodes downstream are asked."""


def notes_on_text(
    opened: OpenDocument, run: Run | None, id: str, param: ParamSpec, trail: tuple[str, ...]
) -> tuple[str, ...]:
    """Notes about unknown words from the nodes that read the text of node `id` on a level."""
    if run is None or param.type is not str or param.widget != "text":
        return ()
    graph = _graph_at(opened, trail)
    if graph is None:
        return ()
    found: dict[str, None] = {}
    for reader in _readers(opened, graph, id):
        path = "/".join((*trail, reader))
        notes = run_of_node(run, path, graph.nodes[reader].type).notes
        found |= dict.fromkeys(note for note in notes if unknown_words([note]))
    return tuple(found)


def _graph_at(opened: OpenDocument, trail: tuple[str, ...]) -> Document | Subgraph | None:
    graph: Document | Subgraph = opened.document
    for instance in trail:
        spec = graph.nodes.get(instance)
        name = None if spec is None else definition_name(spec.type)
        if name is None or name not in opened.document.subgraphs:
            return None
        graph = opened.document.subgraphs[name]
    return graph


def _readers(opened: OpenDocument, graph: Document | Subgraph, id: str) -> list[str]:
    """The nodes that the text reaches, through nodes that make text of it."""
    targets: dict[str, list[str]] = defaultdict(list)
    for link in graph.links:
        targets[link.source[0]].append(link.target[0])
    reached: dict[str, None] = {}
    ahead = [id]
    while ahead and len(reached) < FARTHEST:
        for reader in targets[ahead.pop()]:
            if reader in graph.nodes and reader not in reached:
                reached[reader] = None
                if _gives_text(opened, graph.nodes[reader].type):
                    ahead.append(reader)
    return list(reached)


def _gives_text(opened: OpenDocument, type: str) -> bool:
    known = opened.type_named(type)
    return known is not None and any(str in port.members for port in known.outputs.values())
