"""Reroute points: put on a link and moved."""

from __future__ import annotations

from engine.graph.document import Endpoint
from studio.canvas.gestures.drag import carry_out
from studio.canvas.gestures.stage import Pointer, Stage
from studio.canvas.hits import Hit
from studio.document import Selection
from studio.editing.arrange import snapped
from studio.editing.waypoints import add_waypoint, move_waypoint
from studio.faces import Point


class RerouteDrag:
    """One point that a link is led through, in the user's hand; a new one if the link was hit."""

    def __init__(self, stage: Stage, pointer: Pointer, hit: Hit) -> None:
        assert hit.target is not None, "a link or a waypoint was hit"
        self._stage = stage
        self._target: Endpoint = hit.target
        self._index = hit.index
        self._merge = f"reroute {id(self)}"
        self._changed = False
        if hit.kind == "link":
            opened = stage.opened
            edit = add_waypoint(opened.document, opened.level, hit.target, pointer.at, hit.index)
            self._changed = carry_out(stage, edit, self._merge)
        stage.opened.select(Selection(links=frozenset({hit.target})))

    def move(self, pointer: Pointer) -> None:
        opened, at = self._stage.opened, self._place(pointer)
        edit = move_waypoint(opened.document, opened.level, self._target, self._index, at)
        self._changed = carry_out(self._stage, edit, self._merge) or self._changed

    def finish(self, pointer: Pointer) -> None:
        self._stage.opened.end_merge()

    def give_up(self) -> None:
        self._stage.opened.end_merge()
        if self._changed:
            self._stage.opened.undo()

    def _place(self, pointer: Pointer) -> Point:
        return pointer.at if self._stage.snaps == pointer.ctrl else snapped(pointer.at)
