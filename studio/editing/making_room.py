"""Making room for a node that was put on a link between two that are too near to each other."""

from __future__ import annotations

from math import ceil
from typing import Final

from engine.graph.document import Endpoint
from engine.graph.queries import dependencies, descendants
from studio.editing.arrange import GRID, Box, Boxes, Places
from studio.editing.level import Level, feeding

GAP: Final = 2 * GRID


def room_for(level: Level, boxes: Boxes, node: str, box: Box, target: Endpoint) -> Places:
    """Where nodes go so that `box`, put on the link into `target`, fits between both ends.

    What leans on the link's end moves to the right as far as needed; nothing moves if there is
    room, or if the link does not lead to the right.
    """
    source = feeding(level.graph).get(target)
    if source is None or source[0] not in boxes or target[0] not in boxes:
        return {}
    start, end = boxes[source[0]].right, boxes[target[0]].x
    lacking = box.width + 2 * GAP - (end - start)
    if lacking <= 0 or end < boxes[source[0]].x:
        return {}
    step = ceil(lacking / GRID) * GRID
    after = descendants(dependencies(level.graph), [target[0]]) - {node}
    places: Places = {
        id: (boxes[id].x + step, boxes[id].y)
        for id in level.graph.nodes
        if id in after and id in boxes and boxes[id].x >= end
    }
    places[node] = (start + (end + step - start - box.width) / 2, box.y)
    return places
