"""The canvas moves on while something is dragged to its edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QPointF, QTimer

from studio.canvas.view import CanvasView

EDGE: Final = 28.0
"""So near to the edge it begins, in pixels."""
FASTEST: Final = 18.0
"""Pixels for each tick, right at the edge."""
TICK_MS: Final = 16


class EdgePan(QObject):
    """Pans while the mouse is held near an edge; `again` repeats the last move of the mouse."""

    def __init__(self, view: CanvasView, again: Callable[[QPointF], None]) -> None:
        super().__init__(view)
        self._view, self._again = view, again
        self._at = QPointF()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)

    @property
    def panning(self) -> bool:
        """Whether the canvas moves by itself."""
        return self._timer.isActive()

    def follow(self, pixel: QPointF) -> None:
        """The mouse is here, with something in its hand."""
        self._at = pixel
        if self._step() == (0.0, 0.0):
            self.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """Nothing is dragged any more."""
        self._timer.stop()

    def tick(self) -> None:
        """Move on a little, and what is dragged with it."""
        self._view.camera.pan_by(*self._step())
        self._again(self._at)

    def _step(self) -> tuple[float, float]:
        area = self._view.viewport().rect()
        return speed(self._at.x(), area.width()), speed(self._at.y(), area.height())


def speed(at: float, length: float) -> float:
    """How fast to pan along one side for a mouse at a place of it; 0 away from both ends."""
    if at < EDGE:
        return FASTEST * min(1.0, (EDGE - at) / EDGE)
    if at > length - EDGE:
        return -FASTEST * min(1.0, (at - length + EDGE) / EDGE)
    return 0.0
