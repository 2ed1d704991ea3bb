"""Laying a graph out by itself: columns from left to right, no boxes on each other, few crossings.

Parts that no link joins lie under each other.  The same graph always comes out the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from engine.graph.document import Document, Subgraph
from engine.graph.edits import Composite, Edit, Move
from engine.graph.edits.names import place_key
from studio.editing.arrange import GRID, Box, Places, snapped
from studio.editing.layering import columns_of, ordered_columns, without_circles
from studio.editing.level import Level
from studio.editing.looks import entries_of, place_of
from studio.editing.waypoints import forget_waypoints, waypoints_of
from studio.faces import Point

Sizes: TypeAlias = Mapping[str, tuple[float, float]]

COLUMN_GAP: Final = 80.0
ROW_GAP: Final = 40.0
PART_GAP: Final = 80.0
PASSING_HEIGHT: Final = 20.0
"""How much room a link gets that passes a column."""
DEFAULT_SIZE: Final = (200.0, 120.0)
ROUNDS: Final = 4
"""How often boxes are drawn towards their neighbours."""


def lay_out(level: Level, sizes: Sizes, nodes: Collection[str] | None = None) -> Edit:
    """Lay these nodes out, or all; several keep their upper left corner, and links get straight."""
    graph = level.graph
    chosen = [id for id in graph.nodes if nodes is None or id in nodes]
    if not chosen:
        return Composite("Arrange", ())
    places = places_of(graph, sizes, chosen)
    corner = _corner_before(level, chosen)
    places = {id: snapped((x + corner[0], y + corner[1])) for id, (x, y) in places.items()}
    inside = set(chosen)
    led = [
        link.target
        for link in graph.links
        if inside.issuperset((link.source[0], link.target[0]))
        and waypoints_of(level.document, level.within, link.target)
    ]
    edits: list[Edit] = [forget_waypoints(level.within, led)] if led else []
    return Composite("Arrange", (*edits, Move(places, level.within)))


def places_of(
    graph: Document | Subgraph, sizes: Sizes, nodes: Iterable[str] | None = None
) -> Places:
    """Where each node's upper left corner goes; the whole begins at (0, 0)."""
    ids = list(graph.nodes if nodes is None else nodes)
    needs = without_circles(ids, ((link.source[0], link.target[0]) for link in graph.links))
    places: Places = {}
    top = 0.0
    parts = _parts(needs)
    for part in parts:
        if len(part) > 1:
            height = _place_part({id: needs[id] for id in part}, sizes, top, places)
            top += height + PART_GAP
    _place_row([part[0] for part in parts if len(part) == 1], sizes, top, places)
    return places


def _place_part(
    needs: Mapping[str, Sequence[str]], sizes: Sizes, top: float, places: Places
) -> float:
    """Place one part of the graph under `top`; its height."""
    columns = ordered_columns(needs, columns_of(needs))
    neighbours = _neighbours(needs)
    boxes = _stacked(columns, sizes)
    for round in range(ROUNDS):
        _draw_together(columns if round % 2 == 0 else columns[::-1], neighbours, boxes)
    highest = min(box.y for box in boxes.values())
    for id, box in boxes.items():
        if id in needs:
            places[id] = (box.x, box.y - highest + top)
    return max(box.bottom for id, box in boxes.items() if id in needs) - highest


def _place_row(ids: Sequence[str], sizes: Sizes, top: float, places: Places) -> None:
    """Nodes without any link: a block of rows, about as wide as it is high."""
    across = max(1, round(len(ids) ** 0.5))
    x = y = lowest = 0.0
    for number, id in enumerate(ids):
        if number and number % across == 0:
            x, y, lowest = 0.0, y + lowest + ROW_GAP, 0.0
        width, height = sizes.get(id, DEFAULT_SIZE)
        places[id] = (x, top + y)
        x, lowest = x + width + COLUMN_GAP, max(lowest, height)


def _stacked(columns: Sequence[Sequence[str]], sizes: Sizes) -> dict[str, Box]:
    """Every column's boxes under each other, the columns beside each other."""
    boxes: dict[str, Box] = {}
    x = 0.0
    for column in columns:
        y = 0.0
        for id in column:
            width, height = _size(id, sizes)
            boxes[id] = Box(x, y, width, height)
            y += height + ROW_GAP
        x += max(boxes[id].width for id in column) + COLUMN_GAP
        x = -(-x // GRID) * GRID
    return boxes


def _size(id: str, sizes: Sizes) -> tuple[float, float]:
    return (0.0, PASSING_HEIGHT) if id.startswith("\0") else sizes.get(id, DEFAULT_SIZE)


def _draw_together(
    columns: Sequence[Sequence[str]],
    neighbours: Mapping[str, Sequence[str]],
    boxes: dict[str, Box],
) -> None:
    """Move each box to where its neighbours are, as far as the order of its column allows."""
    for column in columns:
        wishes = []
        for id in column:
            box = boxes[id]
            near = sorted(boxes[n].y + boxes[n].height / 2 for n in neighbours.get(id, ()))
            middle = near[len(near) // 2] if near else box.y + box.height / 2
            wishes.append(middle - box.height / 2)
        heights = [boxes[id].height + ROW_GAP for id in column]
        for id, y in zip(column, _kept_apart(wishes, heights), strict=True):
            box = boxes[id]
            boxes[id] = Box(box.x, y, box.width, box.height)


def _kept_apart(wishes: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The places nearest to the wishes that keep the order and the distances.

    Blocks of boxes that touch move as one to the mean of their wishes (pool adjacent violators).
    """
    offsets = [0.0]
    for height in heights[:-1]:
        offsets.append(offsets[-1] + height)
    blocks: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        total, count = wish - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before = blocks.pop()
            total, count = total + before[0], count + before[1]
        blocks.append((total, count))
    starts = [total / count for total, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def _neighbours(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {id: list(sources) for id, sources in needs.items()}
    for id, sources in needs.items():
        for source in sources:
            near[source].append(id)
    return near


def _parts(needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The nodes in groups that links join, in the order of the document."""
    near = _neighbours(needs)
    seen: set[str] = set()
    parts: list[list[str]] = []
    order = {id: at for at, id in enumerate(needs)}
    for start in needs:
        if start in seen:
            continue
        seen.add(start)
        part, left = [], [start]
        while left:
            id = left.pop()
            part.append(id)
            fresh = [other for other in near[id] if other not in seen]
            seen.update(fresh)
            left += fresh
        parts.append(sorted(part, key=order.__getitem__))
    return parts


def _corner_before(level: Level, nodes: Sequence[str]) -> Point:
    """Where the upper left corner of these nodes was; the origin if none had a place."""
    boxes = entries_of(level.document, "nodes")
    places = [place_of(boxes.get(place_key(id, level.within))) for id in nodes]
    known = [place for place in places if place is not None]
    return (min(x for x, _ in known), min(y for _, y in known)) if known else (0.0, 0.0)
