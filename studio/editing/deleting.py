"""Deleting what is selected, and closing the gap that a node leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from engine.graph.document import Document, Endpoint, Link, Subgraph
from engine.graph.edits import ClosePort, Composite, Edit
from engine.graph.edits.changes import Change, PlannedEdit, graph_in
from engine.graph.edits.names import node_in, place_key
from engine.graph.edits.subgraphs import border_of
from studio.editing.bulk import Exchange
from studio.editing.connect import disconnect, why_not
from studio.editing.level import Level, feeding, input_type
from studio.editing.looks import Entries, SetLooks, entries_of
from studio.editing.waypoints import waypoint_key


@dataclass(frozen=True)
class RemoveNodes(PlannedEdit):
    """Remove nodes with their links, their looks, and what they lent to the outside."""

    nodes: tuple[str, ...]
    within: str = ""

    @property
    def label(self) -> str:
        return f"Delete '{self.nodes[0]}'" if len(self.nodes) == 1 else "Delete nodes"

    def plan(self, document: Document) -> Iterator[Change]:
        graph = graph_in(document, self.within)
        for id in self.nodes:
            node_in(graph, id)
        gone = set(self.nodes)
        if isinstance(graph, Subgraph):
            for border, name, place in border_of(graph):
                if place[0] in gone:
                    yield ClosePort(border, name, self.within)
        yield from self._forget(document, graph, gone)
        links = tuple(link for link in graph.links if not gone & {link.source[0], link.target[0]})
        if len(links) != len(graph.links):
            yield Exchange("links", links, self.within)
        nodes = {id: spec for id, spec in graph.nodes.items() if id not in gone}
        yield Exchange("nodes", nodes, self.within)

    def _forget(
        self, document: Document, graph: Document | Subgraph, gone: set[str]
    ) -> Iterator[Change]:
        keys = {place_key(id, self.within) for id in gone}
        boxes = dict.fromkeys(keys & entries_of(document, "nodes").keys())
        cut = [link.target for link in graph.links if gone & {link.source[0], link.target[0]}]
        ways = {waypoint_key(target, self.within) for target in cut}
        ways = ways & entries_of(document, "waypoints").keys()
        if boxes:
            yield SetLooks(self.label, "nodes", boxes)
        if ways:
            yield SetLooks(self.label, "waypoints", dict.fromkeys(ways))
        if not self.within:
            kept = {name: it for name, it in document.exposed.items() if it.node not in gone}
            if len(kept) != len(document.exposed):
                yield Exchange("exposed", kept)


def delete(
    level: Level,
    nodes: Collection[str] = (),
    links: Collection[Endpoint] = (),
    frames: Collection[str] = (),
    notes: Collection[str] = (),
) -> Edit:
    """Delete nodes, links (by target), frames and notes; what is in a frame stays."""
    edits: list[Edit] = []
    if links:
        edits.append(
            disconnect(level, [target for target in feeding(level.graph) if target in links])
        )
    if nodes:
        edits.append(
            RemoveNodes(tuple(id for id in level.graph.nodes if id in nodes), level.within)
        )
    frames_gone: Entries = dict.fromkeys(frames)
    notes_gone: Entries = dict.fromkeys(notes)
    if frames:
        edits.append(SetLooks("Delete frame", "frames", frames_gone))
    if notes:
        edits.append(SetLooks("Delete note", "notes", notes_gone))
    return edits[0] if len(edits) == 1 else Composite("Delete", tuple(edits))


def delete_and_reconnect(level: Level, nodes: Collection[str]) -> Edit:
    """Delete nodes and lead what went through them to what leaned on them, where the types fit."""
    from engine.graph.edits import Connect

    remove = RemoveNodes(tuple(id for id in level.graph.nodes if id in nodes), level.within)
    document, _ = remove.apply(level.document)
    bridges: list[Edit] = []
    for link in bridged(level, nodes):
        after = level.after(document)
        if not why_not(after, link.source, link.target):
            bridge = Connect(link.source, link.target, level.within)
            document, _ = bridge.apply(document)
            bridges.append(bridge)
    return Composite("Delete and reconnect", (remove, *bridges))


def bridged(level: Level, nodes: Collection[str]) -> Iterator[Link]:
    """The links that would stand in for those through these nodes.

    An output stands for the first linked input of a type that fits, as when a node is bypassed.
    """
    feeds = feeding(level.graph)
    for link in level.graph.links:
        if link.source[0] in nodes and link.target[0] not in nodes:
            source = _passed_on(level, feeds, nodes, link.source)
            if source is not None:
                yield Link(source=source, target=link.target)


def _passed_on(
    level: Level, feeds: dict[Endpoint, Endpoint], nodes: Collection[str], source: Endpoint
) -> Endpoint | None:
    """Where a value comes from once these nodes are gone."""
    passed: set[str] = set()
    place: Endpoint | None = source
    while place is not None and place[0] in nodes:
        if place[0] in passed:
            return None
        passed.add(place[0])
        through = _through(level, feeds, place)
        place = None if through is None else feeds.get(through)
    return place


def _through(level: Level, feeds: dict[Endpoint, Endpoint], output: Endpoint) -> Endpoint | None:
    """The linked input of a node that its output would pass on."""
    type = level.type_of(output[0])
    if type is None or output[1] not in type.outputs:
        return None
    carried = type.outputs[output[1]]
    for name in (*type.inputs, *type.params):
        taken = input_type(type, name)
        if taken is None or (output[0], name) not in feeds:
            continue
        if taken.many == carried.many and carried.accepts(taken):
            return output[0], name
    return None
