"""Links as they are drawn near by: coloured by what they carry, flowing where work goes on."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine.graph.document import Endpoint
from studio.canvas.link_shape import middle_of
from studio.canvas.paints import Paints
from studio.canvas.visuals import LinkVisual

WIDTH: Final = 2.2
THIN: Final = 1.2
"""Links that would be narrower on the screen are drawn as hairlines, which is fast."""
SLIM: Final = 1.6
"""Those that would be narrower than this as two beside each other."""
QUICK: Final = 1.3
HOT_WIDTH: Final = 6.0
HALO: Final = 110
DASHES: Final = (2.0, 4.0)
DASH_LENGTH: Final = sum(DASHES)
FLOW: Final = 18.0
"""Dash widths that a flowing link runs on in a second."""
WAYPOINT: Final = 4.0


class Emphasis:
    """Which links are drawn otherwise than plainly."""

    def __init__(
        self, selected: frozenset[Endpoint], hot: Endpoint | None, flowing: Set[str]
    ) -> None:
        self.selected = selected
        self.hot = hot
        self.flowing = flowing
        """Nodes at work: what comes to them flows."""


def draw_links(
    painter: QPainter,
    links: Iterable[LinkVisual],
    emphasis: Emphasis,
    paints: Paints,
    scale: float,
    now: float,
    resting: bool = True,
) -> None:
    """Draw links; `now` is a time in seconds, for those that flow.

    While the zoom changes they are drawn as two hairlines, which takes half as long.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    thin = WIDTH * scale < THIN
    slim = WIDTH * scale < SLIM or (not resting and scale < QUICK)
    double = slim and not thin
    aside = 0.4 / scale
    for link in links:
        face = link.face
        plain = not face.problem and face.target not in emphasis.selected
        if plain and face.target != emphasis.hot and face.target[0] not in emphasis.flowing:
            color = paints.type_color(face.kind)
            painter.setPen(
                paints.pen(color, 1.0, True) if thin or double else paints.pen(color, WIDTH)
            )
            if double:
                painter.translate(-aside, -aside)
                painter.drawPath(link.path)
                painter.translate(aside, aside)
            painter.drawPath(link.path)
        else:
            _draw_special(painter, link, emphasis, paints, now)
        if face.waypoints and not thin:
            _draw_waypoints(painter, link, emphasis, paints)


def _draw_special(
    painter: QPainter, link: LinkVisual, emphasis: Emphasis, paints: Paints, now: float
) -> None:
    face = link.face
    color = paints.type_color(face.kind)
    if face.target in emphasis.selected or face.target == emphasis.hot:
        halo = QColor(paints.named("accent"))
        halo.setAlpha(HALO)
        painter.setPen(paints.pen(halo, HOT_WIDTH + WIDTH))
        painter.drawPath(link.path)
    if face.problem:
        pen = QPen(paints.named("danger"), WIDTH)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.drawPath(link.path)
        _draw_fault(painter, link, paints)
        return
    painter.setPen(paints.pen(color, WIDTH))
    painter.drawPath(link.path)
    if face.target[0] in emphasis.flowing:
        pen = QPen(paints.named("text"), WIDTH * 0.9)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setDashPattern(DASHES)
        pen.setDashOffset(-(now * FLOW % DASH_LENGTH))
        painter.setPen(pen)
        painter.drawPath(link.path)


def _draw_fault(painter: QPainter, link: LinkVisual, paints: Paints) -> None:
    """A cross half way along."""
    x, y = middle_of(link.points)
    painter.setPen(QPen(paints.named("danger"), 1.4))
    painter.setBrush(paints.named("canvas"))
    painter.drawEllipse(QPointF(x, y), 7, 7)
    painter.drawLine(QPointF(x - 2.5, y - 2.5), QPointF(x + 2.5, y + 2.5))
    painter.drawLine(QPointF(x - 2.5, y + 2.5), QPointF(x + 2.5, y - 2.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_waypoints(
    painter: QPainter, link: LinkVisual, emphasis: Emphasis, paints: Paints
) -> None:
    chosen = link.face.target in emphasis.selected
    painter.setPen(QPen(paints.named("canvas"), 1.5))
    painter.setBrush(paints.named("accent") if chosen else paints.type_color(link.face.kind))
    for x, y in link.face.waypoints:
        painter.drawEllipse(QPointF(x, y), WAYPOINT, WAYPOINT)
    painter.setBrush(Qt.BrushStyle.NoBrush)
