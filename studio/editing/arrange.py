"""Aligning, distributing and snapping boxes of known size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from engine.graph.edits import Composite, Edit, Move

GRID: Final = 20.0

Side: TypeAlias = Literal["left", "right", "top", "bottom", "center", "middle"]
"""Where boxes are aligned: 'center' puts their centres on a vertical line, 'middle' on a
horizontal one."""

Axis: TypeAlias = Literal["horizontal", "vertical"]


@dataclass(frozen=True, slots=True)
class Box:
    """A box on the canvas: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def contains(self, other: Box) -> bool:
        """Whether another box lies inside."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and self.right >= other.right
            and self.bottom >= other.bottom
        )


Boxes: TypeAlias = Mapping[str, Box]
Places: TypeAlias = dict[str, tuple[float, float]]


def bounds(boxes: Boxes) -> Box:
    """The smallest box around all of them; there is at least one."""
    left, top = min(b.x for b in boxes.values()), min(b.y for b in boxes.values())
    right, bottom = max(b.right for b in boxes.values()), max(b.bottom for b in boxes.values())
    return Box(left, top, right - left, bottom - top)


_ALIGNED: Final[Mapping[Side, Callable[[Box, Box], tuple[float, float]]]] = {
    "left": lambda box, all: (all.x, box.y),
    "right": lambda box, all: (all.right - box.width, box.y),
    "top": lambda box, all: (box.x, all.y),
    "bottom": lambda box, all: (box.x, all.bottom - box.height),
    "center": lambda box, all: (all.x + (all.width - box.width) / 2, box.y),
    "middle": lambda box, all: (box.x, all.y + (all.height - box.height) / 2),
}


def align(within: str, boxes: Boxes, side: Side) -> Edit:
    """Line boxes up at one side of the box around them all."""
    if not boxes:
        return Composite("Align", ())
    around = bounds(boxes)
    places = {id: _ALIGNED[side](box, around) for id, box in boxes.items()}
    return _moved(f"Align {side}", within, boxes, places)


def distribute(within: str, boxes: Boxes, axis: Axis) -> Edit:
    """Make the gaps between boxes equal; the first and the last stay where they are."""
    label = f"Distribute {axis}ly"
    across = axis == "horizontal"
    order = sorted(boxes, key=lambda id: (boxes[id].x if across else boxes[id].y, id))
    if len(order) < 3:
        return Composite(label, ())
    sizes = [boxes[id].width if across else boxes[id].height for id in order]
    first, last = boxes[order[0]], boxes[order[-1]]
    start, end = (first.x, last.right) if across else (first.y, last.bottom)
    gap = (end - start - sum(sizes)) / (len(order) - 1)
    places: Places = {}
    for id, size in zip(order, sizes, strict=True):
        places[id] = (start, boxes[id].y) if across else (boxes[id].x, start)
        start += size + gap
    return _moved(label, within, boxes, places)


def snap(within: str, boxes: Boxes, grid: float = GRID) -> Edit:
    """Put the corners of boxes on the grid."""
    places = {id: snapped((box.x, box.y), grid) for id, box in boxes.items()}
    return _moved("Snap to the grid", within, boxes, places)


def snapped(place: tuple[float, float], grid: float = GRID) -> tuple[float, float]:
    """The point of the grid that is nearest."""
    return round(place[0] / grid) * grid, round(place[1] / grid) * grid


def _moved(label: str, within: str, boxes: Boxes, places: Places) -> Edit:
    moved = {id: at for id, at in places.items() if at != (boxes[id].x, boxes[id].y)}
    return Composite(label, (Move(moved, within),) if moved else ())
