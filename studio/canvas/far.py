"""A chunk of the canvas seen from so far that nothing can be read: boxes and hairlines.

What is to be drawn is gathered once for each chunk, by colour, and then drawn in few calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

from studio.canvas.geometry import HEADER
from studio.canvas.glyphs import state_color
from studio.canvas.paints import Paints
from studio.canvas.visuals import LinkVisual, NodeVisual, add_curve

TELLING: Final = frozenset({"running", "failed", "done", "cached"})
BAND: Final = HEADER * 1.4
HAIRLINE: Final = 1.0
FAINT: Final = 0.35
"""How much of the ground is in the lines' colours: there are so many that they would outshine
the nodes.  (Painting them half transparent takes twice as long.)"""
JAGGED: Final = 0.1
"""Below this zoom lines are so short that nobody sees whether they are smooth."""
LOUD: Final = 0.75
QUIET: Final = 0.34


class FarPicture:
    """The boxes and the lines of one chunk; `dx`, `dy` is how far its nodes are from home."""

    def __init__(
        self,
        nodes: Iterable[NodeVisual],
        links: Iterable[LinkVisual],
        paints: Paints,
        dx: float = 0.0,
        dy: float = 0.0,
    ) -> None:
        self.boxes: list[tuple[QColor, list[QRectF]]] = []
        self.lines: list[tuple[QColor, QPainterPath]] = []
        bodies: dict[int, tuple[QColor, list[QRectF]]] = {}
        bands: dict[int, tuple[QColor, list[QRectF]]] = {}
        for node in nodes:
            rect = node.rect.translated(-dx, -dy)
            _add(bodies, body_color(node, paints), rect)
            band = QRectF(rect.x(), rect.y(), rect.width(), min(BAND, rect.height()))
            _add(bands, band_color(node, paints), band)
        self.boxes = [*bodies.values(), *bands.values()]
        paths: dict[int, tuple[QColor, QPainterPath]] = {}
        for link in links:
            color = (
                paints.named("danger") if link.face.problem else paints.type_color(link.face.kind)
            )
            color = paints.blend(color, paints.named("canvas"), FAINT)
            _color, path = paths.setdefault(color.rgba(), (color, QPainterPath()))
            add_curve(path, link.curve)
        self.lines = list(paths.values())

    def draw_lines(self, painter: QPainter, paints: Paints) -> None:
        """Draw the links."""
        smooth = painter.worldTransform().m11() >= JAGGED
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, path in self.lines:
            painter.setPen(paints.pen(color, HAIRLINE, cosmetic=True))
            painter.drawPath(path)

    def draw_boxes(self, painter: QPainter) -> None:
        """Draw the nodes."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for color, rects in self.boxes:
            painter.setBrush(color)
            painter.drawRects(rects)


def _add(groups: dict[int, tuple[QColor, list[QRectF]]], color: QColor, rect: QRectF) -> None:
    groups.setdefault(color.rgba(), (color, []))[1].append(rect)


def band_color(node: NodeVisual, paints: Paints) -> QColor:
    """The colour of a node's header, stronger than near by: it is but a few pixels."""
    return paints.blend(paints.header_color(node.face), paints.named("text"), 0.2)


def body_color(node: NodeVisual, paints: Paints) -> QColor:
    """The colour of a node's box: how it stands, if that is worth telling from afar."""
    face = node.face
    if face.missing:
        return paints.mixed("node", "danger", 0.6)
    if face.run.state in TELLING:
        color = state_color(paints, face.run.state)
        share = LOUD if face.run.state in ("running", "failed") else QUIET
        return paints.blend(paints.named("node"), color, share)
    if face.mode != "on":
        return paints.mixed("node", "canvas", 0.6)
    return paints.mixed("node", "text", 0.16 if paints.theme.dark else 0.04)
