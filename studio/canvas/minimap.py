"""A small picture of the whole graph, and of the part that is seen; a click goes there."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from studio.canvas.surface import WHEEL_NOTCH, ZOOM_STEP, CanvasSurface
from studio.theme import RADIUS, Theme
from studio.theme.words import tr

SIZE: Final = QSize(208, 136)
PAD: Final = 8.0
REDRAW_MS: Final = 120
"""The picture of the graph is drawn anew at most this often."""
LEAST_BOX: Final = 2.0


class Minimap(QWidget):
    """Shows a canvas as a whole."""

    def __init__(self, view: CanvasSurface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._picture: QPixmap | None = None
        self._scale, self._offset = 1.0, QPointF()
        self.setFixedSize(SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Minimap"))
        self.setToolTip(tr("Click or drag to go there; turn the wheel to zoom"))
        self._redraw = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._redraw.timeout.connect(self._draw_anew)
        view.camera.moved.connect(self.update)
        view.canvas.face_changed.connect(self._changed)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme; the canvas has changed to it already."""
        self._draw_anew()

    def scene_at(self, pos: QPointF) -> QPointF:
        """The point of the scene that lies under a point of the minimap."""
        return (pos - self._offset) / self._scale

    def paintEvent(self, event: QPaintEvent) -> None:
        paints = self._view.canvas.paints
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(paints.named("panel"))
        ground.setAlpha(235)
        painter.setPen(QPen(paints.named("outline"), 1))
        painter.setBrush(ground)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(body, RADIUS, RADIUS)
        if self._picture is None:
            self._picture = self._drawn()
        painter.drawPixmap(QPointF(0, 0), self._picture)
        self._draw_seen(painter, body)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        area = self._view.viewport().rect()
        middle = QPointF(area.width() / 2, area.height() / 2)
        notches = event.angleDelta().y() / WHEEL_NOTCH
        self._view.camera.zoom_by(ZOOM_STEP**notches, middle)
        event.accept()

    def _go(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            camera = self._view.camera
            camera.go_to(self.scene_at(event.position()), camera.zoom, smoothly=False)
        event.accept()

    def _draw_seen(self, painter: QPainter, body: QRectF) -> None:
        """The part that is seen, as a bright rectangle; never smaller than can be found."""
        seen = self._view.camera.seen()
        area = QRectF(
            seen.x() * self._scale + self._offset.x(),
            seen.y() * self._scale + self._offset.y(),
            max(6.0, seen.width() * self._scale),
            max(5.0, seen.height() * self._scale),
        ).intersected(body.adjusted(1, 1, -1, -1))
        accent = self._view.canvas.paints.named("accent")
        wash = QColor(accent)
        wash.setAlpha(26)
        painter.setPen(QPen(accent, 1.2))
        painter.setBrush(wash)
        painter.drawRoundedRect(area, 2, 2)

    def _changed(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _draw_anew(self) -> None:
        self._picture = None
        self.update()

    def _drawn(self) -> QPixmap:
        """The graph: frames as fields, nodes as boxes, each at least large enough to be seen."""
        device = self.devicePixelRatioF()
        picture = QPixmap(SIZE * device)
        picture.setDevicePixelRatio(device)
        picture.fill(Qt.GlobalColor.transparent)
        self._fit()
        canvas, paints = self._view.canvas, self._view.canvas.paints
        painter = QPainter(picture)
        painter.setPen(Qt.PenStyle.NoPen)
        for frame in canvas.face.frames.values():
            field = QColor(paints.color(paints.theme.node_color(frame.color or "slate")))
            field.setAlpha(110)
            painter.fillRect(self._small(QRectF(*frame.at, *frame.size)), field)
        painter.translate(self._offset)
        painter.scale(self._scale, self._scale)
        canvas.painting.draw_boxes(painter)
        painter.end()
        return picture

    def _fit(self) -> None:
        content = self._view.canvas.content_rect()
        if content.isEmpty():
            content = QRectF(-500, -300, 1000, 600)
        room_x, room_y = SIZE.width() - 2 * PAD, SIZE.height() - 2 * PAD
        self._scale = min(room_x / content.width(), room_y / content.height(), 0.2)
        middle = QPointF(SIZE.width() / 2, SIZE.height() / 2)
        self._offset = middle - content.center() * self._scale

    def _small(self, rect: QRectF) -> QRectF:
        scale, offset = self._scale, self._offset
        return QRectF(
            rect.x() * scale + offset.x(),
            rect.y() * scale + offset.y(),
            max(LEAST_BOX, rect.width() * scale),
            max(LEAST_BOX, rect.height() * scale),
        )
