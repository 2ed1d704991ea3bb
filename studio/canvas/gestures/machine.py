"""From presses, moves and releases to drags and clicks: which gesture begins where.

The conventions, from top to bottom, the first that applies:

    right button with Ctrl, or left with the cutting key   cut links
    right button with Shift on a link                      put a reroute point on it and move it
    right button                                           a context menu, if it does not move
    left on a port, or at the left end of a parameter      drag a link
    left on a parameter                                    click: edit it; drag: scrub a number
    left on a link with Alt                                put a reroute point on it and move it
    left on a waypoint                                     move it
    left on an edge of a frame or a note                   resize it
    left at the right edge of a node                       make it wider
    left on a node, frame or note                          select it (Shift: too), move all selected
    left on a link                                         select it
    left on nothing                                        a marquee
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot
from typing import Final

from studio.canvas.gestures.cutting_links import CutDrag
from studio.canvas.gestures.drag import Drag
from studio.canvas.gestures.linking import begin_link
from studio.canvas.gestures.moving import MoveDrag
from studio.canvas.gestures.rerouting import RerouteDrag
from studio.canvas.gestures.resizing import NODE_EDGE, ResizeDrag, WidthDrag
from studio.canvas.gestures.scrubbing import ScrubDrag, can_scrub
from studio.canvas.gestures.selecting import MarqueeDrag, is_selected, joined, selection_of, toggled
from studio.canvas.gestures.stage import Pointer, Stage
from studio.canvas.hits import Hit

THRESHOLD: Final = 4.0
"""So many pixels make a drag of a press."""
PARAM_END: Final = 10.0
"""How near to its left end a parameter is grabbed as a port."""


class GestureMachine:
    """Follows the mouse; what comes of it happens on the stage."""

    def __init__(self, stage: Stage, open_menu: Callable[[Hit, Pointer], None]) -> None:
        self._stage = stage
        self._open_menu = open_menu
        self._press: Pointer | None = None
        self._hit = Hit()
        self._drag: Drag | None = None
        self._has_selected = False

    @property
    def busy(self) -> bool:
        """Whether a button is held that a gesture began with."""
        return self._press is not None

    @property
    def dragging(self) -> bool:
        """Whether something is being dragged."""
        return self._drag is not None

    @property
    def travels(self) -> bool:
        """Whether what is dragged may go to where the canvas is not seen yet."""
        return self._drag is not None and not isinstance(self._drag, ScrubDrag | WidthDrag)

    def press(self, pointer: Pointer) -> bool:
        """A button goes down; whether this begins a gesture."""
        if self.busy:
            return True
        if pointer.button not in ("left", "right"):
            return False
        self._press, self._hit = pointer, self._stage.hit(pointer.at)
        self._has_selected = False
        if pointer.button == "left" and not pointer.cutting:
            self._select_pressed(pointer)
        return True

    def move(self, pointer: Pointer) -> bool:
        """The mouse moves; whether a gesture follows it."""
        if self._press is None:
            return False
        if self._drag is None:
            if _distance(self._press, pointer) < THRESHOLD:
                return True
            self._drag = self._begin(self._press, self._hit)
        if self._drag is not None:
            self._drag.move(pointer)
        return True

    def release(self, pointer: Pointer) -> bool:
        """The button goes up; whether this ends a gesture."""
        press, drag, hit = self._press, self._drag, self._hit
        if press is None or pointer.button != press.button:
            return press is not None
        self._press = self._drag = None
        if drag is not None:
            drag.finish(pointer)
        elif _distance(press, pointer) < THRESHOLD:
            self._click(press, hit)
        return True

    def give_up(self) -> bool:
        """Escape: back to where it began; whether something was given up."""
        drag, self._press, self._drag = self._drag, None, None
        if drag is not None:
            drag.give_up()
        return drag is not None

    def _select_pressed(self, pointer: Pointer) -> None:
        """A press selects what it hits, unless that is selected: it may be about to be moved."""
        opened, hit = self._stage.opened, self._hit
        one = selection_of(hit)
        if hit.kind == "port" or not one or is_selected(opened.selection, hit):
            return
        adds = pointer.shift or pointer.ctrl
        opened.select(joined(opened.selection, one) if adds else one)
        self._has_selected = True

    def _click(self, press: Pointer, hit: Hit) -> None:
        opened = self._stage.opened
        if press.button == "right":
            if not is_selected(opened.selection, hit):
                opened.select(selection_of(hit))
            self._open_menu(hit, press)
        elif hit.kind == "link" and press.alt:
            RerouteDrag(self._stage, press, hit).finish(press)
        elif hit.kind == "widget" and not (press.shift or press.ctrl):
            self._stage.edit_param(hit)
        elif self._has_selected or hit.kind == "port":
            return
        elif press.shift or press.ctrl:
            opened.select(toggled(opened.selection, selection_of(hit)))
        else:
            opened.select(selection_of(hit))

    def _begin(self, press: Pointer, hit: Hit) -> Drag | None:
        stage = self._stage
        if press.cutting or (press.button == "right" and press.ctrl):
            return CutDrag(stage, press)
        if hit.kind == "link" and (press.alt or (press.button == "right" and press.shift)):
            return RerouteDrag(stage, press, hit)
        if press.button == "right":
            return None
        match hit.kind:
            case "port":
                return begin_link(stage, hit)
            case "widget":
                return self._begin_on_param(press, hit)
            case "waypoint":
                return RerouteDrag(stage, press, hit)
            case "frame-edge":
                return ResizeDrag(stage, press, hit)
            case "note":
                return (ResizeDrag if hit.edges else MoveDrag)(stage, press, hit)
            case "frame":
                return MoveDrag(stage, press, hit)
            case "node":
                at_edge = press.at[0] > hit.box.x + hit.box.w - NODE_EDGE
                return (WidthDrag if at_edge else MoveDrag)(stage, press, hit)
            case "nothing":
                return MarqueeDrag(stage, press)
        return None

    def _begin_on_param(self, press: Pointer, hit: Hit) -> Drag:
        """At its left end a parameter is a port; a number is scrubbed; else the node moves."""
        if press.at[0] < hit.box.x + PARAM_END:
            return begin_link(self._stage, hit)
        face = self._stage.param_of(hit.node, hit.port)
        if face is not None and can_scrub(face.spec):
            value = face.value
            if isinstance(value, (int, float)):
                return ScrubDrag(self._stage, press, hit, face.spec, value)
        return MoveDrag(self._stage, press, hit)


def _distance(one: Pointer, other: Pointer) -> float:
    return hypot(one.pixel[0] - other.pixel[0], one.pixel[1] - other.pixel[1])
