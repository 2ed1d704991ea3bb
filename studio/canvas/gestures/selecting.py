"""Selecting: by a click, with Shift to add and take away, and with a marquee."""

from __future__ import annotations

from studio.canvas.gestures.stage import Pointer, Stage, box_between
from studio.canvas.hits import Hit
from studio.document import Selection
from studio.faces import Point


def selection_of(hit: Hit) -> Selection:
    """What a click on something selects."""
    if hit.kind in ("link", "waypoint") and hit.target is not None:
        return Selection(links=frozenset({hit.target}))
    if hit.kind in ("frame", "frame-edge"):
        return Selection(frames=frozenset({hit.id}))
    if hit.kind == "note":
        return Selection(notes=frozenset({hit.id}))
    return Selection(nodes=frozenset({hit.node})) if hit.node else Selection()


def is_selected(selection: Selection, hit: Hit) -> bool:
    """Whether what was hit is selected already."""
    one = selection_of(hit)
    return bool(one) and (
        one.nodes <= selection.nodes
        and one.links <= selection.links
        and one.frames <= selection.frames
        and one.notes <= selection.notes
    )


def toggled(selection: Selection, one: Selection) -> Selection:
    """The selection with these things added, or taken away if they were in it."""
    return Selection(
        nodes=selection.nodes ^ one.nodes,
        links=selection.links ^ one.links,
        frames=selection.frames ^ one.frames,
        notes=selection.notes ^ one.notes,
    )


def joined(selection: Selection, more: Selection) -> Selection:
    """Both together."""
    return Selection(
        nodes=selection.nodes | more.nodes,
        links=selection.links | more.links,
        frames=selection.frames | more.frames,
        notes=selection.notes | more.notes,
    )


class MarqueeDrag:
    """A rectangle that selects what it meets; with Shift it adds to what was selected."""

    def __init__(self, stage: Stage, pointer: Pointer) -> None:
        self._stage = stage
        self._from: Point = pointer.at
        self._before = stage.opened.selection
        self._adds = pointer.shift or pointer.ctrl

    def move(self, pointer: Pointer) -> None:
        area = box_between(self._from, pointer.at)
        self._stage.show_marquee(area)
        inside = Selection(
            nodes=self._stage.nodes_in(area),
            frames=self._stage.frames_in(area),
            notes=self._stage.notes_in(area),
        )
        self._stage.opened.select(joined(self._before, inside) if self._adds else inside)

    def finish(self, pointer: Pointer) -> None:
        self._stage.show_marquee(None)

    def give_up(self) -> None:
        self._stage.show_marquee(None)
        self._stage.opened.select(self._before)
