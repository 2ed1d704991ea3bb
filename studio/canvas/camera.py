"""What part of the scene is seen: zooming at a point, panning, and gliding from one to another."""

from __future__ import annotations

from math import exp, log
from time import monotonic
from typing import Final

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QGraphicsView

LEAST_ZOOM: Final = 0.02
MOST_ZOOM: Final = 4.0
LARGEST_FIT: Final = 1.25
"""Framing a single node does not magnify it beyond this."""
FRAME_MS: Final = 15
GLIDE: Final = 0.16
"""Seconds that a glide takes."""
SETTLE_MS: Final = 110
MARGIN: Final = 24.0
FARTHEST: Final = 2.0**30


class Camera(QObject):
    """Moves a view over its scene."""

    moved = Signal()
    """Another part of the scene is seen."""
    rested = Signal()
    """The zoom has stood still for a moment."""

    def __init__(self, view: QGraphicsView) -> None:
        super().__init__(view)
        self._view = view
        self._ticks = QTimer(self)
        self._ticks.setInterval(FRAME_MS)
        self._ticks.timeout.connect(self._tick)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.rested)
        self._anchor = QPointF()
        self._from = self._to = 1.0
        self._began = 0.0
        self._path: tuple[QPointF, QPointF] | None = None
        self._pan_rest = QPointF()
        self.animated = True

    @property
    def zoom(self) -> float:
        """Pixels for each unit of the scene."""
        return self._view.transform().m11()

    @property
    def target_zoom(self) -> float:
        """Where the zoom is going."""
        return self._to if self._ticks.isActive() else self.zoom

    @property
    def moving(self) -> bool:
        """Whether the zoom changes, or did a moment ago."""
        return self._ticks.isActive() or self._settle.isActive()

    @property
    def centre(self) -> QPointF:
        """The point of the scene in the middle of the view."""
        area = self._view.viewport().rect()
        return self.to_scene(QPointF(area.width() / 2, area.height() / 2))

    def to_scene(self, pos: QPointF) -> QPointF:
        """The point of the scene at a position in the view."""
        bars = self._bars()
        return QPointF((pos.x() + bars.x()) / self.zoom, (pos.y() + bars.y()) / self.zoom)

    def seen(self) -> QRectF:
        """The part of the scene that is seen."""
        size = self._view.viewport().size()
        corner = self.to_scene(QPointF(0, 0))
        return QRectF(corner.x(), corner.y(), size.width() / self.zoom, size.height() / self.zoom)

    def zoom_by(self, factor: float, at: QPointF, smoothly: bool = True) -> None:
        """Zoom so that what lies under `at` (in the view) stays there."""
        wanted = _bounded(self.target_zoom * factor)
        self._path = None
        if smoothly and self.animated:
            self._anchor, self._from, self._to = at, self.zoom, wanted
            self._start()
        else:
            self._ticks.stop()
            self._zoom_to(wanted, at)
            self._settle.start()

    def pan_by(self, dx: float, dy: float) -> None:
        """Move what is seen by so many pixels; fractions add up."""
        self._ticks.stop()
        wanted = self._pan_rest + QPointF(dx, dy)
        whole = QPointF(round(wanted.x()), round(wanted.y()))
        self._pan_rest = wanted - whole
        bars = self._bars()
        self._scroll_to(bars.x() - whole.x(), bars.y() - whole.y())

    def show_area(self, area: QRectF, smoothly: bool = True) -> None:
        """Bring a rectangle of the scene into view, as large as fits."""
        size = self._view.viewport().size()
        if area.isNull() or size.isEmpty():
            return
        room_x = max(40.0, size.width() - 2 * MARGIN)
        room_y = max(40.0, size.height() - 2 * MARGIN)
        wanted = min(room_x / max(1.0, area.width()), room_y / max(1.0, area.height()), LARGEST_FIT)
        self.go_to(area.center(), wanted, smoothly)

    def go_to(self, centre: QPointF, zoom: float, smoothly: bool = True) -> None:
        """Bring a point of the scene to the middle of the view."""
        zoom = _bounded(zoom)
        if not (smoothly and self.animated and self._view.isVisible()):
            self._ticks.stop()
            self._look_at(centre, zoom)
            self._settle.start()
            return
        self._path = (self.centre, centre)
        self._from, self._to = self.zoom, zoom
        self._start()

    def finish(self) -> None:
        """Arrive at once where a glide leads."""
        if self._ticks.isActive():
            self._began = 0.0
            self._tick()
        self._settle.stop()
        self.rested.emit()

    def _start(self) -> None:
        self._began = monotonic()
        self._settle.stop()
        if not self._ticks.isActive():
            self._ticks.start()

    def _tick(self) -> None:
        share = min(1.0, (monotonic() - self._began) / GLIDE)
        eased = 1 - (1 - share) ** 3
        zoom = exp(log(self._from) + (log(self._to) - log(self._from)) * eased)
        if share >= 1.0:
            zoom = self._to
            self._ticks.stop()
            self._settle.start()
        if self._path is None:
            self._zoom_to(zoom, self._anchor)
        else:
            start, end = self._path
            self._look_at(start + (end - start) * self._way(zoom, eased), zoom)

    def _way(self, zoom: float, eased: float) -> float:
        """How much of the way is gone: as much as makes the picture move evenly while it zooms."""
        if abs(self._to - self._from) < 1e-6:
            return eased
        return (1 / zoom - 1 / self._from) / (1 / self._to - 1 / self._from)

    def _zoom_to(self, zoom: float, at: QPointF) -> None:
        under = self.to_scene(at)
        self._view.setTransform(QTransform.fromScale(zoom, zoom))
        self._scroll_to(under.x() * zoom - at.x(), under.y() * zoom - at.y())

    def _look_at(self, centre: QPointF, zoom: float) -> None:
        size = self._view.viewport().size()
        self._view.setTransform(QTransform.fromScale(zoom, zoom))
        self._scroll_to(centre.x() * zoom - size.width() / 2, centre.y() * zoom - size.height() / 2)

    def _bars(self) -> QPointF:
        view = self._view
        return QPointF(view.horizontalScrollBar().value(), view.verticalScrollBar().value())

    def _scroll_to(self, x: float, y: float) -> None:
        self._view.horizontalScrollBar().setValue(_whole(x))
        self._view.verticalScrollBar().setValue(_whole(y))
        self.moved.emit()


def _whole(value: float) -> int:
    """A scroll bar's value: beyond its range there is nothing to see anyway."""
    return round(min(FARTHEST, max(-FARTHEST, value)))


def _bounded(zoom: float) -> float:
    return min(MOST_ZOOM, max(LEAST_ZOOM, zoom))
