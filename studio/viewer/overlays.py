"""What is painted over or instead of a picture: words, read-outs, the checker of transparency."""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPixmap

from studio.theme import RADIUS, SMALL_TEXT_SIZE, TEXT_SIZE, Theme, icon_pixmap, mono_font, ui_font
from studio.theme.colors import mixed

_MARGIN: Final = 8
_PAD: Final = 8
_LABEL_HEIGHT: Final = 24
_CHECK: Final = 8
_MESSAGE_ICON: Final = 40
_MESSAGE_WIDTH: Final = 420


def paint_checker(painter: QPainter, rect: QRectF, theme: Theme) -> None:
    """Squares that show through where a picture is transparent."""
    painter.fillRect(rect, QBrush(_checker(theme.dark)))


@cache
def _checker(dark: bool) -> QPixmap:
    one, other = ("#2a2d31", "#3a3e44") if dark else ("#ffffff", "#d5d9de")
    tile = QPixmap(_CHECK * 2, _CHECK * 2)
    tile.fill(QColor(one))
    painter = QPainter(tile)
    for x, y in ((0, 0), (_CHECK, _CHECK)):
        painter.fillRect(x, y, _CHECK, _CHECK, QColor(other))
    painter.end()
    return tile


def paint_label(
    painter: QPainter,
    at: QPointF,
    text: str,
    theme: Theme,
    room: float,
    *,
    right: bool = False,
) -> None:
    """A small label on a dark ground, readable on any picture; `at` is its upper corner."""
    font = ui_font(SMALL_TEXT_SIZE)
    metrics = QFontMetricsF(font)
    text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, max(16.0, room - 2 * _PAD))
    width = metrics.horizontalAdvance(text) + 2 * _PAD
    rect = QRectF(at.x() - (width if right else 0), at.y(), width, _LABEL_HEIGHT - 2)
    _ground(painter, rect)
    painter.setFont(font)
    painter.setPen(QColor("#f2f3f5"))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def paint_readout(
    painter: QPainter, area: QRect, theme: Theme, x: int, y: int, color: QColor, exact: bool
) -> None:
    """The pixel under the cursor, at the lower left."""
    about = "" if exact else "≈ "
    values = f"{color.red():3d} {color.green():3d} {color.blue():3d}"
    if color.alpha() < 255:
        values += f" {color.alpha():3d}"
    text = f"{x:4d}, {y:4d}   {about}{values}   {color.name()}"
    font = mono_font(SMALL_TEXT_SIZE)
    width = QFontMetricsF(font).horizontalAdvance(text) + 2 * _PAD + 20
    top = area.bottom() - _MARGIN - _LABEL_HEIGHT
    rect = QRectF(area.left() + _MARGIN, top, width, _LABEL_HEIGHT)
    _ground(painter, rect)
    swatch = QRectF(rect.left() + _PAD, rect.top() + 6, 12, 12)
    painter.setPen(QColor(255, 255, 255, 90))
    painter.setBrush(QColor(color.red(), color.green(), color.blue()))
    painter.drawRoundedRect(swatch, 2, 2)
    painter.setFont(font)
    painter.setPen(QColor("#f2f3f5"))
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    painter.drawText(rect.adjusted(_PAD + 20, 0, 0, 0), flags, text)


def paint_corner(painter: QPainter, area: QRect, theme: Theme, *words: str) -> None:
    """How the picture is not as it is (nearer, brighter, one channel), at the lower right."""
    text = "  ·  ".join(word for word in words if word)
    if text:
        corner = QPointF(area.right() - _MARGIN, area.bottom() - _MARGIN - _LABEL_HEIGHT + 2)
        paint_label(painter, corner, text, theme, area.width() - 2 * _MARGIN, right=True)


def zoom_words(zoom: float) -> str:
    """How near: '4×', '75 %'."""
    return f"{zoom:.0f}×" if zoom >= 2 and zoom == round(zoom) else f"{zoom * 100:.0f} %"


def paint_message(
    painter: QPainter, area: QRect, theme: Theme, icon: str, title: str, text: str
) -> None:
    """An icon, a title and a sentence in the middle."""
    colors = theme.colors
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    width = min(_MESSAGE_WIDTH, area.width() - 4 * _MARGIN)
    title_font, font = ui_font(TEXT_SIZE + 2), ui_font(TEXT_SIZE)
    wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter
    left = area.center().x() - width / 2
    tall = QRectF(left, 0, width, area.height())
    title_rect = QFontMetricsF(title_font).boundingRect(tall, int(wrap), title)
    text_rect = QFontMetricsF(font).boundingRect(tall, int(wrap), text)
    height = _MESSAGE_ICON + 12 + title_rect.height() + 6 + text_rect.height()
    top = max(float(_MARGIN), area.center().y() - height / 2)
    tone = (
        colors.warning if icon in ("warning", "error") else mixed(colors.canvas, colors.muted, 0.7)
    )
    pixmap = icon_pixmap(icon, tone, _MESSAGE_ICON, 2)
    painter.drawPixmap(QPointF(area.center().x() - _MESSAGE_ICON / 2, top), pixmap)
    top += _MESSAGE_ICON + 12
    painter.setFont(title_font)
    painter.setPen(QColor(colors.text))
    painter.drawText(QRectF(left, top, width, title_rect.height() + 2), int(wrap), title)
    top += title_rect.height() + 6
    painter.setFont(font)
    painter.setPen(QColor(colors.muted))
    painter.drawText(QRectF(left, top, width, area.height() - top), int(wrap), text)


def _ground(painter: QPainter, rect: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 14, 16, 205))
    painter.drawRoundedRect(rect, RADIUS - 2, RADIUS - 2)
