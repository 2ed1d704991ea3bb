"""Cutting links with a stroke of the mouse."""

from __future__ import annotations

from studio.canvas.gestures.drag import carry_out
from studio.canvas.gestures.stage import Pointer, Stage, box_between, level_of
from studio.editing.arrange import bounds
from studio.editing.connect import disconnect
from studio.editing.cutting import links_cut
from studio.faces import Point


class CutDrag:
    """A stroke that takes away every link it crosses."""

    def __init__(self, stage: Stage, pointer: Pointer) -> None:
        self._stage = stage
        self._stroke: list[Point] = [pointer.at]

    def move(self, pointer: Pointer) -> None:
        self._stroke.append(pointer.at)
        self._stage.show_cut(self._stroke)

    def finish(self, pointer: Pointer) -> None:
        self.move(pointer)
        pieces = zip(self._stroke, self._stroke[1:], strict=False)
        around = bounds({str(n): box_between(*piece) for n, piece in enumerate(pieces)})
        cut = links_cut(self._stroke, self._stage.links_in(around))
        self.give_up()
        if cut:
            carry_out(self._stage, disconnect(level_of(self._stage.opened), cut))

    def give_up(self) -> None:
        self._stage.show_cut(())
