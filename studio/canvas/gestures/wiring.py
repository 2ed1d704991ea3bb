"""Mouse and keys of a canvas view, led to gestures and commands.

hands = CanvasHands(view, theme)        # sets view.gestures
hands.commands.handlers()               # to be bound to the application's actions
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)

from engine.graph.document import Endpoint
from studio.canvas.gestures.add_search import AddSearch, Asked
from studio.canvas.gestures.commands import CanvasCommands
from studio.canvas.gestures.cursors import cursor_for
from studio.canvas.gestures.drag import carry_out
from studio.canvas.gestures.dropping import Dropping
from studio.canvas.gestures.edge_pan import EdgePan
from studio.canvas.gestures.editors import Editors
from studio.canvas.gestures.inline import Inline
from studio.canvas.gestures.machine import GestureMachine
from studio.canvas.gestures.menus import ActionFor, context_menu
from studio.canvas.gestures.port_menu import carry_out_offer, offers
from studio.canvas.gestures.stage import Button, Pointer
from studio.canvas.gestures.toast import Toast
from studio.canvas.gestures.view_stage import ViewStage
from studio.canvas.hits import Hit
from studio.canvas.view import CanvasView
from studio.editing.waypoints import remove_waypoint
from studio.faces import Point
from studio.theme import Theme

CUTTING_KEY: Final = Qt.Key.Key_Y
BUTTONS: Final[dict[Qt.MouseButton, Button]] = {
    Qt.MouseButton.LeftButton: "left",
    Qt.MouseButton.RightButton: "right",
    Qt.MouseButton.MiddleButton: "middle",
}


class CanvasHands(QObject):
    """The gestures of a canvas view, and its commands."""

    said = Signal(str)
    """A sentence that was shown at the foot of the canvas."""
    graph_dropped = Signal(object)
    """The Path of a file that was dropped to be opened."""

    def __init__(
        self,
        view: CanvasView,
        theme: Theme,
        usage: Counter[str] | None = None,
        action_for: ActionFor | None = None,
    ) -> None:
        super().__init__(view)
        self._view, self._action_for = view, action_for
        self._cutting = False
        self._toast = Toast(view.viewport(), theme)
        self.stage = ViewStage(view, self._search, self._edit_param, self.say)
        self.editors = Editors(view, theme)
        self.inline = Inline(view, self.stage, self.editors)
        self.adding = AddSearch(view, self.stage, theme, usage)
        self.commands = CanvasCommands(view, self.stage, self.inline, self._search)
        self.dropping = Dropping(self.stage, self.commands.clipping, self.graph_dropped.emit)
        self.machine = GestureMachine(self.stage, self._open_menu)
        self._edge = EdgePan(view, self._move_again)
        self._last = Pointer((0.0, 0.0), (0.0, 0.0))
        view.gestures = self
        view.installEventFilter(self)
        view.open_document.level_changed.connect(self._level_changed)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._toast.set_theme(theme)
        self.editors.set_theme(theme)
        self.adding.set_theme(theme)

    def say(self, sentence: str) -> None:
        """Tell the user something at the foot of the canvas."""
        self._toast.say(sentence)
        self.said.emit(sentence)

    # -- what the view asks --------------------------------------------------------------------

    def mouse_press(self, event: QMouseEvent, scene_pos: QPointF) -> bool:
        self.editors.close()
        return self.machine.press(self._pointer(event, scene_pos))

    def mouse_move(self, event: QMouseEvent, scene_pos: QPointF) -> bool:
        pointer = self._pointer(event, scene_pos)
        if self.machine.move(pointer):
            self._last = pointer
            if self.machine.travels:
                self._edge.follow(event.position())
            return True
        self._hover(pointer.at)
        return False

    def mouse_release(self, event: QMouseEvent, scene_pos: QPointF) -> bool:
        self._edge.stop()
        return self.machine.release(self._pointer(event, scene_pos))

    def mouse_double_click(self, event: QMouseEvent, scene_pos: QPointF) -> bool:
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        at = (scene_pos.x(), scene_pos.y())
        hit = self.stage.hit(at)
        match hit.kind:
            case "nothing":
                self._search(at)
            case "link":
                self.adding.open(Asked(at, on_link=hit.target))
            case "waypoint":
                self._straighten(hit)
            case "note":
                self.inline.note(hit.id)
            case "frame":
                self.inline.frame_title(hit.id)
            case "widget":
                self._edit_param(hit)
            case "node":
                return False
        return True

    def wheel(self, event: QWheelEvent, scene_pos: QPointF) -> bool:
        return False

    def key_press(self, event: QKeyEvent, scene_pos: QPointF) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self._edge.stop()
            return self.machine.give_up()
        if event.key() == CUTTING_KEY and not event.modifiers():
            self._cutting = True
            self._view.viewport().setCursor(Qt.CursorShape.CrossCursor)
            return True
        return self.machine.dragging

    def drag_enter(self, event: QDragMoveEvent, scene_pos: QPointF) -> bool:
        return self.dropping.accepts(event.mimeData())

    def drop(self, event: QDropEvent, scene_pos: QPointF) -> bool:
        opens = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        return self.dropping.drop(event.mimeData(), (scene_pos.x(), scene_pos.y()), opens)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The cutting key goes up; the menu key opens a menu."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyRelease:
            if event.key() == CUTTING_KEY and not event.isAutoRepeat():
                self._stop_cutting()
        elif event.type() == QEvent.Type.FocusOut:
            self._stop_cutting()
        elif isinstance(event, QContextMenuEvent):
            if event.reason() == QContextMenuEvent.Reason.Keyboard:
                self._menu_by_key()
            return True
        return False

    # -- what gestures ask ---------------------------------------------------------------------

    def _search(self, at: Point, fixed: Endpoint | None = None, is_output: bool = True) -> None:
        self.adding.open(Asked(at, fixed, is_output))

    def _edit_param(self, hit: Hit) -> None:
        self.inline.param(hit)

    def _open_menu(self, hit: Hit, pointer: Pointer) -> None:
        self._show_menu(hit, self._view.viewport().mapToGlobal(QPoint(*map(round, pointer.pixel))))

    def _menu_by_key(self) -> None:
        """The menu of what is selected, where it is; else that of the canvas, in its middle."""
        chosen = sorted(self._view.open_document.selection.nodes)
        id = next((id for id in chosen if id in self._view.canvas.nodes), "")
        if not id:
            self._show_menu(Hit(), self._view.mapToGlobal(self._view.rect().center()))
            return
        corner = self._view.from_scene(self._view.canvas.node_rect(id).topLeft())
        self._show_menu(Hit("node", id), self._view.viewport().mapToGlobal(corner))

    def _show_menu(self, hit: Hit, pos: QPoint) -> None:
        commands = self.commands
        known = commands.handlers().keys()

        def can(key: str) -> bool:
            return key in known and commands.can(key)

        own = [
            (made.text, partial(carry_out_offer, self.stage, made))
            for made in offers(self.stage, hit)
        ]
        menu = context_menu(self._view, hit, commands.run, can, self._action_for, own)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(pos)

    # -- small things --------------------------------------------------------------------------

    def _straighten(self, hit: Hit) -> None:
        opened = self._view.open_document
        assert hit.target is not None, "a waypoint is of a link"
        edit = remove_waypoint(opened.document, opened.level, hit.target, hit.index)
        carry_out(self.stage, edit)

    def _hover(self, at: Point) -> None:
        """Show what a press would do."""
        hit = self.stage.hit(at)
        face = self.stage.param_of(hit.node, hit.port) if hit.kind == "widget" else None
        spec = None if face is None else face.spec
        self._view.viewport().setCursor(cursor_for(hit, at, spec, self._cutting))
        self.stage.highlight_link(hit.target)

    def _move_again(self, pixel: QPointF) -> None:
        """The canvas has moved under the mouse, which is elsewhere in the scene now."""
        at = self._view.to_scene(pixel)
        if not self.machine.move(replace(self._last, at=(at.x(), at.y()))):
            self._edge.stop()

    def _stop_cutting(self) -> None:
        if self._cutting:
            self._cutting = False
            self._view.viewport().unsetCursor()

    def _level_changed(self) -> None:
        self._edge.stop()
        self.machine.give_up()
        self.editors.cancel()

    def _pointer(self, event: QMouseEvent, scene_pos: QPointF) -> Pointer:
        held, pixel = event.modifiers(), event.position()
        return Pointer(
            at=(scene_pos.x(), scene_pos.y()),
            pixel=(pixel.x(), pixel.y()),
            button=BUTTONS.get(event.button(), ""),
            shift=bool(held & Qt.KeyboardModifier.ShiftModifier),
            ctrl=bool(held & Qt.KeyboardModifier.ControlModifier),
            alt=bool(held & Qt.KeyboardModifier.AltModifier),
            cutting=self._cutting,
        )
