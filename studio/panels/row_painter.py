"""Paints rows: an icon or a picture, a title, a line of detail, what stands at the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.panels.row_model import ROW, Index
from studio.panels.rows import Row, Tone
from studio.theme import RADIUS, SMALL_TEXT_SIZE, Theme, icon_pixmap, ui_font

HEIGHT: Final = 52
PICTURE: Final = QSize(84, 52)
TALL: Final = PICTURE.height() + 16
_ICON: Final = 16
_GAP: Final = 8
_SET_IN: Final = 16
Picture = Callable[[Row], QPixmap | None]


class RowPainter(QStyledItemDelegate):
    """Draws every row of a panel.  `picture` gives thumbnails; rows are taller with it."""

    def __init__(self, theme: Theme, picture: Picture | None = None) -> None:
        super().__init__()
        self.theme = theme
        self._picture = picture
        self._title = ui_font()
        self._heading = ui_font(weight=QFont.Weight.DemiBold)
        self._small = ui_font(SMALL_TEXT_SIZE)
        self.height = TALL if picture else HEIGHT

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(160, self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW)
        if not isinstance(row, Row):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRect(option.rect)
        self._paint_ground(painter, area, option, row)
        inner = area.adjusted(12 + row.depth * _SET_IN, 0, -12, 0)
        inner.setLeft(self._paint_left(painter, inner, row))
        self._paint_text(painter, inner, row)
        self._paint_progress(painter, inner, row)
        painter.restore()

    def color(self, tone: Tone) -> str:
        """The colour of a tone."""
        colors = self.theme.colors
        return {
            "plain": colors.text,
            "muted": colors.muted,
            "accent": colors.accent,
            "success": colors.success,
            "warning": colors.warning,
            "danger": colors.danger,
            "info": colors.info,
        }[tone]

    def _paint_ground(
        self, painter: QPainter, area: QRect, option: QStyleOptionViewItem, row: Row
    ) -> None:
        colors, state = self.theme.colors, option.state
        if state & QStyle.StateFlag.State_Selected:
            ground = colors.selection
        elif state & QStyle.StateFlag.State_MouseOver:
            ground = colors.hover
        else:
            ground = ""
        if ground:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(QRectF(area.adjusted(4, 1, -4, -1)), RADIUS, RADIUS)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colors.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(4.5, 1.5, -4.5, -1.5), RADIUS, RADIUS)

    def _paint_left(self, painter: QPainter, inner: QRect, row: Row) -> int:
        """The picture or the icon; where the text begins."""
        if self._picture is not None:
            return self._paint_picture(painter, inner, row)
        scale = painter.device().devicePixelRatio()
        mark = row.icon
        if row.fold is not None:
            mark = "right" if row.fold else "down"
        drawn = icon_pixmap(mark, self.color(row.tone), _ICON, scale)
        painter.drawPixmap(inner.left(), inner.center().y() - _ICON // 2, drawn)
        return inner.left() + _ICON + _GAP

    def _paint_picture(self, painter: QPainter, inner: QRect, row: Row) -> int:
        assert self._picture is not None
        frame = QRect(
            inner.left(),
            inner.center().y() - PICTURE.height() // 2,
            PICTURE.width(),
            PICTURE.height(),
        )
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(frame), 4, 4)
        painter.fillPath(shape, QColor(self.theme.colors.field))
        picture = self._picture(row)
        scale = painter.device().devicePixelRatio()
        if picture is not None:
            painter.save()
            painter.setClipPath(shape)
            painter.drawPixmap(frame, picture)
            painter.restore()
        else:
            drawn = icon_pixmap(row.icon, self.color(row.tone), 20, scale)
            painter.drawPixmap(frame.center().x() - 9, frame.center().y() - 9, drawn)
        return frame.right() + 1 + _GAP + 4

    def _paint_text(self, painter: QPainter, inner: QRect, row: Row) -> None:
        middle = inner.center().y() + 1
        bar = 3 if self._has_bar(row) else 0
        upper = QRect(inner.left(), middle - 19 - bar, inner.width(), 18)
        lower = QRect(inner.left(), middle + 1 - bar, inner.width(), 16)
        upper = self._paint_right(painter, upper, row)
        font = self._heading if row.heading or row.fold is not None else self._title
        muted = self.theme.colors.muted
        strong = self.theme.colors.text
        self._paint_line(painter, upper, row.title, font, strong)
        lower = self._paint_tags(painter, lower, row)
        wrong = row.tone in ("danger", "warning")
        self._paint_line(
            painter, lower, row.detail, self._small, self.color(row.tone) if wrong else muted
        )

    def _paint_right(self, painter: QPainter, line: QRect, row: Row) -> QRect:
        """What stands at the right; what is left of the line."""
        if not row.right:
            return line
        metrics = QFontMetrics(self._small)
        most = line.width() * 3 // 5
        text = metrics.elidedText(row.right, Qt.TextElideMode.ElideRight, most)
        width = metrics.horizontalAdvance(text) + 2
        place = QRect(line.right() - width, line.top(), width, line.height())
        color = self.theme.colors.accent if row.chosen else self.theme.colors.muted
        painter.setFont(self._small)
        painter.setPen(QColor(color))
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        return line.adjusted(0, 0, -width - _GAP, 0)

    def _paint_tags(self, painter: QPainter, line: QRect, row: Row) -> QRect:
        """Small words in frames, at the right; what is left of the line."""
        metrics = QFontMetrics(self._small)
        right = line.right()
        painter.setFont(self._small)
        for tag in row.tags[:3]:
            width = metrics.horizontalAdvance(tag) + 12
            if right - width < line.left() + 80:
                break
            place = QRect(right - width, line.top(), width, line.height())
            painter.setPen(QColor(self.theme.colors.outline_strong))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(QColor(self.theme.colors.muted))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, tag)
            right -= width + 4
        return line.adjusted(0, 0, right - line.right() - 4, 0) if row.tags else line

    @staticmethod
    def _paint_line(painter: QPainter, place: QRect, text: str, font: QFont, color: str) -> None:
        first = text.partition("\n")[0]
        elided = QFontMetrics(font).elidedText(first, Qt.TextElideMode.ElideRight, place.width())
        painter.setFont(font)
        painter.setPen(QColor(color))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)

    def _paint_progress(self, painter: QPainter, inner: QRect, row: Row) -> None:
        if not self._has_bar(row):
            return
        groove = QRectF(inner.left(), inner.bottom() - 7, inner.width(), 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.colors.outline))
        painter.drawRoundedRect(groove, 1.5, 1.5)
        done = QRectF(groove)
        done.setWidth(groove.width() * (row.fraction or 0.0))
        tone: Tone = "accent" if row.tone in ("danger", "muted", "plain") else row.tone
        painter.setBrush(QColor(self.color(tone)))
        if done.width() >= 1:
            painter.drawRoundedRect(done, 1.5, 1.5)

    @staticmethod
    def _has_bar(row: Row) -> bool:
        return row.fraction is not None or row.busy
