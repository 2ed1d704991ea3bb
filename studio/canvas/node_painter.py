"""A node as it is drawn when it can be read: header, ports, parameters, picture, foot."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPixmap

from studio.canvas.geometry import (
    FOOTER,
    FOOTER_LINE,
    HEADER,
    MARGIN,
    Box,
    NodeShape,
    PortSpot,
    fraction_of,
    wrapped,
)
from studio.canvas.glyphs import draw_port, draw_state, draw_warning, state_color
from studio.canvas.paints import Paints
from studio.canvas.param_painter import draw_row
from studio.canvas.pictures import Pictures
from studio.canvas.status import footer_of
from studio.canvas.visuals import NodeVisual
from studio.faces import NodeFace
from studio.theme import RADIUS
from studio.theme.words import tr

LABEL_GAP: Final = 12.0
FADED: Final = 0.45
SHADOW: Final = ((5.0, 10), (3.5, 14), (2.0, 20), (0.8, 26))
"""Rings of the shadow: how far they reach and how dark they are."""


def paint_node(painter: QPainter, visual: NodeVisual, paints: Paints, pictures: Pictures) -> None:
    """Draw a node with its upper left corner at the painter's origin."""
    face, shape = visual.face, visual.shape
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if face.mode == "mute":
        painter.setOpacity(FADED)
    _draw_body(painter, face, shape, paints)
    _draw_header(painter, face, shape, paints)
    for spot in (*shape.inputs.values(), *shape.outputs.values()):
        _draw_port(painter, face, spot, shape, paints)
    for row in shape.rows:
        draw_row(painter, row, paints)
    if shape.preview is not None:
        draw_picture(painter, face, shape.preview, paints, pictures)
    if shape.footer is not None:
        _draw_footer(painter, face, shape.footer, paints)
    _draw_outline(painter, face, shape, paints)
    for spot in (*shape.inputs.values(), *shape.outputs.values()):
        ground = paints.named("node")
        color = paints.type_color(spot.face.kind)
        draw_port(
            painter, spot.face.shape, QPointF(spot.x, spot.y), color, spot.face.linked, ground
        )
    painter.setOpacity(1.0)


def body_of(shape: NodeShape) -> QRectF:
    """The node's box."""
    return QRectF(0, 0, shape.width, shape.height)


def draw_shadow(painter: QPainter, body: QRectF, paints: Paints) -> None:
    """A soft shadow under a box."""
    painter.setPen(Qt.PenStyle.NoPen)
    color = QColor(paints.named("shadow"))
    for reach, alpha in SHADOW:
        color.setAlpha(alpha)
        painter.setBrush(color)
        area = body.adjusted(-reach, -reach + 2, reach, reach + 2)
        painter.drawRoundedRect(area, RADIUS + reach, RADIUS + reach)


def _draw_body(painter: QPainter, face: NodeFace, shape: NodeShape, paints: Paints) -> None:
    body = body_of(shape)
    if face.mode == "mute":  # what lies under it must not shine through
        painter.setOpacity(1.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paints.named("canvas"))
        painter.drawRoundedRect(body, RADIUS, RADIUS)
        painter.setOpacity(FADED)
    if face.subgraph:  # a small stack: there is more inside
        painter.setPen(paints.pen(paints.named("node_outline"), 1.0))
        painter.setBrush(paints.mixed("node", "canvas", 0.35))
        painter.drawRoundedRect(body.adjusted(5, 5, 5, 5), RADIUS, RADIUS)
    draw_shadow(painter, body, paints)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.named("node"))
    painter.drawRoundedRect(body, RADIUS, RADIUS)
    if face.missing:
        painter.setBrush(QBrush(paints.mixed("node", "danger", 0.3), Qt.BrushStyle.BDiagPattern))
        painter.drawRoundedRect(body, RADIUS, RADIUS)
    elif face.mode == "bypass":
        veil = QColor(paints.color(paints.theme.node_color("violet")))
        veil.setAlpha(110)
        painter.setBrush(veil)
        painter.drawRoundedRect(body, RADIUS, RADIUS)


def _draw_header(painter: QPainter, face: NodeFace, shape: NodeShape, paints: Paints) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.header_color(face))
    painter.drawPath(header_path(shape, HEADER))
    right = _draw_marks(painter, face, shape, paints)
    left = MARGIN + 3 + (4 if face.collapsed else 0)
    painter.setPen(paints.named("text"))
    painter.setFont(paints.fonts["title"])
    title = paints.text(face.title, "title", right - left)
    painter.drawStaticText(QPointF(left, (HEADER - title.size().height()) / 2), title)


def header_path(shape: NodeShape, height: float) -> QPainterPath:
    """The upper part of a node: round above, straight below unless that is all of it."""
    path = QPainterPath()
    body = body_of(shape)
    path.addRoundedRect(body, RADIUS, RADIUS)
    if shape.height <= height:
        return path
    upper = QPainterPath()
    upper.addRect(QRectF(0, 0, shape.width, height))
    return path.intersected(upper)


