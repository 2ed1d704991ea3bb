"""Going from node to node with the arrow keys; knows no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from studio.canvas.geometry import Box
from studio.faces import Point

ASIDE: Final = 2.5
"""How much a step to the side counts against one straight on."""

STEPS: Final[Mapping[str, Point]] = {
    "left": (-1.0, 0.0),
    "right": (1.0, 0.0),
    "up": (0.0, -1.0),
    "down": (0.0, 1.0),
}


def neighbour(boxes: Mapping[str, Box], start: str, direction: str, middle: Point) -> str:
    """The nearest node from `start` in a direction; from nowhere, the one nearest to `middle`.

    '' if there is none.
    """
    if start not in boxes:
        return min(boxes, key=lambda id: _away(_centre(boxes[id]), middle), default="")
    x, y = _centre(boxes[start])
    along_x, along_y = STEPS[direction]
    best, found = float("inf"), ""
    for id, box in boxes.items():
        cx, cy = _centre(box)
        ahead = (cx - x) * along_x + (cy - y) * along_y
        aside = abs((cx - x) * along_y) + abs((cy - y) * along_x)
        if id == start or ahead <= 0:
            continue
        cost = ahead + ASIDE * aside
        if cost < best:
            best, found = cost, id
    return found


def _centre(box: Box) -> Point:
    return box.x + box.w / 2, box.y + box.h / 2


def _away(one: Point, other: Point) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2
