"""What the view asks before it does anything itself with the mouse and the keys."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QKeyEvent, QMouseEvent, QWheelEvent


class Gestures(Protocol):
    """Mouse and keys on the canvas.  Each answers whether it has taken care of the event.

    `scene_pos` is where the event happened, in the scene.
    """

    def mouse_press(self, event: QMouseEvent, scene_pos: QPointF) -> bool: ...
    def mouse_move(self, event: QMouseEvent, scene_pos: QPointF) -> bool: ...
    def mouse_release(self, event: QMouseEvent, scene_pos: QPointF) -> bool: ...
    def mouse_double_click(self, event: QMouseEvent, scene_pos: QPointF) -> bool: ...
    def wheel(self, event: QWheelEvent, scene_pos: QPointF) -> bool: ...
    def key_press(self, event: QKeyEvent, scene_pos: QPointF) -> bool: ...
    def drag_enter(self, event: QDragMoveEvent, scene_pos: QPointF) -> bool: ...
    def drop(self, event: QDropEvent, scene_pos: QPointF) -> bool: ...


class NoGestures:
    """Takes care of nothing: the view can be looked at and moved, that is all."""

    def mouse_press(self, event: QMouseEvent, scene_pos: QPointF) -> bool:
        return False

    def mouse_move(self, event: QMouseEvent, scene_pos: QPointF) -> bool:
        return False

    def mouse_release(self, event: QMouseEvent, scene_pos: QPointF) -> bool:
        return False

    def mouse_double_click(self, event: QMouseEvent, scene_pos: QPointF) -> bool:
        return False

    def wheel(self, event: QWheelEvent, scene_pos: QPointF) -> bool:
        return False

    def key_press(self, event: QKeyEvent, scene_pos: QPointF) -> bool:
        return False

    def drag_enter(self, event: QDragMoveEvent, scene_pos: QPointF) -> bool:
        return False

    def drop(self, event: QDropEvent, scene_pos: QPointF) -> bool:
        return False
