"""A node seen from further away: its colour, its title in large letters, how it stands."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from studio.canvas.geometry import fraction_of
from studio.canvas.glyphs import draw_state, draw_warning, state_color
from studio.canvas.node_painter import FADED, body_of, draw_picture, draw_shadow, header_path
from studio.canvas.paints import Paints
from studio.canvas.pictures import Pictures
from studio.canvas.visuals import NodeVisual
from studio.theme import RADIUS

BAND: Final = 44.0
SIGN: Final = 2.4
"""How much larger the sign of a state is drawn than close by."""


def paint_title(painter: QPainter, visual: NodeVisual, paints: Paints, pictures: Pictures) -> None:
    """Draw a node that is too small to be read, at the painter's origin."""
    face, shape = visual.face, visual.shape
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if face.mode == "mute":
        painter.setOpacity(FADED)
    body = body_of(shape)
    draw_shadow(painter, body, paints)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.named("node"))
    painter.drawRoundedRect(body, RADIUS, RADIUS)
    painter.setBrush(paints.header_color(face))
    painter.drawPath(header_path(shape, BAND))
    band = min(BAND, shape.height)
    title = paints.text(face.title, "huge", shape.width - 16)
    painter.setPen(paints.named("text"))
    painter.setFont(paints.fonts["huge"])
    painter.drawStaticText(QPointF(9, (band - title.size().height()) / 2), title)
    if shape.preview is not None:
        draw_picture(painter, face, shape.preview, paints, pictures)
    _draw_edge(painter, visual, body, paints)
    _draw_sign(painter, visual, paints)
    painter.setOpacity(1.0)


def _draw_edge(painter: QPainter, visual: NodeVisual, body: QRectF, paints: Paints) -> None:
    face = visual.face
    color, width = paints.named("node_outline"), 1.5
    if face.run.state in ("running", "failed"):
        color, width = state_color(paints, face.run.state), 4.0
    if face.missing:
        color, width = paints.named("danger"), 3.0
    painter.setPen(
        QPen(color, width, Qt.PenStyle.DashLine if face.missing else Qt.PenStyle.SolidLine)
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(body, RADIUS, RADIUS)


def _draw_sign(painter: QPainter, visual: NodeVisual, paints: Paints) -> None:
    face, shape = visual.face, visual.shape
    bottom = shape.preview.y if shape.preview is not None else shape.height
    if bottom - BAND < 14 * SIGN:
        return
    painter.save()
    painter.translate(shape.width / 2, (BAND + bottom) / 2)
    painter.scale(SIGN, SIGN)
    if face.run.state != "idle":
        draw_state(painter, paints, face.run.state, fraction_of(face.run), QPointF(0, 0))
    elif face.problem or face.missing:
        draw_warning(painter, paints, QPointF(0, 0))
    painter.restore()
