"""Resizing frames, notes, and the width of nodes."""

from __future__ import annotations

from typing import Final

from studio.canvas.gestures.drag import carry_out
from studio.canvas.gestures.stage import Pointer, Stage
from studio.canvas.hits import Hit
from studio.editing.arrange import GRID, Box
from studio.editing.frames import LEAST_FRAME, resize_frame
from studio.editing.looks import set_width
from studio.editing.notes import LEAST_NOTE, resize_note
from studio.faces import Point

NODE_EDGE: Final = 6.0
"""How near to a node's right edge its width is grabbed."""


class ResizeDrag:
    """An edge or a corner of a frame or a note in the user's hand."""

    def __init__(self, stage: Stage, pointer: Pointer, hit: Hit) -> None:
        self._stage, self._hit = stage, hit
        self._from: Point = pointer.at
        self._before = self._box = Box(*hit.box)

    def move(self, pointer: Pointer) -> None:
        by = (pointer.at[0] - self._from[0], pointer.at[1] - self._from[1])
        grid = GRID if self._stage.snaps != pointer.ctrl else 0.0
        least = LEAST_NOTE if self._hit.kind == "note" else LEAST_FRAME
        self._box = stretched(self._before, self._hit.edges, by, least, grid)
        self._stage.hold_boxes({self._hit.id: self._box})

    def finish(self, pointer: Pointer) -> None:
        self.move(pointer)
        self.give_up()
        resize = resize_note if self._hit.kind == "note" else resize_frame
        carry_out(self._stage, resize(self._hit.id, self._box))

    def give_up(self) -> None:
        self._stage.hold_boxes({})


class WidthDrag:
    """The right edge of a node; all selected nodes get as wide."""

    def __init__(self, stage: Stage, pointer: Pointer, hit: Hit) -> None:
        self._stage = stage
        self._from, self._width = pointer.at[0], hit.box.w
        chosen = stage.opened.selection.nodes
        self._nodes = chosen if hit.node in chosen else frozenset({hit.node})
        self._merge = f"width {id(self)}"
        self._changed = False

    def move(self, pointer: Pointer) -> None:
        width = self._width + pointer.at[0] - self._from
        if self._stage.snaps != pointer.ctrl:
            width = round(width / GRID) * GRID
        opened = self._stage.opened
        edit = set_width(opened.document, opened.level, self._nodes, width)
        self._changed = carry_out(self._stage, edit, self._merge) or self._changed

    def finish(self, pointer: Pointer) -> None:
        self._stage.opened.end_merge()

    def give_up(self) -> None:
        self._stage.opened.end_merge()
        if self._changed:
            self._stage.opened.undo()


def stretched(box: Box, edges: frozenset[str], by: Point, least: Point, grid: float = 0.0) -> Box:
    """A box with some of its edges moved, on the grid if there is one, and not too small."""

    def moved(edge: float, distance: float) -> float:
        return round((edge + distance) / grid) * grid if grid else edge + distance

    left, right, top, bottom = box.x, box.right, box.y, box.bottom
    if "left" in edges:
        left = min(moved(left, by[0]), right - least[0])
    if "right" in edges:
        right = max(moved(right, by[0]), left + least[0])
    if "top" in edges:
        top = min(moved(top, by[1]), bottom - least[1])
    if "bottom" in edges:
        bottom = max(moved(bottom, by[1]), top + least[1])
    return Box(left, top, right - left, bottom - top)
