"""Waypoints: places on the canvas that a link is led through, in order, known by its target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import hypot

from pydantic import JsonValue

from engine.graph.document import Document, Endpoint
from engine.graph.edits import Edit
from engine.graph.edits.names import place_key
from studio import view_data
from studio.editing.looks import SetLooks
from studio.faces import Point


def waypoint_key(target: Endpoint, within: str) -> str:
    """How `view['waypoints']` calls a link."""
    return f"{place_key(target[0], within)}.{target[1]}"


def waypoints_of(document: Document, within: str, target: Endpoint) -> tuple[Point, ...]:
    """The places that a link is led through, from its start to its end."""
    return view_data.waypoints_of(document, waypoint_key(target, within))


def lead_through(
    within: str, target: Endpoint, points: Sequence[Point], label: str = "Lead a link"
) -> Edit:
    """Lead a link through exactly these places; none makes it straight."""
    return lead_links(within, {target: points}, label)


def lead_links(within: str, ways: Mapping[Endpoint, Sequence[Point]], label: str) -> Edit:
    """Lead several links through places."""
    entries: dict[str, JsonValue] = {
        waypoint_key(target, within): [[x, y] for x, y in points] or None
        for target, points in ways.items()
    }
    return SetLooks(label, "waypoints", entries)


def add_waypoint(
    document: Document, within: str, target: Endpoint, at: Point, index: int | None = None
) -> Edit:
    """Lead a link through one more place, the `index`th, or the last."""
    points = list(waypoints_of(document, within, target))
    points.insert(len(points) if index is None else index, at)
    return lead_through(within, target, points, "Add a reroute")


def move_waypoint(document: Document, within: str, target: Endpoint, index: int, at: Point) -> Edit:
    """Put one of a link's waypoints elsewhere."""
    points = list(waypoints_of(document, within, target))
    points[index] = at
    return lead_through(within, target, points, "Move a reroute")


def remove_waypoint(document: Document, within: str, target: Endpoint, index: int) -> Edit:
    """Take one of a link's waypoints away."""
    points = list(waypoints_of(document, within, target))
    del points[index]
    return lead_through(within, target, points, "Remove a reroute")


def forget_waypoints(within: str, targets: Iterable[Endpoint]) -> Edit:
    """Lead links straight: they go, or come from elsewhere now."""
    return lead_links(within, dict.fromkeys(targets, ()), "Straighten links")


def place_on(path: Sequence[Point], at: Point) -> int:
    """The index that a new waypoint at `at` gets; `path` is start, waypoints..., end."""
    distances = [_distance(at, *pair) for pair in pairwise(path)]
    return distances.index(min(distances)) if distances else 0


def _distance(point: Point, start: Point, end: Point) -> float:
    """How far a point is from a segment."""
    (px, py), (ax, ay), (bx, by) = point, start, end
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = ((px - ax) * dx + (py - ay) * dy) / length if length else 0.0
    along = min(max(along, 0.0), 1.0)
    return hypot(px - ax - along * dx, py - ay - along * dy)
