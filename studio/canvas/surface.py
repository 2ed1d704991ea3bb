"""A view that moves over the scene and lets gestures have the mouse and the keys first."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from studio.canvas.camera import Camera
from studio.canvas.pointer import Gestures, NoGestures
from studio.canvas.scene import CanvasScene
from studio.theme import Theme
from studio.theme.words import tr

DIRECTLY: Final = Qt.FindChildOption.FindDirectChildrenOnly
WHEEL_NOTCH: Final = 120.0
ZOOM_STEP: Final = 1.2
"""How much a notch of the wheel magnifies."""


class CanvasSurface(QGraphicsView):
    """Pans and zooms by mouse, keys and touch pad; everything else is left to `gestures`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = CanvasScene(theme, self)
        self.camera = Camera(self)
        self.gestures: Gestures = NoGestures()
        self._panning: QPointF | None = None
        self._space_held = False
        self._framed = False
        self._set_up()

    def to_scene(self, pos: QPoint | QPointF) -> QPointF:
        """The point of the scene at a position in the viewport."""
        return self.camera.to_scene(QPointF(pos))

    def from_scene(self, pos: QPointF) -> QPoint:
        """Where a point of the scene is in the viewport."""
        return self.mapFromScene(pos)

    def frame_all(self) -> None:
        """Show everything."""
        self.camera.show_area(self.canvas.content_rect())

    def zoom_in(self) -> None:
        """Magnify the middle of the view."""
        self.camera.zoom_by(ZOOM_STEP**2, self._middle())

    def zoom_out(self) -> None:
        """Show more around the middle of the view."""
        self.camera.zoom_by(ZOOM_STEP**-2, self._middle())

    def zoom_to_actual_size(self) -> None:
        """One pixel for each unit of the scene."""
        self.camera.zoom_by(1 / self.camera.target_zoom, self._middle())

    # -- what subclasses do -------------------------------------------------------------------

    def click(self, event: QMouseEvent) -> None:
        """The mouse was pressed and no gesture took it."""

    def double_click(self, event: QMouseEvent) -> None:
        """The mouse was double-clicked and no gesture took it."""

    def key(self, event: QKeyEvent) -> bool:
        """A key was pressed and no gesture took it; whether it meant something."""
        return False

    # -- events ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.canvas.shows_focus = False
        if self._begins_pan(event):
            self._panning = event.position()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        if not self.gestures.mouse_press(event, self.to_scene(event.position())):
            self.click(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._panning is not None:
            step = event.position() - self._panning
            self._panning = event.position()
            self.camera.pan_by(step.x(), step.y())
            return
        at = self.to_scene(event.position())
        self.gestures.mouse_move(event, at)
        self.canvas.hover(at if event.buttons() == Qt.MouseButton.NoButton else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.canvas.hover(None)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._panning is not None:
            self._panning = None
            self.viewport().setCursor(
                Qt.CursorShape.OpenHandCursor if self._space_held else Qt.CursorShape.ArrowCursor
            )
            return
        self.gestures.mouse_release(event, self.to_scene(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self.gestures.mouse_double_click(event, self.to_scene(event.position())):
            self.double_click(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.gestures.wheel(event, self.to_scene(event.position())):
            return
        event.accept()
        pixels = event.pixelDelta()
        fine = not pixels.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase
        if fine and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.camera.pan_by(pixels.x(), pixels.y())
            return
        notches = event.angleDelta().y() / WHEEL_NOTCH
        if notches:
            self.camera.zoom_by(ZOOM_STEP**notches, event.position(), smoothly=not fine)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            return self._native_gesture(event)
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pos = self.to_scene(QPointF(self.viewport().mapFromGlobal(self.cursor().pos())))
        if self.gestures.key_press(event, pos):
            return
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif not self.key(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = False
            self.viewport().unsetCursor()
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space_held, self._panning = False, None
        super().focusOutEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(self.gestures.drag_enter(event, self.to_scene(event.position())))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(self.gestures.drag_enter(event, self.to_scene(event.position())))

    def dropEvent(self, event: QDropEvent) -> None:
        event.setAccepted(self.gestures.drop(event, self.to_scene(event.position())))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """The picture moves; what lies on the view (messages, fields) stays where it is."""
        super().scrollContentsBy(dx, dy)
        for child in self.viewport().findChildren(QWidget, options=DIRECTLY):
            child.move(child.pos() - QPoint(dx, dy))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The first size that it gets shows everything."""
        super().resizeEvent(event)
        if not self._framed and self.viewport().width() > 100:
            self._framed = True
            self.camera.show_area(self.canvas.content_rect(), smoothly=False)
        self.camera.moved.emit()

    def _begins_pan(self, event: QMouseEvent) -> bool:
        """Middle button, or the left one with Space or Alt; on links Alt has another meaning."""
        if event.button() == Qt.MouseButton.MiddleButton:
            return True
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        if self._space_held or event.modifiers() != Qt.KeyboardModifier.AltModifier:
            return self._space_held
        return self.canvas.hit(self.to_scene(event.position())).kind not in ("link", "waypoint")

    def _native_gesture(self, event: QNativeGestureEvent) -> bool:
        match event.gestureType():
            case Qt.NativeGestureType.ZoomNativeGesture:
                self.camera.zoom_by(1 + event.value(), event.position(), smoothly=False)
            case Qt.NativeGestureType.PanNativeGesture:
                self.camera.pan_by(event.delta().x(), event.delta().y())
            case Qt.NativeGestureType.SmartZoomNativeGesture:
                self.frame_all()
            case _:
                return False
        event.accept()
        return True

    def _set_up(self) -> None:
        self.setScene(self.canvas)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Graph"))
        self.setAccessibleDescription(
            tr("The nodes of the graph; the arrow keys go from node to node.")
        )

    def _middle(self) -> QPointF:
        area = self.viewport().rect()
        return QPointF(area.width() / 2, area.height() / 2)
