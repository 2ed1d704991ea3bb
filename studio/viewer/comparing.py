"""Two pictures at once: a wipe with a line to drag, side by side, and their difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from studio.theme import Theme
from studio.viewer.framing import Size
from studio.viewer.overlays import paint_label

Comparison = Literal["off", "wipe", "side", "difference"]
COMPARISONS: Final[tuple[Comparison, ...]] = ("off", "wipe", "side", "difference")

_GRIP: Final = 10
_NEAR: Final = 8


@dataclass
class Wipe:
    """Where the line stands, as a share of the picture's width; left of it is the picture."""

    at: float = 0.5
    held: bool = False

    def x(self, rect: QRectF) -> float:
        """Where the line is."""
        return rect.x() + rect.width() * self.at

    def near(self, point: QPointF, rect: QRectF) -> bool:
        """Whether the line can be taken here."""
        return abs(point.x() - self.x(rect)) <= _NEAR

    def move_to(self, point: QPointF, rect: QRectF) -> None:
        """Bring the line to the cursor, inside the picture."""
        if rect.width() > 0:
            self.at = min(max((point.x() - rect.x()) / rect.width(), 0.0), 1.0)

    def paint_handle(
        self,
        painter: QPainter,
        rect: QRectF,
        area: QRect,
        theme: Theme,
        titles: tuple[str, str],
        comparison: Comparison,
    ) -> None:
        """The line with its grip, and which side is which."""
        seen = rect.intersected(QRectF(area))
        if comparison == "side":
            half = area.width() / 2
            seen = QRectF(0, seen.y(), area.width(), seen.height())
            painter.setPen(QPen(QColor(theme.colors.outline), 1))
            painter.drawLine(QLineF(half, 0, half, area.height()))
            paint_label(painter, QPointF(8, seen.y() + 8), f"A  {titles[0]}", theme, half - 16)
            paint_label(
                painter, QPointF(half + 8, seen.y() + 8), f"B  {titles[1]}", theme, half - 16
            )
            return
        room = seen.width() / 2 - 16
        left = "A − B" if comparison == "difference" else f"A  {titles[0]}"
        paint_label(painter, seen.topLeft() + QPointF(8, 8), left, theme, room)
        if comparison == "wipe":
            corner = seen.topRight() + QPointF(-8, 8)
            paint_label(painter, corner, f"B  {titles[1]}", theme, room, right=True)
            self._paint_line(painter, rect, seen, theme)

    def _paint_line(self, painter: QPainter, rect: QRectF, seen: QRectF, theme: Theme) -> None:
        x = self.x(rect)
        painter.setPen(QPen(QColor(0, 0, 0, 110), 3))
        painter.drawLine(QLineF(x, seen.top(), x, seen.bottom()))
        painter.setPen(QPen(QColor("#ffffff"), 1))
        painter.drawLine(QLineF(x, seen.top(), x, seen.bottom()))
        middle = QPointF(x, seen.center().y())
        painter.setPen(QPen(QColor(0, 0, 0, 90), 1))
        painter.setBrush(QColor("#ffffff"))
        painter.drawEllipse(middle, _GRIP, _GRIP)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.colors.on_accent if theme.dark else theme.colors.text))
        for side in (-1, 1):
            tip = middle + QPointF(side * 7, 0)
            base = middle + QPointF(side * 2.5, 0)
            arrow = [tip, base + QPointF(0, 4), base - QPointF(0, 4)]
            painter.drawPolygon(QPolygonF(arrow))


def fitted(rect: QRectF, image: QImage) -> QRectF:
    """Where a picture of another shape lies in the middle of a rectangle."""
    scale = min(rect.width() / image.width(), rect.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    if abs(width - rect.width()) < 1 and abs(height - rect.height()) < 1:
        return rect
    left = rect.x() + (rect.width() - width) / 2
    return QRectF(left, rect.y() + (rect.height() - height) / 2, width, height)


def paint_wipe(painter: QPainter, rect: QRectF, picture: QImage, other: QImage, wipe: Wipe) -> None:
    """The picture left of the line, the other one right of it."""
    line = round(wipe.x(rect))
    tall = 1 << 24  # clipping is by columns only
    painter.setClipRect(QRectF(-tall, -tall, tall + line, 2 * tall))
    painter.drawImage(rect, picture)
    painter.setClipRect(QRectF(line, -tall, tall, 2 * tall))
    painter.drawImage(fitted(rect, other), other)
    painter.setClipping(False)


def paint_side(painter: QPainter, rect: QRectF, area: Size, picture: QImage, other: QImage) -> None:
    """Each in its half, at the same place and zoom."""
    painter.setClipRect(QRectF(0, 0, area.width, area.height))
    painter.drawImage(rect, picture)
    painter.setClipRect(QRectF(area.width, 0, area.width + 1, area.height))
    painter.drawImage(fitted(rect, other).translated(area.width, 0), other)
    painter.setClipping(False)


def paint_difference(painter: QPainter, rect: QRectF, picture: QImage, other: QImage) -> None:
    """How far apart the values are; black is the same."""
    painter.drawImage(rect, picture)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)
    painter.drawImage(fitted(rect, other), other)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
