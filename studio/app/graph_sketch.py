"""A graph as a small sketch: the canvas seen from afar, where there is no picture to show."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from studio.canvas.far import band_color
from studio.canvas.geometry import HEADER, Box
from studio.canvas.paints import Paints
from studio.canvas.visuals import LinkVisual, NodeVisual
from studio.faces import CanvasFace
from studio.theme import Theme

PAD: Final = 14.0
LARGEST: Final = 0.16
"""So that a small graph does not look like a large one."""
ROUNDING: Final = 14.0
BAND: Final = HEADER * 1.6
FAINT: Final = 0.45


class GraphSketch:
    """Every node as a box with a band in its category's colour, every link as a line in its
    type's, none of which can be read: they show what a graph is made of.
    """

    def __init__(self, face: CanvasFace) -> None:
        nodes = {id: NodeVisual(node, node.at or (0.0, 0.0), 0) for id, node in face.nodes.items()}
        self._nodes = tuple(nodes.values())
        self._links = tuple(
            LinkVisual(
                link,
                nodes[link.source[0]].port_pos(link.source[1], True),
                nodes[link.target[0]].port_pos(link.target[1], False),
            )
            for link in face.links.values()
        )

    def draw(self, painter: QPainter, target: QRectF, theme: Theme) -> None:
        """Draw the whole graph into the middle of a rectangle."""
        paints = _paints(theme)
        painter.save()
        painter.fillRect(target, paints.named("canvas"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._fit(painter, target)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for link in self._links:
            color = paints.blend(paints.type_color(link.face.kind), paints.named("canvas"), FAINT)
            painter.setPen(paints.pen(color, 1.0, cosmetic=True))
            painter.drawPath(link.path)
        for node in self._nodes:
            self._draw_node(painter, node, paints)
        painter.restore()

    def _fit(self, painter: QPainter, target: QRectF) -> None:
        whole = self._bounds()
        room_x, room_y = target.width() - 2 * PAD, target.height() - 2 * PAD
        scale = min(room_x / whole.w, room_y / whole.h, LARGEST)
        painter.translate(target.center())
        painter.scale(scale, scale)
        painter.translate(-(whole.x + whole.w / 2), -(whole.y + whole.h / 2))

    def _bounds(self) -> Box:
        first, *others = (node.box for node in self._nodes)
        for box in others:
            first = first.joined(box)
        return first

    def _draw_node(self, painter: QPainter, node: NodeVisual, paints: Paints) -> None:
        body = paints.mixed("node", "text", 0.16 if paints.theme.dark else 0.0)
        painter.setPen(QPen(paints.named("node_outline"), 0))
        painter.setBrush(body)
        painter.drawRoundedRect(node.rect, ROUNDING, ROUNDING)
        band = QRectF(node.rect)
        band.setHeight(min(BAND, band.height()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(band_color(node, paints))
        painter.drawRoundedRect(band, ROUNDING, ROUNDING)


@lru_cache(maxsize=2)
def _paints(theme: Theme) -> Paints:
    return Paints(theme)
