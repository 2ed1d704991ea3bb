"""The commands of the canvas: what each of them does to the shown document.

for key, handler in commands.handlers().items():
    actions.bind(key, handler, enabled=partial(commands.can, key))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor

from engine.errors import ReelwrightError
from engine.graph.edits import Edit
from engine.graph.edits.subgraphs import instances_of
from engine.graph.queries import ancestors, dependencies, descendants
from engine.graph.subgraphs import definition_name
from studio.canvas.gestures.clipping import Clipping
from studio.canvas.gestures.drag import carry_out, pinned, placed_level
from studio.canvas.gestures.inline import Inline
from studio.canvas.gestures.stage import Stage, level_of
from studio.canvas.link_shape import middle_of
from studio.canvas.view import CanvasView
from studio.document import Selection
from studio.editing import arrange, deleting, frames, grouping, layout, looks, modes, notes
from studio.editing.bulk import relabelled
from studio.editing.connect import disconnect
from studio.editing.level import Level
from studio.editing.renaming import make_unique
from studio.editing.waypoints import add_waypoint
from studio.faces import Point
from studio.theme import NODE_COLORS, tr

Handler = Callable[[], None]

_SIDES: Final[tuple[arrange.Side, ...]] = ("left", "center", "right", "top", "middle", "bottom")
_NEED_NODES: Final = frozenset(
    (
        *("edit.delete_reconnect", "edit.select_upstream", "edit.select_downstream"),
        *("edit.duplicate_linked", "canvas.bypass", "canvas.mute", "canvas.collapse"),
        *("canvas.disconnect", "canvas.group", "canvas.frame"),
    )
)
_NEED_ANY: Final = frozenset(("edit.cut", "edit.copy", "edit.duplicate", "edit.delete"))


class CanvasCommands:
    """Commands on one open document, in the words of `studio.commands`."""

    def __init__(
        self, view: CanvasView, stage: Stage, inline: Inline, search: Callable[[Point], None]
    ) -> None:
        self._view, self._stage, self._inline, self._search = view, stage, inline, search
        self._opened = view.open_document
        self.clipping = Clipping(stage, self.place)

    def handlers(self) -> Mapping[str, Handler]:
        """What to call, by the command's key."""
        view, clipping = self._view, self.clipping
        named: dict[str, Handler] = {
            "edit.cut": clipping.cut,
            "edit.copy": clipping.copy,
            "edit.paste": clipping.paste,
            "edit.paste_linked": partial(clipping.paste, linked=True),
            "edit.duplicate": clipping.duplicate,
            "edit.duplicate_linked": partial(clipping.duplicate, linked=True),
            "edit.delete": self.delete,
            "edit.delete_reconnect": self.delete_and_reconnect,
            "edit.rename": self.rename,
            "edit.select_all": self.select_all,
            "edit.select_none": self.select_none,
            "edit.select_upstream": self.select_upstream,
            "edit.select_downstream": self.select_downstream,
            "view.frame_selection": view.frame_selection,
            "view.frame_all": view.frame_all,
            "view.zoom_in": view.zoom_in,
            "view.zoom_out": view.zoom_out,
            "view.actual_size": view.zoom_to_actual_size,
            "canvas.add": self.add,
            "canvas.note": self.note,
            "canvas.frame": self.frame,
            "canvas.reroute": self.reroute,
            "canvas.bypass": self.bypass,
            "canvas.mute": self.mute,
            "canvas.collapse": self.collapse,
            "canvas.disconnect": self.disconnect,
            "canvas.view_node": self.view_node,
            "canvas.group": self.group,
            "canvas.ungroup": self.ungroup,
            "canvas.enter": self.enter,
            "canvas.leave": self._opened.leave,
            "canvas.rename_subgraph": self.rename_subgraph,
            "canvas.make_unique": self.make_unique,
            "canvas.remove_unused": self.remove_unused,
            "canvas.layout": self.lay_out,
            "canvas.distribute_across": partial(self.distribute, "horizontal"),
            "canvas.distribute_down": partial(self.distribute, "vertical"),
            "canvas.color_none": partial(self.color, ""),
        }
        named |= {f"canvas.align_{side}": partial(self.align, side) for side in _SIDES}
        return named | {f"canvas.color_{name}": partial(self.color, name) for name in NODE_COLORS}

    def can(self, key: str) -> bool:
        """Whether a command would do anything now."""
        chosen = self._opened.selection
        if key in _NEED_ANY:
            return bool(chosen)
        if key in _NEED_NODES:
            return bool(chosen.nodes)
        if key.startswith("canvas.align"):
            return len(chosen.nodes) > 1
        if key.startswith("canvas.distribute"):
            return len(chosen.nodes) > 2
        if key.startswith("canvas.color"):
            return bool(chosen.nodes or chosen.frames or chosen.notes)
        return self._can_otherwise(key, chosen)

    def _can_otherwise(self, key: str, chosen: Selection) -> bool:
        match key:
            case "canvas.view_node":
                return len(chosen.nodes) == 1
            case "canvas.remove_unused":
                return bool(grouping.unused_definitions(self._opened.document))
            case "canvas.make_unique":
                return self._shares_its_inside()
            case "canvas.enter" | "canvas.ungroup" | "canvas.rename_subgraph":
                here = level_of(self._opened)
                one = next(iter(chosen.nodes), "")
                return len(chosen.nodes) == 1 and grouping.is_subgraph(here, one)
            case "edit.rename":
                return len(chosen.nodes) + len(chosen.frames) + len(chosen.notes) == 1
            case "edit.select_none":
                return bool(chosen)
            case "canvas.reroute":
                return len(chosen.links) == 1
            case "canvas.leave":
                return bool(self._opened.trail)
            case _:
                return True

    def run(self, key: str) -> None:
        """Carry out a command, if it can be done now."""
        if self.can(key):
            self.handlers()[key]()

    # -- places and edits --------------------------------------------------------------------

    def place(self) -> Point:
        """Where something new goes: under the mouse if it is over the canvas, else the middle."""
        viewport = self._view.viewport()
        pos: QPoint = viewport.mapFromGlobal(QCursor.pos())
        inside = viewport.rect().contains(pos) and viewport.isVisible()
        at = self._view.to_scene(pos) if inside else self._view.camera.centre
        return arrange.snapped((at.x(), at.y())) if self._stage.snaps else (at.x(), at.y())

    def do(self, edit: Edit) -> bool:
        """Carry out an edit, or say why it cannot be done."""
        return carry_out(self._stage, edit)

    def _made(self, make: Callable[[], Edit]) -> bool:
        """Make an edit and carry it out, or say why it cannot be made."""
        try:
            edit = make()
        except ReelwrightError as error:
            self._stage.say(str(error))
            return False
        return self.do(edit)

    # -- selecting ---------------------------------------------------------------------------

    def select_all(self) -> None:
        face = self._view.canvas.face
        everything = frozenset(face.nodes), frozenset(face.frames), frozenset(face.notes)
        nodes, around, stuck = everything
        self._opened.select(Selection(nodes=nodes, frames=around, notes=stuck))

    def select_none(self) -> None:
        self._opened.select(Selection())

    def select_upstream(self) -> None:
        needs = dependencies(self._opened.graph)
        self._opened.select(Selection.of_nodes(ancestors(needs, self._opened.selection.nodes)))

    def select_downstream(self) -> None:
        needs = dependencies(self._opened.graph)
        self._opened.select(Selection.of_nodes(descendants(needs, self._opened.selection.nodes)))

    # -- adding and taking away --------------------------------------------------------------

    def add(self) -> None:
        self._search(self.place())

    def note(self) -> None:
        opened = self._opened
        added = notes.add_note(opened.document, opened.level, self.place())
        if self.do(added.edit):
            opened.select(Selection(notes=frozenset({added.id})))
            self._inline.note(added.id)

    def frame(self) -> None:
        opened, boxes = self._opened, self._stage.boxes()
        chosen = {id: boxes[id] for id in opened.selection.nodes}
        if not chosen:
            return
        added = frames.frame_around(opened.document, opened.level, chosen, tr("Frame"))
        if self.do(pinned(self._stage, added.edit)):
            opened.select(Selection(frames=frozenset({added.id})))
            self._inline.frame_title(added.id)

    def reroute(self) -> None:
        opened = self._opened
        if len(opened.selection.links) != 1:
            return
        (target,) = opened.selection.links
        link = self._view.canvas.links[target]
        count, at = len(link.face.waypoints), middle_of(link.points)
        index = self._stage.hit(at).index if count else 0
        place = arrange.snapped(at) if self._stage.snaps else at
        self.do(
            add_waypoint(opened.document, opened.level, target, place, min(max(index, 0), count))
        )

    def delete(self) -> None:
        opened, chosen = self._opened, self._opened.selection
        here = level_of(opened)
        self._made(
            lambda: deleting.delete(here, chosen.nodes, chosen.links, chosen.frames, chosen.notes)
        )

    def delete_and_reconnect(self) -> None:
        here, chosen = level_of(self._opened), self._opened.selection.nodes
        self._made(lambda: deleting.delete_and_reconnect(here, chosen))

    def disconnect(self) -> None:
        here, chosen = level_of(self._opened), self._opened.selection.nodes
        targets = [
            link.target for link in here.graph.links if chosen & {link.source[0], link.target[0]}
        ]
        if targets:
            self.do(disconnect(here, targets))

    # -- nodes as they are -------------------------------------------------------------------

    def rename(self) -> None:
        chosen = self._opened.selection
        for ids, edit in (
            (chosen.nodes, self._inline.title),
            (chosen.frames, self._inline.frame_title),
            (chosen.notes, self._inline.note),
        ):
            if len(ids) == 1:
                edit(next(iter(ids)))
                return

    def bypass(self) -> None:
        self.do(modes.toggle_bypass(level_of(self._opened), self._opened.selection.nodes))

    def mute(self) -> None:
        self.do(modes.toggle_mute(level_of(self._opened), self._opened.selection.nodes))

    def collapse(self) -> None:
        opened = self._opened
        self.do(looks.toggle_collapsed(opened.document, opened.level, opened.selection.nodes))

    def color(self, name: str) -> None:
        opened, chosen = self._opened, self._opened.selection
        edits: list[Edit] = []
        if chosen.nodes:
            edits.append(looks.color(opened.document, opened.level, chosen.nodes, name))
        if chosen.frames:
            edits.append(frames.color_frames(chosen.frames, name))
        if chosen.notes:
            edits.append(notes.color_notes(chosen.notes, name))
        if edits:
            self.do(relabelled("Color", *edits))

    def view_node(self) -> None:
        if len(self._opened.selection.nodes) == 1:
            self._view.view_requested.emit(next(iter(self._opened.selection.nodes)))

    # -- subgraphs ---------------------------------------------------------------------------

    def group(self) -> None:
        here, chosen = placed_level(self._stage), self._opened.selection
        try:
            name = tr("Group")
            added = grouping.group(here, chosen.nodes, name, chosen.frames, chosen.notes)
        except ReelwrightError as error:
            self._stage.say(str(error))
            return
        if self.do(pinned(self._stage, added.edit)):
            self._opened.select(Selection.of_nodes([added.id]))

    def ungroup(self) -> None:
        before = set(self._opened.graph.nodes)
        for id in sorted(self._opened.selection.nodes):
            here = placed_level(self._stage)
            if grouping.is_subgraph(here, id):
                self._made(partial(self._apart, here, id))
        fresh = set(self._opened.graph.nodes) - before
        if fresh:
            self._opened.select(Selection.of_nodes(fresh))

    def _apart(self, here: Level, id: str) -> Edit:
        return pinned(self._stage, grouping.ungroup(here, id))

    def enter(self) -> None:
        if self.can("canvas.enter"):
            self._opened.enter(next(iter(self._opened.selection.nodes)))

    def rename_subgraph(self) -> None:
        if self.can("canvas.rename_subgraph"):
            self._inline.definition(next(iter(self._opened.selection.nodes)))

    def make_unique(self) -> None:
        opened = self._opened
        if self._shares_its_inside():
            (node,) = opened.selection.nodes
            self._made(lambda: make_unique(opened.document, opened.level, node))

    def remove_unused(self) -> None:
        self._made(lambda: grouping.remove_unused(self._opened.document))

    def _shares_its_inside(self) -> bool:
        """Whether the one selected node is an instance, and not the only one."""
        opened = self._opened
        if not self.can("canvas.enter"):
            return False
        (node,) = opened.selection.nodes
        name = definition_name(opened.graph.nodes[node].type) or ""
        return len(list(instances_of(opened.document, name))) > 1

    # -- arranging ---------------------------------------------------------------------------

    def lay_out(self) -> None:
        chosen = self._opened.selection.nodes
        here = placed_level(self._stage)
        sizes = {id: (box.width, box.height) for id, box in self._stage.boxes().items()}
        edit = layout.lay_out(here, sizes, chosen if len(chosen) > 1 else None)
        self.do(pinned(self._stage, edit))

    def align(self, side: arrange.Side) -> None:
        self.do(pinned(self._stage, arrange.align(self._opened.level, self._chosen_boxes(), side)))

    def distribute(self, axis: arrange.Axis) -> None:
        edit = arrange.distribute(self._opened.level, self._chosen_boxes(), axis)
        self.do(pinned(self._stage, edit))

    def _chosen_boxes(self) -> arrange.Boxes:
        boxes, chosen = self._stage.boxes(), self._opened.selection.nodes
        return {id: boxes[id] for id in self._opened.graph.nodes if id in chosen}
