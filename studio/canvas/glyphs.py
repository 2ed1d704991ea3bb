"""Small signs drawn by hand: how a node stands, what a port takes."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from studio.canvas.paints import Paints
from studio.faces import Shape
from studio.runs import NodeState

STATE_COLORS: Final[dict[NodeState, str]] = {
    "waiting": "muted",
    "running": "accent",
    "done": "success",
    "cached": "info",
    "failed": "danger",
    "skipped": "muted",
    "cancelled": "warning",
}
PORT_RADIUS: Final = 5.0
_FULL_TURN: Final = 360 * 16


def state_color(paints: Paints, state: NodeState) -> QColor:
    """The colour of a state."""
    return paints.named(STATE_COLORS.get(state, "node_outline"))


def draw_state(
    painter: QPainter, paints: Paints, state: NodeState, share: float | None, at: QPointF
) -> None:
    """The sign of a state, 14 units wide, around a point; `share` is how far a node is."""
    color = state_color(paints, state)
    x, y = at.x(), at.y()
    stroke = QPen(color, 1.7, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    stroke.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(stroke)
    match state:
        case "running":
            draw_ring(painter, paints, share, at)
        case "done":
            painter.drawPolyline(_polygon((x - 5, y), (x - 1.5, y + 3.5), (x + 5, y - 4)))
        case "cached":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            bolt = ((1.5, -6.5), (-4.5, 1.2), (-0.6, 1.2), (-1.5, 6.5), (4.5, -1.4), (0.6, -1.4))
            painter.drawPolygon(_polygon(*((x + dx, y + dy) for dx, dy in bolt)))
        case "failed":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(at, 7, 7)
            painter.setPen(QPen(paints.named("node"), 1.7, c=Qt.PenCapStyle.RoundCap))
            painter.drawLine(QPointF(x - 2.5, y - 2.5), QPointF(x + 2.5, y + 2.5))
            painter.drawLine(QPointF(x - 2.5, y + 2.5), QPointF(x + 2.5, y - 2.5))
        case "skipped":
            painter.drawEllipse(at, 5.5, 5.5)
            painter.drawLine(QPointF(x - 3.7, y + 3.7), QPointF(x + 3.7, y - 3.7))
        case "cancelled":
            painter.drawRoundedRect(QRectF(x - 4.5, y - 4.5, 9, 9), 2, 2)
        case "waiting":
            painter.drawEllipse(at, 5.5, 5.5)
            painter.drawPolyline(_polygon((x, y - 3), (x, y), (x + 2.2, y + 1.2)))


def draw_ring(painter: QPainter, paints: Paints, share: float | None, at: QPointF) -> None:
    """A ring that fills clockwise; a quarter of it where nobody knows how far it is."""
    area = QRectF(at.x() - 6, at.y() - 6, 12, 12)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(paints.mixed("node", "text", 0.25), 2.4))
    painter.drawEllipse(area)
    painter.setPen(
        QPen(paints.named("accent"), 2.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    )
    turn = 0.25 if share is None else share
    if turn > 0:
        painter.drawArc(area, 90 * 16, -round(_FULL_TURN * turn))


def draw_warning(painter: QPainter, paints: Paints, at: QPointF) -> None:
    """The badge of a node with a problem."""
    x, y = at.x(), at.y()
    color = paints.named("warning")
    painter.setPen(QPen(color, 2.0, j=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(color)
    painter.drawPolygon(_polygon((x, y - 5), (x + 5.5, y + 4.5), (x - 5.5, y + 4.5)))
    painter.setPen(QPen(paints.named("node"), 1.6, c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(x, y - 2.2), QPointF(x, y + 1.2))
    painter.drawPoint(QPointF(x, y + 3.6))


def draw_port(
    painter: QPainter, shape: Shape, at: QPointF, color: QColor, filled: bool, ground: QColor
) -> None:
    """The mark of a port: full where something is linked; its shape tells lists and anything."""
    painter.setPen(QPen(color, 1.8))
    painter.setBrush(color if filled else ground)
    radius = PORT_RADIUS - 0.5
    if shape == "circle":
        painter.drawEllipse(at, radius, radius)
    elif shape == "square":
        side = radius * 0.9
        painter.drawRoundedRect(QRectF(at.x() - side, at.y() - side, 2 * side, 2 * side), 1.5, 1.5)
    else:
        x, y, reach = at.x(), at.y(), radius * 1.25
        painter.drawPolygon(
            _polygon((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y))
        )


def _polygon(*points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])