def _draw_marks(painter: QPainter, face: NodeFace, shape: NodeShape, paints: Paints) -> float:
    """The signs at the header's right end; where the title has to stop."""
    right = shape.width - MARGIN - (3 if face.collapsed else 0)
    if face.run.state != "idle":
        draw_state(
            painter,
            paints,
            face.run.state,
            fraction_of(face.run),
            QPointF(right - 6, HEADER / 2),
        )
        right -= 18
    if face.problem or face.missing:
        draw_warning(painter, paints, QPointF(right - 6, HEADER / 2))
        right -= 18
    if face.mode != "on":
        right -= _draw_pill(painter, face, right, paints)
    if face.subgraph:
        _draw_layers(painter, right - 6, HEADER / 2, paints)
        right -= 18
    return right - 2


def _draw_pill(painter: QPainter, face: NodeFace, right: float, paints: Paints) -> float:
    word = tr("Bypassed") if face.mode == "bypass" else tr("Muted")
    width = paints.width(word, "small") + 12
    area = QRectF(right - width, HEADER / 2 - 8, width, 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.mixed("node", "text", 0.14))
    painter.drawRoundedRect(area, 8, 8)
    painter.setPen(paints.named("text"))
    painter.setFont(paints.fonts["small"])
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, word)
    return width + 4


def _draw_layers(painter: QPainter, x: float, y: float, paints: Paints) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(paints.named("text"), 1.3))
    painter.drawRoundedRect(QRectF(x - 5, y - 2, 7, 7), 1.5, 1.5)
    painter.drawRoundedRect(QRectF(x - 2, y - 5, 7, 7), 1.5, 1.5)


def _draw_port(
    painter: QPainter, face: NodeFace, spot: PortSpot, shape: NodeShape, paints: Paints
) -> None:
    if face.collapsed:
        return
    both = any(other.y == spot.y for other in _opposite(spot, shape))
    room = shape.width / (2 if both else 1) - LABEL_GAP - 4
    label = paints.text(spot.face.label, "text", room)
    faint = not spot.face.required and not spot.face.linked and not spot.is_output
    painter.setPen(paints.named("muted" if faint else "text"))
    painter.setFont(paints.fonts["text"])
    size = label.size()
    x = spot.x - LABEL_GAP - size.width() if spot.is_output else spot.x + LABEL_GAP
    painter.drawStaticText(QPointF(x, spot.y - size.height() / 2), label)


def _opposite(spot: PortSpot, shape: NodeShape) -> list[PortSpot]:
    return list((shape.inputs if spot.is_output else shape.outputs).values())


def draw_picture(
    painter: QPainter, face: NodeFace, box: Box, paints: Paints, pictures: Pictures
) -> None:
    """What the node made, fitted into its place; a quiet field until it is there."""
    area = QRectF(*box)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.named("field"))
    painter.drawRoundedRect(area, 4, 4)
    pixmap = pictures.of(face)
    if pixmap is None or pixmap.isNull():
        return
    painter.save()
    draw_fitted(painter, pixmap, area)
    painter.restore()


def draw_fitted(painter: QPainter, pixmap: QPixmap, area: QRectF) -> None:
    """Draw a picture as large as fits, in the middle; the painter's clip is changed."""
    size = pixmap.size().toSizeF().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
    target = QRectF(QPointF(0, 0), size)
    target.moveCenter(area.center())
    clip = QPainterPath()
    clip.addRoundedRect(area, 4, 4)
    painter.setClipPath(clip, Qt.ClipOperation.IntersectClip)
    painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))


def _draw_footer(painter: QPainter, face: NodeFace, box: Box, paints: Paints) -> None:
    area = QRectF(*box)
    alarmed = face.run.state == "failed" or face.missing
    if alarmed:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paints.named("danger_wash"))
        path, lower = QPainterPath(), QPainterPath()
        path.addRoundedRect(QRectF(0, 0, box.w, box.y + box.h), RADIUS, RADIUS)
        lower.addRect(area)
        painter.drawPath(path.intersected(lower))
    painter.setPen(QPen(paints.mixed("node", "node_outline", 0.6), 1))
    painter.drawLine(QPointF(0.5, box.y), QPointF(box.w - 0.5, box.y))
    share = fraction_of(face.run) if face.run.state == "running" else None
    if share is not None:
        painter.setPen(QPen(paints.named("accent"), 2, c=Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(1, box.y), QPointF(1 + (box.w - 2) * share, box.y))
    painter.setPen(paints.named("danger" if alarmed else "muted"))
    painter.setFont(paints.fonts["small"])
    top = box.y + (FOOTER - FOOTER_LINE) / 2
    for number, line in enumerate(wrapped(footer_of(face), box.w)):
        text = paints.text(line, "small", box.w - 2 * MARGIN)
        lift = (FOOTER_LINE - text.size().height()) / 2
        painter.drawStaticText(QPointF(MARGIN + 3, top + number * FOOTER_LINE + lift), text)


def _draw_outline(painter: QPainter, face: NodeFace, shape: NodeShape, paints: Paints) -> None:
    color, width = paints.named("node_outline"), 1.0
    if face.run.state in ("running", "failed"):
        color, width = state_color(paints, face.run.state), 1.6
    pen = QPen(color, width)
    if face.missing:
        pen = QPen(paints.named("danger"), 1.4, Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(body_of(shape), RADIUS, RADIUS)
