"""Moving what is selected: with snapping, frames with their nodes, and onto links."""

from __future__ import annotations

from typing import Final

from engine.graph.document import Endpoint
from engine.graph.edits import Composite, Edit, Move
from studio.canvas.gestures.drag import carry_out, pinned
from studio.canvas.gestures.stage import Pointer, Stage, level_of
from studio.canvas.hits import Hit
from studio.editing.arrange import Box, snapped
from studio.editing.cutting import links_cut
from studio.editing.frames import move_all, nodes_inside
from studio.editing.insert import insert, insertion
from studio.editing.making_room import room_for
from studio.faces import FrameFace, NoteFace, Point
from studio.view_data import frames_on, notes_on

DEPTH: Final = 60.0
"""So far below a node's upper edge a link must pass to be meant."""


class MoveDrag:
    """Everything that is selected, in the user's hand; the document changes when it is let go."""

    def __init__(self, stage: Stage, pointer: Pointer, hit: Hit) -> None:
        self._stage = stage
        self._from: Point = pointer.at
        self._boxes = stage.boxes()
        opened, chosen = stage.opened, stage.opened.selection
        frames = frames_on(opened.document, opened.level)
        notes = notes_on(opened.document, opened.level)
        self._frames = {id: _box(frames[id]) for id in chosen.frames if id in frames}
        self._notes = {id: _box(notes[id]) for id in chosen.notes if id in notes}
        framed = (nodes_inside(box, self._boxes) for box in self._frames.values())
        self._nodes = chosen.nodes.union(*framed)
        self._anchor = self._anchor_of(hit)
        self._by: Point = (0.0, 0.0)
        self._link: Endpoint | None = None
        self._fitting: dict[Endpoint, bool] = {}

    def move(self, pointer: Pointer) -> None:
        self._by = self._distance(pointer)
        self._stage.offset_nodes(self._nodes, self._by)
        held = {**self._frames, **self._notes}
        if held:
            dx, dy = self._by
            self._stage.hold_boxes(
                {id: Box(b.x + dx, b.y + dy, b.width, b.height) for id, b in held.items()}
            )
        self._link = None if pointer.alt or held else self._link_below()
        self._stage.highlight_link(self._link)

    def finish(self, pointer: Pointer) -> None:
        self.move(pointer)
        self.give_up()
        if self._by != (0.0, 0.0):
            carry_out(self._stage, pinned(self._stage, self._edit()))

    def give_up(self) -> None:
        self._stage.highlight_link(None)
        self._stage.offset_nodes((), (0.0, 0.0))
        self._stage.hold_boxes({})

    def _anchor_of(self, hit: Hit) -> Point:
        """The corner that snaps: that of what was grabbed."""
        if hit.node in self._boxes:
            box = self._boxes[hit.node]
            return box.x, box.y
        return hit.box.x, hit.box.y

    def _distance(self, pointer: Pointer) -> Point:
        dx, dy = pointer.at[0] - self._from[0], pointer.at[1] - self._from[1]
        if self._stage.snaps == pointer.ctrl:
            return dx, dy
        x, y = snapped((self._anchor[0] + dx, self._anchor[1] + dy))
        return x - self._anchor[0], y - self._anchor[1]

    def _places(self) -> dict[str, Point]:
        dx, dy = self._by
        boxes = self._boxes
        return {id: (boxes[id].x + dx, boxes[id].y + dy) for id in self._nodes if id in boxes}

    def _edit(self) -> Edit:
        opened = self._stage.opened
        move = move_all(
            opened.document, opened.level, self._places(), self._frames, self._notes, self._by
        )
        if self._link is None:
            return move
        (node,) = self._nodes
        here = level_of(opened)
        after = here.after(move.apply(opened.document)[0])
        x, y = self._places()[node]
        put = insert(after, node, self._link, (x, y))
        box = Box(x, y, self._boxes[node].width, self._boxes[node].height)
        room = Move(room_for(here, self._boxes, node, box, self._link), opened.level)
        return Composite(put.label, (move, put, room))

    def _link_below(self) -> Endpoint | None:
        """The link under the middle of a single node that would fit on it."""
        if len(self._nodes) != 1:
            return None
        (node,) = self._nodes
        here = level_of(self._stage.opened)
        for target in self._links_under(node):
            if target not in self._fitting:
                self._fitting[target] = insertion(here, node, target) is not None
            if self._fitting[target]:
                return target
        return None

    def _links_under(self, node: str) -> tuple[Endpoint, ...]:
        """The links that run through the middle of a node, not counting its own."""
        box, (dx, dy) = self._boxes[node], self._by
        left, right = box.x + dx + box.width * 0.2, box.right + dx - box.width * 0.2
        top, bottom = box.y + dy, box.y + dy + min(box.height, DEPTH)
        across = ((left, top), (right, bottom), (right, top), (left, bottom))
        near = self._stage.links_in(Box(left, top, right - left, bottom - top))
        others = {target: line for target, line in near.items() if target[0] != node}
        return links_cut(across, others)


def _box(face: FrameFace | NoteFace) -> Box:
    return Box(*face.at, *face.size)
