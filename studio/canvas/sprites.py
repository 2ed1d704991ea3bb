"""Nodes as rendered pictures: painted once for a zoom, then only copied to the screen.

While the zoom changes, the pictures of another zoom are stretched; when it rests they are painted
anew, a few milliseconds' worth a frame, so that no frame takes long.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence, Set
from math import ceil
from time import perf_counter
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from studio.canvas.node_painter import paint_node
from studio.canvas.paints import Paints
from studio.canvas.pictures import Pictures
from studio.canvas.title_painter import paint_title
from studio.canvas.visuals import NodeVisual
from studio.theme import RADIUS

REACH: Final = 12.0
"""How far shadow and ports reach beyond a node, in scene units."""
READABLE: Final = 0.55
"""From this zoom on a node is painted with everything on it; below, as its title."""
PATIENCE: Final = 0.005
"""Seconds that a frame spends on painting nodes anew."""
HASTE: Final = 0.6
"""How much of that while the zoom changes."""
RING: Final = 2.2
MOST_PIXELS: Final = 24_000_000


class Sprites:
    """Draws nodes, from their pictures where it can."""

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self.patience = PATIENCE
        self.behind = False
        """Whether something was drawn less well than it could be, for want of time."""
        self._kept: OrderedDict[int, tuple[NodeVisual, int]] = OrderedDict()
        self._pixels = 0

    def forget(self) -> None:
        """Paint everything anew."""
        for visual, _pixels in self._kept.values():
            visual.pixmap = visual.pixmap_key = None
        self._kept.clear()
        self._pixels = 0

    def draw(
        self,
        painter: QPainter,
        nodes: Sequence[NodeVisual],
        selected: Set[str],
        paints: Paints,
        resting: bool,
    ) -> None:
        """Draw nodes where they lie; `resting` is false while the zoom changes."""
        transform = painter.worldTransform()
        scale, dx, dy = transform.m11(), transform.dx(), transform.dy()
        device = painter.device().devicePixelRatio() if painter.device() is not None else 1.0
        key = (scale, round(device * 100))
        until = perf_counter() + self.patience * (1.0 if resting else HASTE)
        self.behind = False
        painter.save()
        painter.setWorldMatrixEnabled(False)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paints.named("accent"))
        for visual in nodes:
            x, y = visual.x * scale + dx, visual.y * scale + dy
            if visual.face.id in selected:
                _draw_ring(painter, visual, x, y, scale)
            if visual.pixmap_key != key:
                fresh = visual.pixmap is not None and visual.pixmap_key is not None
                if (resting or not fresh) and perf_counter() < until:
                    self._render(visual, scale, device, paints)
                    visual.pixmap_key = key
                else:
                    self.behind = True
            if visual.pixmap is None:
                _draw_plain(painter, visual, x, y, scale, paints)
            elif visual.pixmap_key == key:
                pad = ceil(REACH * scale * device) / device
                at = QPointF(_snapped(x, device) - pad, _snapped(y, device) - pad)
                painter.drawPixmap(at, visual.pixmap)
            else:
                _draw_stretched(painter, visual, x, y, scale)
        painter.restore()
        self._evict(nodes)

    def _render(self, visual: NodeVisual, scale: float, device: float, paints: Paints) -> None:
        pixmap = render(visual, scale, device, paints, self.pictures)
        visual.pixmap = pixmap
        pixels = pixmap.width() * pixmap.height()
        known = self._kept.pop(id(visual), None)
        self._pixels += pixels - (known[1] if known is not None else 0)
        self._kept[id(visual)] = (visual, pixels)

    def _evict(self, shown: Sequence[NodeVisual]) -> None:
        """Forget the pictures painted longest ago, but none of those on the screen."""
        if self._pixels <= MOST_PIXELS:
            return
        here = {id(visual) for visual in shown}
        for key in list(self._kept):
            if self._pixels <= MOST_PIXELS:
                return
            if key not in here:
                visual, pixels = self._kept.pop(key)
                visual.pixmap = visual.pixmap_key = None
                self._pixels -= pixels


def render(
    visual: NodeVisual, scale: float, device: float, paints: Paints, pictures: Pictures
) -> QPixmap:
    """A node as a picture, with `REACH` around it."""
    pad = ceil(REACH * scale * device)
    width = ceil(visual.shape.width * scale * device) + 2 * pad
    height = ceil(visual.shape.height * scale * device) + 2 * pad
    pixmap = QPixmap(width, height)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.translate(pad, pad)
    painter.scale(scale * device, scale * device)
    if scale >= READABLE:
        paint_node(painter, visual, paints, pictures)
    else:
        paint_title(painter, visual, paints, pictures)
    painter.end()
    pixmap.setDevicePixelRatio(device)
    return pixmap


def _draw_ring(painter: QPainter, visual: NodeVisual, x: float, y: float, scale: float) -> None:
    """The mark of a selected node: a larger box under it, so that its ports lie over the mark."""
    area = QRectF(x, y, visual.shape.width * scale, visual.shape.height * scale)
    round = RADIUS * scale + RING
    painter.drawRoundedRect(area.adjusted(-RING, -RING, RING, RING), round, round)


def _draw_stretched(
    painter: QPainter, visual: NodeVisual, x: float, y: float, scale: float
) -> None:
    pixmap = visual.pixmap
    assert pixmap is not None
    pad = REACH * scale
    shape = visual.shape
    target = QRectF(x - pad, y - pad, shape.width * scale + 2 * pad, shape.height * scale + 2 * pad)
    painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))


def _draw_plain(
    painter: QPainter, visual: NodeVisual, x: float, y: float, scale: float, paints: Paints
) -> None:
    """A node of which there is no picture yet: a box with a header."""
    shape = visual.shape
    width, height = shape.width * scale, shape.height * scale
    painter.fillRect(QRectF(x, y, width, height), paints.named("node"))
    painter.fillRect(QRectF(x, y, width, 28 * scale), paints.header_color(visual.face))


def _snapped(value: float, device: float) -> float:
    return round(value * device) / device
