"""Adding nodes by searching: where the new one goes, and what it is linked to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QPoint, QPointF

from engine.errors import ReelwrightError
from engine.graph.document import Endpoint
from engine.graph.edits import Composite, Move
from engine.graph.node import NodeType
from studio.canvas.gestures.drag import carry_out, pinned, placed_level
from studio.canvas.gestures.stage import Stage
from studio.canvas.search import SearchPopup
from studio.canvas.view import CanvasView
from studio.document import Selection
from studio.editing.adding import Added, add_linked, add_node
from studio.editing.arrange import Box, snapped
from studio.editing.connect import wish_of
from studio.editing.insert import add_on_link
from studio.editing.level import Level, feeding
from studio.editing.making_room import room_for
from studio.editing.search import SearchIndex
from studio.faces import Point
from studio.theme import Theme
from studio.view_data import FARTHEST

HEAD: Final = 40.0
"""The first port is about so far below a node's corner."""
WIDTH: Final = 200.0
BESIDE: Final = QPoint(12, 4)
"""The popup opens beside the mouse, so that the end of a dragged link stays to be seen."""


@dataclass(frozen=True)
class Asked:
    """Where a node was asked for, and by what: a link that was dragged, or one to stand on."""

    at: Point
    fixed: Endpoint | None = None
    is_output: bool = True
    on_link: Endpoint | None = None


class AddSearch(QObject):
    """Opens the search popup over a canvas and adds what is chosen in it.

    `usage` counts how often each type was added; it may be shared and kept.
    """

    def __init__(
        self, view: CanvasView, stage: Stage, theme: Theme, usage: Counter[str] | None = None
    ) -> None:
        super().__init__(view)
        self._view, self._stage = view, stage
        self.usage = Counter[str]() if usage is None else usage
        self._asked = Asked((0.0, 0.0))
        self._popup: SearchPopup | None = None
        self._theme = theme

    @property
    def popup(self) -> SearchPopup | None:
        """The popup, once it was opened."""
        return self._popup

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme, from the next time on."""
        self._theme = theme
        if self._popup is not None:
            self._popup.deleteLater()
            self._popup = None

    def open(self, asked: Asked) -> None:
        """Let the user search."""
        self._asked = asked
        opened = self._stage.opened
        wish = None
        if asked.fixed is not None:
            wish = wish_of(self._level(), asked.fixed, asked.is_output)
            self._show_draft(asked)
        index = SearchIndex.of(opened.document, opened.registry)
        # What stands in the graph already is likelier to be wanted than what was never used.
        here = Counter(spec.type for spec in opened.graph.nodes.values())
        self._made().open_at(self._screen(asked.at), index, wish, self.usage + here)

    def add(self, type: NodeType) -> None:
        """Add a node of a type where it was asked for."""
        try:
            added = self._added(self._level(), type)
        except ReelwrightError as error:
            self._stage.say(str(error))
            return
        if carry_out(self._stage, pinned(self._stage, added.edit)):
            self.usage[type.type] += 1
            self._stage.opened.select(Selection.of_nodes([added.id]))
            self._view.setFocus()

    def _added(self, here: Level, type: NodeType) -> Added:
        asked, place = self._asked, self._place()
        if asked.on_link is not None:
            return self._on_link(here, type, place, asked.on_link)
        if asked.fixed is not None:
            return add_linked(here, type, place, asked.fixed, asked.is_output)
        return add_node(here, type, place)

    def _on_link(self, here: Level, type: NodeType, place: Point, target: Endpoint) -> Added:
        """The new node on a link, between whose ends there is room for it then."""
        added = add_on_link(here, type, target, place)
        after = here.after(added.edit.apply(here.document)[0])
        if feeding(after.graph)[target][0] != added.id:
            return added
        box = Box(*place, WIDTH, HEAD)
        move = Move(room_for(here, self._stage.boxes(), added.id, box, target), here.within)
        return Added(Composite(added.edit.label, (added.edit, move)), added.id)

    def _place(self) -> Point:
        """The corner of the new node: its first port lies where the link was dropped."""
        asked = self._asked
        x, y = asked.at
        if asked.fixed is not None:
            x, y = (x if asked.is_output else x - WIDTH), y - HEAD
        elif asked.on_link is not None:
            x, y = x - WIDTH / 2, y - HEAD
        x, y = max(-FARTHEST, min(FARTHEST, x)), max(-FARTHEST, min(FARTHEST, y))
        return snapped((x, y)) if self._stage.snaps else (x, y)

    def _show_draft(self, asked: Asked) -> None:
        """The dragged link stays to be seen while the user searches."""
        assert asked.fixed is not None, "a link is dragged from somewhere"
        start = self._stage.port_at(asked.fixed, asked.is_output)
        ends = (start, asked.at) if asked.is_output else (asked.at, start)
        kind = self._stage.kind_of(asked.fixed, asked.is_output)
        self._stage.show_draft(*ends, kind, True, "")

    def _level(self) -> Level:
        return placed_level(self._stage)

    def _screen(self, at: Point) -> QPoint:
        return self._view.viewport().mapToGlobal(self._view.from_scene(QPointF(*at))) + BESIDE

    def _made(self) -> SearchPopup:
        if self._popup is None:
            self._popup = SearchPopup(self._theme, self._view)
            self._popup.chosen.connect(self.add)
            self._popup.dismissed.connect(self._stage.hide_draft)
        return self._popup
