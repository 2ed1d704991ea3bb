"""What is seen inside of a subgraph, when it goes in and when it comes out: frames, notes, ways."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pydantic import JsonValue

from engine.graph.edits import Edit
from engine.graph.edits.names import free_name
from engine.graph.edits.subgraphs import instances_of
from engine.graph.subgraphs import definition_name
from studio.editing.level import Level, links_among
from studio.editing.looks import ChangeLooks, Part, SetLooks, place_of
from studio.editing.waypoints import waypoint_key
from studio.faces import Point
from studio.view_data import is_point, point, section, text

STUCK: tuple[Part, ...] = ("frames", "notes")


def taken_in(
    level: Level,
    nodes: Collection[str],
    definition: str,
    frames: Collection[str] = (),
    notes: Collection[str] = (),
) -> Iterator[Edit]:
    """Let the waypoints of links that come to lie inside go in, and these frames and notes."""
    ways = section(level.document, "waypoints")
    changed: dict[str, JsonValue] = {}
    for link in links_among(level.graph.links, nodes):
        key = waypoint_key(link.target, level.within)
        if key in ways:
            changed[key] = None
            changed[waypoint_key(link.target, definition)] = ways[key]
    if changed:
        yield SetLooks("Group", "waypoints", changed)
    for part, ids in zip(STUCK, (frames, notes), strict=True):
        if ids:
            yield ChangeLooks("Group", part, {id: {"within": definition} for id in ids})


def brought_out(level: Level, node: str, shift: Point) -> Iterator[Edit]:
    """Let what is seen inside of an instance come out beside it, moved by `shift`.

    As long as another instance uses the definition, its frames and notes stay inside.
    """
    name = definition_name(level.graph.nodes[node].type) or ""
    last = len(list(instances_of(level.document, name))) == 1
    ways = _ways(level, node, name, shift, last)
    if ways:
        yield SetLooks("Ungroup", "waypoints", ways)
    for part in STUCK if last else ():
        entries = section(level.document, part)
        here = {
            id: _moved(entry, shift, level.within)
            for id, entry in entries.items()
            if isinstance(entry, dict) and text(entry.get("within")) == name
        }
        if here:
            yield SetLooks("Ungroup", part, here)


def _ways(level: Level, node: str, name: str, shift: Point, last: bool) -> dict[str, JsonValue]:
    """The waypoints of inner links, under the ids that the inner nodes get outside."""
    ways = section(level.document, "waypoints")
    ids = _outer_ids(level, node, name)
    changed: dict[str, JsonValue] = {}
    for link in level.document.subgraphs[name].links:
        key = waypoint_key(link.target, name)
        found = ways.get(key)
        if isinstance(found, list):
            target = (ids[link.target[0]], link.target[1])
            led = [_shifted(each, shift) for each in found if is_point(each)]
            changed[waypoint_key(target, level.within)] = led
            if last:
                changed[key] = None
    return changed


def _outer_ids(level: Level, node: str, name: str) -> Mapping[str, str]:
    """The ids that `Ungroup` gives the inner nodes."""
    taken = set(level.graph.nodes) - {node}
    ids: dict[str, str] = {}
    for id in level.document.subgraphs[name].nodes:
        ids[id] = free_name(id, taken)
        taken.add(ids[id])
    return ids


def _moved(entry: dict[str, JsonValue], shift: Point, within: str) -> JsonValue:
    place = place_of(entry)
    at = {} if place is None else {"at": _shifted(list(place), shift)}
    return {**entry, **at, "within": within}


def _shifted(at: JsonValue, shift: Point) -> JsonValue:
    x, y = point(at, (0.0, 0.0))
    return [x + shift[0], y + shift[1]]
