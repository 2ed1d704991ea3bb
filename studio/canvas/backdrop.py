"""What lies under the nodes: the ground with its dots, frames, and notes."""

from __future__ import annotations

from math import ceil, floor
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from studio.canvas.geometry import Box
from studio.canvas.hits import FRAME_TITLE
from studio.canvas.paints import Paints
from studio.faces import FrameFace, NoteFace
from studio.theme import RADIUS

GRID: Final = 20.0
CLOSEST: Final = 16.0
"""Dots are never closer than this on the screen: every fifth is kept instead."""
LEAST_TITLE: Final = 0.12
"""Below this zoom titles of frames are not drawn."""
NOTE_PAD: Final = 12.0


class Backdrop:
    """Paints the ground.  Keeps the dots of one size of window."""

    def __init__(self) -> None:
        self._dots = QPolygonF()
        self._size = (0, 0)
        self.has_dots = True

    def draw_ground(self, painter: QPainter, area: Box, scale: float, paints: Paints) -> None:
        """Fill the ground and draw its dots: at every zoom about as dense."""
        painter.fillRect(QRectF(*area), paints.named("canvas"))
        if not self.has_dots:
            return
        step = GRID
        while step * scale < CLOSEST:
            step *= 4 if step == GRID else 2
        columns = ceil(area.w * scale / CLOSEST) + 2
        rows = ceil(area.h * scale / CLOSEST) + 2
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pen = QPen(paints.named("canvas_dot"), 2 if scale > 0.8 else 1)
        pen.setCosmetic(True)
        pen.setCapStyle(Qt.PenCapStyle.SquareCap)
        painter.setPen(pen)
        painter.translate(floor(area.x / step) * step, floor(area.y / step) * step)
        painter.scale(step, step)
        painter.drawPoints(self._grid(columns, rows))
        painter.restore()

    def _grid(self, columns: int, rows: int) -> QPolygonF:
        """Dots one unit apart: enough for the largest piece that was ever painted."""
        if columns > self._size[0] or rows > self._size[1]:
            self._size = max(columns, self._size[0]), max(rows, self._size[1])
            points = [QPointF(x, y) for y in range(self._size[1]) for x in range(self._size[0])]
            self._dots = QPolygonF(points)
        return self._dots


def draw_frame(
    painter: QPainter, frame: FrameFace, scale: float, selected: bool, paints: Paints
) -> None:
    """Draw a frame: a tinted field with a title strip."""
    area = QRectF(*frame.at, *frame.size)
    tint = QColor(paints.color(paints.theme.node_color(frame.color or "slate")))
    edge = QColor(tint) if paints.theme.dark else tint.darker(118)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill = QColor(tint)
    fill.setAlpha(70 if paints.theme.dark else 90)
    painter.setBrush(fill)
    painter.setPen(QPen(paints.named("accent") if selected else edge, 2.0 if selected else 1.2))
    painter.drawRoundedRect(area, RADIUS + 2, RADIUS + 2)
    strip = QRectF(area.x(), area.y(), area.width(), min(FRAME_TITLE, area.height()))
    fill.setAlpha(150)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(strip, RADIUS + 2, RADIUS + 2)
    if scale >= LEAST_TITLE and frame.title:
        _draw_frame_title(painter, frame, strip, scale, paints)


def _draw_frame_title(
    painter: QPainter, frame: FrameFace, strip: QRectF, scale: float, paints: Paints
) -> None:
    """The title stays readable from afar: it is drawn larger than the strip then."""
    grown = max(1.0, min(5.0, 0.6 / scale))
    title = paints.text(frame.title, "title", max(20.0, (strip.width() - 20) / grown))
    painter.save()
    painter.setPen(paints.named("text"))
    painter.setFont(paints.fonts["title"])
    height = title.size().height() * grown
    top = strip.center().y() - height / 2 if grown <= 1.2 else strip.y() - height - 4
    painter.translate(strip.x() + 10, top)
    painter.scale(grown, grown)
    painter.drawStaticText(QPointF(0, 0), title)
    painter.restore()


def draw_note(
    painter: QPainter, note: NoteFace, scale: float, selected: bool, paints: Paints
) -> None:
    """Draw a note with its text."""
    area = QRectF(*note.at, *note.size)
    paper = paints.named("note")
    if note.color and note.color != "sand":
        paper = paints.color(paints.theme.node_color(note.color))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(paper)
    edge = paper.lighter(135) if paints.theme.dark else paper.darker(112)
    painter.setPen(QPen(paints.named("accent") if selected else edge, 2.0 if selected else 1.0))
    painter.drawRoundedRect(area, RADIUS, RADIUS)
    if scale < 0.3:
        return
    plain = note.color in ("", "sand")
    painter.setPen(paints.named("on_note" if plain else "text"))
    painter.setFont(paints.fonts["note"])
    inside = area.adjusted(NOTE_PAD, NOTE_PAD - 2, -NOTE_PAD, -NOTE_PAD + 2)
    painter.save()
    painter.setClipRect(inside, Qt.ClipOperation.IntersectClip)
    painter.drawStaticText(inside.topLeft(), paints.paragraph(note.text, "note", inside.width()))
    painter.restore()
