"""The edit that puts a fragment into a document, everything under a name that is free there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from engine.graph.document import SUBGRAPH, Document, Link, NodeSpec, Subgraph
from engine.graph.edits.changes import Change, PlannedEdit, graph_in
from engine.graph.edits.names import place_key
from engine.graph.subgraphs import definition_name
from studio.editing.bulk import Exchange
from studio.editing.fragment import Fragment
from studio.editing.looks import Entries, Part, SetLooks
from studio.editing.waypoints import waypoint_key
from studio.faces import Point
from studio.view_data import is_point, point


@dataclass(frozen=True)
class Names:
    """How what a fragment holds is called where it goes."""

    nodes: Mapping[str, str]
    definitions: Mapping[str, str]
    frames: Mapping[str, str]
    notes: Mapping[str, str]


@dataclass(frozen=True)
class PasteFragment(PlannedEdit):
    """Add everything of a fragment at once, moved by `shift`; `inputs` are links from outside."""

    name: str
    fragment: Fragment
    names: Names
    shift: Point
    inputs: tuple[Link, ...] = ()
    within: str = ""

    @property
    def label(self) -> str:
        return self.name

    def plan(self, document: Document) -> Iterator[Change]:
        graph, names = graph_in(document, self.within), self.names
        new = self._new_definitions(document)
        if new:
            yield Exchange("subgraphs", {**document.subgraphs, **new})
        if names.nodes:
            specs = self.fragment.nodes.items()
            added = {names.nodes[id]: instance_of(spec, names.definitions) for id, spec in specs}
            yield Exchange("nodes", {**graph.nodes, **added}, self.within)
        links = (*(self._link(link) for link in self.fragment.links), *self.inputs)
        if links:
            yield Exchange("links", (*graph.links, *links), self.within)
        yield from self._looks(new)

    def _new_definitions(self, document: Document) -> dict[str, Subgraph]:
        """Those that the document does not have; under a name that it has, it is the same one."""
        return {
            name: renamed(self.fragment.subgraphs[old], self.names.definitions)
            for old, name in self.names.definitions.items()
            if name not in document.subgraphs
        }

    def _link(self, link: Link) -> Link:
        (start, output), (end, port), ids = link.source, link.target, self.names.nodes
        return Link(source=(ids[start], output), target=(ids[end], port))

    def _looks(self, new: Mapping[str, Subgraph]) -> Iterator[Change]:
        parts: dict[Part, Entries] = {
            "nodes": {**self._boxes(), **self._inner_boxes(new)},
            "frames": self._placed("frames", self.names.frames),
            "notes": self._placed("notes", self.names.notes),
            "waypoints": self._ways(),
        }
        for part, entries in parts.items():
            if entries:
                yield SetLooks(self.label, part, entries)

    def _boxes(self) -> dict[str, JsonValue]:
        boxes = looks_in(self.fragment, "nodes")
        return {
            place_key(new, self.within): _shifted(boxes[id], self.shift)
            for id, new in self.names.nodes.items()
            if id in boxes
        }

    def _inner_boxes(self, new: Mapping[str, Subgraph]) -> dict[str, JsonValue]:
        boxes = looks_in(self.fragment, "nodes")
        names = ((old, name) for old, name in self.names.definitions.items() if name in new)
        return {
            place_key(id, name): boxes[place_key(id, old)]
            for old, name in names
            for id in new[name].nodes
            if place_key(id, old) in boxes
        }

    def _placed(self, part: Part, names: Mapping[str, str]) -> dict[str, JsonValue]:
        entries = looks_in(self.fragment, part)
        within: dict[str, JsonValue] = {"within": self.within}
        placed = {name: _shifted(entries[old], self.shift) for old, name in names.items()}
        return {name: {**it, **within} for name, it in placed.items() if isinstance(it, dict)}

    def _ways(self) -> dict[str, JsonValue]:
        ways = looks_in(self.fragment, "waypoints")
        found: dict[str, JsonValue] = {}
        for link in self.fragment.links:
            points = ways.get(waypoint_key(link.target, ""))
            if isinstance(points, list):
                key = waypoint_key(self._link(link).target, self.within)
                found[key] = [_moved(each, self.shift) for each in points if is_point(each)]
        return found


def looks_in(fragment: Fragment, part: Part) -> Entries:
    """One of the mappings of a fragment's view; empty where something else stands there."""
    found = fragment.view.get(part)
    return found if isinstance(found, dict) else {}


def renamed(graph: Subgraph, definitions: Mapping[str, str]) -> Subgraph:
    """A definition with the instances in it under the names that their definitions get."""
    nodes = {id: instance_of(spec, definitions) for id, spec in graph.nodes.items()}
    return graph if nodes == graph.nodes else graph.model_copy(update={"nodes": nodes})


def instance_of(spec: NodeSpec, definitions: Mapping[str, str]) -> NodeSpec:
    """A node that is an instance of a definition under the name that this gets."""
    name = definition_name(spec.type)
    new = definitions.get(name) if name is not None else None
    if new is None or new == name:
        return spec
    return spec.model_copy(update={"type": SUBGRAPH + new})


def _shifted(entry: JsonValue, shift: Point) -> JsonValue:
    at = entry.get("at") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not is_point(at):
        return entry
    return {**entry, "at": _moved(at, shift)}


def _moved(place: JsonValue, shift: Point) -> JsonValue:
    if shift == (0.0, 0.0):
        return place
    x, y = point(place, (0.0, 0.0))
    return [x + shift[0], y + shift[1]]
