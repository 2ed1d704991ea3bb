"""Changing a number on a node by dragging across it."""

from __future__ import annotations

from engine.graph.params import ParamSpec, ParamValue
from studio.canvas.gestures.drag import carry_out
from studio.canvas.gestures.stage import Pointer, Stage
from studio.canvas.hits import Hit
from studio.inspector.changes import set_value
from studio.inspector.fields.arithmetic import Number
from studio.inspector.fields.stepping import Pace, Stepping


def can_scrub(spec: ParamSpec) -> bool:
    """Whether a parameter is a number that dragging changes."""
    return spec.type in (int, float) and not spec.choices and not spec.many


class ScrubDrag:
    """A number under the mouse: to the right is more, Shift is fine, Ctrl is coarse."""

    def __init__(
        self, stage: Stage, pointer: Pointer, hit: Hit, spec: ParamSpec, value: Number
    ) -> None:
        self._stage, self._hit = stage, hit
        self._from = pointer.pixel[0]
        self._value, self._stepping = value, Stepping(spec)
        chosen = stage.opened.selection.nodes
        self._nodes = sorted(chosen) if hit.node in chosen else [hit.node]
        self._merge = f"scrub {id(self)}"
        self._changed = False

    def move(self, pointer: Pointer) -> None:
        pace: Pace = "fine" if pointer.shift else "coarse" if pointer.ctrl else "normal"
        pixels = round(pointer.pixel[0] - self._from)
        self._set(self._stepping.dragged(self._value, pixels, round(self._hit.box.w), pace))

    def finish(self, pointer: Pointer) -> None:
        self._stage.opened.end_merge()

    def give_up(self) -> None:
        self._stage.opened.end_merge()
        if self._changed:
            self._stage.opened.undo()

    def _set(self, value: ParamValue) -> None:
        opened = self._stage.opened
        edit = set_value(opened, self._same_type(), self._hit.port, value)
        self._changed = carry_out(self._stage, edit, self._merge) or self._changed

    def _same_type(self) -> list[str]:
        """Of the selected nodes those of the same type as the one that was grabbed."""
        nodes = self._stage.opened.graph.nodes
        type = nodes[self._hit.node].type
        return [id for id in self._nodes if id in nodes and nodes[id].type == type]
