"""From what is selected to a fragment, with everything that it needs elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import JsonValue

from engine.graph.document import Document, Link, NodeSpec, Subgraph
from engine.graph.edits.changes import graph_in
from engine.graph.edits.names import place_key
from engine.graph.subgraphs import definition_name
from studio.editing.fragment import Fragment, dump_fragment
from studio.editing.level import in_order, links_among
from studio.editing.looks import Part
from studio.editing.waypoints import waypoint_key
from studio.view_data import section


def copy(
    document: Document,
    within: str,
    nodes: Collection[str],
    frames: Collection[str] = (),
    notes: Collection[str] = (),
) -> Fragment:
    """What is selected, with the links inside and those that come in, and the definitions used."""
    graph = graph_in(document, within)
    chosen = in_order(graph, nodes)
    inner = links_among(graph.links, chosen)
    outer = tuple(
        link for link in graph.links if link.target[0] in chosen and link.source[0] not in chosen
    )
    used = definitions_used(document.subgraphs, chosen)
    parts: dict[str, JsonValue] = {
        "nodes": _boxes(document, within, chosen, used),
        "frames": _entries(document, "frames", frames),
        "notes": _entries(document, "notes", notes),
        "waypoints": _ways(document, within, inner),
    }
    view = {part: entries for part, entries in parts.items() if entries}
    return Fragment(nodes=chosen, links=inner, inputs=outer, subgraphs=used, view=view)


def copy_text(
    document: Document,
    within: str,
    nodes: Collection[str],
    frames: Collection[str] = (),
    notes: Collection[str] = (),
) -> str:
    """What is selected as text for the clipboard; '' if nothing is."""
    fragment = copy(document, within, nodes, frames, notes)
    return "" if fragment.empty else dump_fragment(fragment)


def definitions_used(
    subgraphs: Mapping[str, Subgraph], nodes: Mapping[str, NodeSpec]
) -> dict[str, Subgraph]:
    """The definitions that these nodes are instances of, and those that these use in turn."""
    used: dict[str, Subgraph] = {}
    left = [nodes]
    while left:
        for spec in left.pop().values():
            name = definition_name(spec.type)
            if name is not None and name in subgraphs and name not in used:
                used[name] = subgraphs[name]
                left.append(subgraphs[name].nodes)
    return {name: graph for name, graph in subgraphs.items() if name in used}


def _boxes(
    document: Document, within: str, nodes: Collection[str], used: Mapping[str, Subgraph]
) -> dict[str, JsonValue]:
    """The nodes' boxes by id, those inside of definitions by place key."""
    boxes = section(document, "nodes")
    keys = {place_key(id, within): id for id in nodes}
    for name, graph in used.items():
        keys |= {key: key for key in (place_key(id, name) for id in graph.nodes)}
    return {new: boxes[key] for key, new in keys.items() if key in boxes}


def _ways(document: Document, within: str, links: tuple[Link, ...]) -> dict[str, JsonValue]:
    ways = section(document, "waypoints")
    keys = {waypoint_key(link.target, within): waypoint_key(link.target, "") for link in links}
    return {new: ways[key] for key, new in keys.items() if key in ways}


def _entries(document: Document, part: Part, ids: Collection[str]) -> dict[str, JsonValue]:
    """Frames or notes without the level that they are on."""
    return {
        id: {key: value for key, value in entry.items() if key != "within"}
        for id, entry in section(document, part).items()
        if id in ids and isinstance(entry, dict)
    }
