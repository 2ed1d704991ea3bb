"""What gestures show on top of everything: the link in the hand, the marquee, fitting ports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from engine.graph.document import Endpoint
from studio.canvas.geometry import Box
from studio.canvas.glyphs import PORT_RADIUS, draw_port
from studio.canvas.link_shape import curve_between
from studio.canvas.paints import Paints
from studio.canvas.visuals import NodeVisual, add_curve
from studio.faces import Point

if TYPE_CHECKING:
    from studio.canvas.scene import CanvasScene

PortTest: TypeAlias = Callable[[str, str, bool], bool]
VEIL: Final = 130
"""How strongly nodes are veiled that a dragged link does not fit."""
SMALLEST_MARKS: Final = 0.3
"""Below this zoom ports cannot be aimed at, and are not marked."""


@dataclass(frozen=True, slots=True)
class DraftLink:
    """A link that is being dragged."""

    start: Point
    end: Point
    kind: str
    ok: bool
    reason: str


class Compatible:
    """The ports that would take the dragged link; each is asked once."""

    def __init__(self, test: PortTest) -> None:
        self._test = test
        self._known: dict[str, tuple[tuple[str, bool], ...]] = {}

    def ports_of(self, node: NodeVisual) -> tuple[tuple[str, bool], ...]:
        """The fitting ports of a node: name, and whether it is an output."""
        id = node.face.id
        if id not in self._known:
            shape = node.shape
            inputs = [*shape.inputs, *(row.face.spec.name for row in shape.rows)]
            asked = [(name, False) for name in inputs] + [(name, True) for name in shape.outputs]
            fitting = (each for each in asked if self._test(id, each[0], each[1]))
            self._known[id] = tuple(fitting)
        return self._known[id]


class Overlay:
    """The state of what gestures show, and how it is painted."""

    def __init__(self) -> None:
        self.draft: DraftLink | None = None
        self.marquee: QRectF | None = None
        self.cut: tuple[QPointF, ...] = ()
        self.compatible: Compatible | None = None
        self.hot_link: Endpoint | None = None

    def paint(self, painter: QPainter, scene: CanvasScene, area: Box) -> None:
        """Paint what is there, in an area of the scene."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = painter.worldTransform().m11()
        if self.compatible is not None and scale >= SMALLEST_MARKS:
            self._mark_ports(painter, scene, self.compatible, area)
        if self.draft is not None:
            _paint_draft(painter, self.draft, scale, scene.paints)
        if self.marquee is not None:
            _paint_marquee(painter, self.marquee, scene.paints)
        if len(self.cut) > 1:
            pen = QPen(scene.paints.named("danger"), 1.6, Qt.PenStyle.DashLine)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(list(self.cut)))

    def _mark_ports(
        self, painter: QPainter, scene: CanvasScene, compatible: Compatible, area: Box
    ) -> None:
        paints = scene.paints
        veil = QColor(paints.named("canvas"))
        veil.setAlpha(VEIL)
        for node in sorted(scene.index.nodes_in(area.grown(16)), key=lambda node: node.z):
            ports = compatible.ports_of(node)
            if not ports:
                painter.fillRect(node.rect, veil)
            for name, is_output in ports:
                _mark_port(painter, node, name, is_output, paints)


def _mark_port(
    painter: QPainter, node: NodeVisual, name: str, is_output: bool, paints: Paints
) -> None:
    at = QPointF(*node.port_pos(name, is_output))
    spot = (node.shape.outputs if is_output else node.shape.inputs).get(name)
    color = paints.type_color(spot.face.kind) if spot is not None else paints.named("accent")
    halo = QColor(color)
    halo.setAlpha(70)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(halo)
    painter.drawEllipse(at, PORT_RADIUS + 6, PORT_RADIUS + 6)
    shape = spot.face.shape if spot is not None else "circle"
    linked = spot is not None and spot.face.linked
    draw_port(painter, shape, at, color, linked, paints.named("node"))


def _paint_draft(painter: QPainter, draft: DraftLink, scale: float, paints: Paints) -> None:
    path = QPainterPath()
    add_curve(path, curve_between(draft.start, draft.end))
    refused = not draft.ok and bool(draft.reason)
    color = paints.named("danger") if refused else paints.type_color(draft.kind)
    pen = QPen(color, max(2.4, 1.6 / scale), c=Qt.PenCapStyle.RoundCap)
    if not draft.ok:
        pen.setDashPattern([3, 3])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawPath(path)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    for point in (draft.start, draft.end):
        painter.drawEllipse(QPointF(*point), 4.0, 4.0)
    if draft.reason:
        _paint_reason(painter, draft, refused, paints)


def _paint_reason(painter: QPainter, draft: DraftLink, refused: bool, paints: Paints) -> None:
    """The reason as a label beside the pointer, as large at every zoom."""
    at = painter.worldTransform().map(QPointF(*draft.end))
    painter.save()
    painter.setWorldMatrixEnabled(False)
    painter.setFont(paints.fonts["text"])
    width = min(320.0, paints.width(draft.reason, "text") + 2)
    flags = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap)
    room = QRectF(at.x() + 26, at.y() + 16, width, 200)
    text = QFontMetricsF(paints.fonts["text"]).boundingRect(room, flags, draft.reason)
    area = text.adjusted(-8, -5, 8, 5)
    painter.setPen(QPen(paints.named("danger" if refused else "outline_strong"), 1))
    painter.setBrush(paints.named("raised"))
    painter.drawRoundedRect(area, 5, 5)
    painter.setPen(paints.named("text"))
    painter.drawText(text, flags, draft.reason)
    painter.restore()


def _paint_marquee(painter: QPainter, rect: QRectF, paints: Paints) -> None:
    fill = QColor(paints.named("accent"))
    fill.setAlpha(28)
    painter.setBrush(fill)
    painter.setPen(paints.pen(paints.named("accent"), 1.0, cosmetic=True))
    painter.drawRect(rect)
