"""What lies under the pointer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import hypot
from typing import Final, Literal, TypeAlias

from engine.graph.document import Endpoint
from studio.canvas.geometry import PORT_REACH, Box
from studio.canvas.index import Index
from studio.canvas.link_shape import distance_to
from studio.canvas.visuals import LinkVisual, NodeVisual
from studio.faces import FrameFace, NoteFace

HitKind: TypeAlias = Literal[
    "node", "port", "link", "waypoint", "frame", "frame-edge", "note", "widget", "nothing"
]

EMPTY: Final = Box(0.0, 0.0, 0.0, 0.0)
LINK_REACH: Final = 7.0
WAYPOINT_REACH: Final = 9.0
EDGE_REACH: Final = 7.0
FRAME_TITLE: Final = 28.0
"""The height of the strip at the top of a frame by which it is taken."""


@dataclass(frozen=True, slots=True)
class Hit:
    """What lies at a point.

    `node` and `port` are set for 'port' and 'widget' (there `port` is the parameter), `node` for
    'node'; `target` (the link's target endpoint) for 'link' and 'waypoint', whose `index` counts
    the waypoints; for a 'link' it says before which waypoint a new one belongs.  `id` is that of a
    frame or a note, and `edges` ('left right top bottom', those that are near) which edge of it.
    `box` is where it lies in the scene: for a 'widget' its field.
    """

    kind: HitKind = "nothing"
    node: str = ""
    port: str = ""
    is_output: bool = False
    target: Endpoint | None = None
    index: int = -1
    id: str = ""
    edges: frozenset[str] = frozenset()
    box: Box = EMPTY


NOTHING: Final = Hit()


def hit_test(
    x: float,
    y: float,
    scale: float,
    index: Index,
    frames: Mapping[str, FrameFace],
    notes: Mapping[str, NoteFace],
) -> Hit:
    """What lies uppermost at a point of the scene; `scale` is the zoom, for what is hard to hit."""
    reach = max(1.0, min(3.0, 1 / scale))
    near = Box(x, y, 0.0, 0.0).grown(PORT_REACH * reach)
    nodes = sorted(index.nodes_in(near), key=lambda node: -node.z)
    return (
        _port_at(nodes, x, y, PORT_REACH * reach)
        or _in_node(nodes, x, y)
        or _note_at(notes.values(), x, y, EDGE_REACH * reach)
        or _link_at(index.links_in(near), x, y, reach)
        or _frame_at(frames.values(), x, y, EDGE_REACH * reach)
        or NOTHING
    )


def _port_at(nodes: Iterable[NodeVisual], x: float, y: float, reach: float) -> Hit | None:
    """The nearest port within reach, unless another node lies over it."""
    best, found = reach, None
    for node in nodes:
        local_x, local_y = x - node.x, y - node.y
        if not node.face.collapsed or not node.box.grown(-PORT_REACH).holds(x, y):
            for spots in (node.shape.inputs, node.shape.outputs):
                for spot in spots.values():
                    away = hypot(spot.x - local_x, spot.y - local_y)
                    if away < best:
                        best = away
                        box = Box(node.x + spot.x, node.y + spot.y, 0.0, 0.0).grown(6.0)
                        name, output = spot.face.name, spot.is_output
                        found = Hit("port", node.face.id, name, output, box=box)
        if node.box.holds(x, y):
            break
    return found


def _in_node(nodes: Iterable[NodeVisual], x: float, y: float) -> Hit | None:
    for node in nodes:
        if node.box.holds(x, y):
            for number, row in enumerate(node.shape.rows):
                box = row.box.moved(node.x, node.y)
                if box.holds(x, y):
                    name = row.face.spec.name
                    return Hit("widget", node.face.id, name, index=number, box=box)
            return Hit("node", node.face.id, box=node.box)
    return None


def _link_at(links: Iterable[LinkVisual], x: float, y: float, reach: float) -> Hit | None:
    best, found = LINK_REACH * reach, None
    for link in links:
        for number, (px, py) in enumerate(link.face.waypoints):
            if hypot(px - x, py - y) <= WAYPOINT_REACH * reach:
                box = Box(px, py, 0.0, 0.0).grown(5.0)
                return Hit("waypoint", target=link.face.target, index=number, box=box)
        away = distance_to(link.points, x, y)
        if away < best:
            best, found = away, link
    if found is None:
        return None
    return Hit("link", target=found.face.target, index=_piece_at(found, x, y), box=found.bounds)


def _piece_at(link: LinkVisual, x: float, y: float) -> int:
    """Before which waypoint a new one at this point belongs."""
    each = (len(link.points) - 1) // len(link.curve.pieces)
    away = [
        distance_to(link.points[n * each : (n + 1) * each + 1], x, y)
        for n in range(len(link.curve.pieces))
    ]
    return away.index(min(away))


def _note_at(notes: Iterable[NoteFace], x: float, y: float, reach: float) -> Hit | None:
    for note in reversed(list(notes)):
        box = Box(*note.at, *note.size)
        if box.holds(x, y):
            return Hit("note", id=note.id, edges=_edges_at(box, x, y, reach), box=box)
    return None


def _frame_at(frames: Iterable[FrameFace], x: float, y: float, reach: float) -> Hit | None:
    for frame in reversed(list(frames)):
        box = Box(*frame.at, *frame.size)
        if not box.holds(x, y, reach / 2):
            continue
        edges = _edges_at(box, x, y, reach)
        if edges:
            return Hit("frame-edge", id=frame.id, edges=edges, box=box)
        if y <= box.y + FRAME_TITLE:
            return Hit("frame", id=frame.id, box=box)
    return None


def _edges_at(box: Box, x: float, y: float, reach: float) -> frozenset[str]:
    near = {
        "left": abs(x - box.x) <= reach,
        "right": abs(x - box.x - box.w) <= reach,
        "top": abs(y - box.y) <= reach,
        "bottom": abs(y - box.y - box.h) <= reach,
    }
    return frozenset(name for name, is_near in near.items() if is_near)
