"""The time line: frame numbers, the part that is played, what is decoded, and the playhead."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import SMALL_TEXT_SIZE, Theme, tr, ui_font
from studio.theme.colors import mixed
from studio.viewer.timecode import SOUND_RATE, mark_step, small_step, sound_time, timecode

MARGIN: Final = 12
"""Room at both ends, so that handles and numbers there are whole; the waveform has the same."""

_HEIGHT: Final = 40
_TRACK_TOP: Final = 22
_TRACK_HEIGHT: Final = 10
_MARK_ROOM: Final = 64
_HANDLE_REACH: Final = 6

Held = Literal["", "playhead", "first", "last"]


class Scrubber(QWidget):
    """Shows and sets where playing is.  Frames are counted from 0."""

    scrubbed = Signal(int)
    released = Signal()
    range_changed = Signal(int, int)
    hovered_at = Signal(object)
    """A frame, or None."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.frames = 1
        self.fps = Fraction(24)
        self.frame = 0
        self.first = 0
        self.last = 0
        self.cached: tuple[tuple[int, int], ...] = ()
        self._drawn = QPixmap()
        self._drawn_state: object = None
        self._held: Held = ""
        self._hover: float | None = None
        self.setMouseTracking(True)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Time line"))
        self.setToolTip("")

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(480, _HEIGHT)

    def set_length(self, frames: int, fps: Fraction) -> None:
        """Another file."""
        self.frames, self.fps = max(1, frames), fps
        self.update()

    def set_frame(self, frame: int) -> None:
        """Where the playhead is."""
        if frame != self.frame:
            self.frame = frame
            self.update()

    def set_range(self, first: int, last: int) -> None:
        """The part that is played."""
        if (first, last) != (self.first, self.last):
            self.first, self.last = first, last
            self.update()

    def set_cached(self, cached: tuple[tuple[int, int], ...]) -> None:
        """What shows at once."""
        if cached != self.cached:
            self.cached = cached
            self.update()

    def x_of(self, frame: float) -> float:
        """Where a frame begins."""
        return MARGIN + frame * (self.width() - 2 * MARGIN) / self.frames

    def frame_at(self, x: float) -> int:
        """The frame at a place, held inside."""
        frame = int((x - MARGIN) * self.frames / max(1, self.width() - 2 * MARGIN))
        return min(max(frame, 0), self.frames - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Marks, track, handles, playhead."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still_part())
        if self.frames > 1:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_played(painter)
            self._paint_handles(painter)
            self._paint_playhead(painter)
            self._paint_hover(painter)

    def _still_part(self) -> QPixmap:
        """What does not move while playing, drawn once."""
        ratio = self.devicePixelRatioF()
        state = (
            self.size(),
            ratio,
            self.frames,
            self.fps,
            self.first,
            self.last,
            self.cached,
            self.theme.name,
        )
        if state != self._drawn_state:
            self._drawn_state = state
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._drawn)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.frames > 1:
                self._paint_marks(painter)
            self._paint_track(painter)
            painter.end()
        return self._drawn

    def _paint_marks(self, painter: QPainter) -> None:
        colors = self.theme.colors
        painter.setFont(ui_font(SMALL_TEXT_SIZE - 1))
        width = self.width() - 2 * MARGIN
        step = mark_step(self.frames, self.fps, width, _MARK_ROOM)
        small = small_step(step)
        tick = QPen(QColor(colors.outline_strong), 1)
        number = QPen(QColor(colors.muted), 1)
        for frame in range(0, self.frames, small):
            x = round(self.x_of(frame)) + 0.5
            main = frame % step == 0
            painter.setPen(tick)
            painter.drawLine(QLineF(x, _TRACK_TOP - (6 if main else 3), x, _TRACK_TOP - 1))
            if main:
                painter.setPen(number)
                self._paint_number(painter, x, self._number(frame))

    def _number(self, frame: int) -> str:
        return f"{float(frame / self.fps):g} s" if self.fps == SOUND_RATE else str(frame)

    def _paint_number(self, painter: QPainter, x: float, text: str) -> None:
        width = QFontMetricsF(painter.font()).horizontalAdvance(text)
        left = min(max(x - width / 2, 2.0), self.width() - width - 2)
        painter.drawText(QPointF(left, _TRACK_TOP - 9), text)

    def _paint_track(self, painter: QPainter) -> None:
        colors = self.theme.colors
        track = QRectF(MARGIN, _TRACK_TOP, self.width() - 2 * MARGIN, _TRACK_HEIGHT)
        painter.setPen(QPen(QColor(colors.outline), 1))
        painter.setBrush(QColor(colors.field))
        painter.drawRoundedRect(track.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if self.frames <= 1:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        if (self.first, self.last) != (0, self.frames - 1):
            left, right = self.x_of(self.first), self.x_of(self.last + 1)
            painter.setBrush(QColor(mixed(colors.field, colors.accent, 0.28)))
            painter.drawRect(QRectF(left, _TRACK_TOP + 1, right - left, _TRACK_HEIGHT - 2))
        painter.setBrush(QColor(mixed(colors.panel, colors.info, 0.6)))
        for first, last in self.cached:
            left, right = self.x_of(first), self.x_of(last + 1)
            painter.drawRect(QRectF(left, _TRACK_TOP + _TRACK_HEIGHT + 2, right - left, 2))

    def _paint_played(self, painter: QPainter) -> None:
        if not self.first <= self.frame <= self.last:
            return
        colors = self.theme.colors
        left, right = self.x_of(self.first), self.x_of(self.frame)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(colors.field, colors.accent, 0.5)))
        painter.drawRect(QRectF(left, _TRACK_TOP + 1, right - left, _TRACK_HEIGHT - 2))

    def _paint_handles(self, painter: QPainter) -> None:
        colors = self.theme.colors
        whole = (self.first, self.last) == (0, self.frames - 1)
        color = colors.outline_strong if whole else colors.accent
        pen = QPen(QColor(color), 2)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        top, bottom = _TRACK_TOP - 2.0, _TRACK_TOP + _TRACK_HEIGHT + 6.0
        for x, side in ((self.x_of(self.first), 1), (self.x_of(self.last + 1), -1)):
            bracket = [(x + 4 * side, top), (x, top), (x, bottom), (x + 4 * side, bottom)]
            painter.drawPolyline(QPolygonF([QPointF(*point) for point in bracket]))

    def _paint_playhead(self, painter: QPainter) -> None:
        colors = self.theme.colors
        x = self.x_of(self.frame) + (self.x_of(1) - self.x_of(0)) / 2
        painter.setPen(QPen(QColor(colors.accent), 2))
        painter.drawLine(QLineF(x, _TRACK_TOP - 4, x, _TRACK_TOP + _TRACK_HEIGHT + 6))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        head = [(-5.0, -7.0), (5.0, -7.0), (5.0, -4.0), (0.0, 1.0), (-5.0, -4.0)]
        painter.drawPolygon(QPolygonF([QPointF(x + a, _TRACK_TOP + b) for a, b in head]))

    def _paint_hover(self, painter: QPainter) -> None:
        if self._hover is None:
            return
        colors = self.theme.colors
        frame = self.frame_at(self._hover)
        text = f"{frame}   {timecode(frame, self.fps)}"
        if self.fps == SOUND_RATE:
            text = sound_time(frame)
        font = ui_font(SMALL_TEXT_SIZE)
        painter.setFont(font)
        width = QFontMetricsF(font).horizontalAdvance(text) + 12
        x = self.x_of(frame + 0.5)
        left = min(max(x - width / 2, 2.0), self.width() - width - 2)
        painter.setPen(QPen(QColor(colors.muted), 1))
        painter.drawLine(QLineF(x, 16, x, _TRACK_TOP + _TRACK_HEIGHT))
        painter.setPen(QPen(QColor(colors.outline_strong), 1))
        painter.setBrush(QColor(colors.raised))
        bubble = QRectF(left, 0.5, width, 17)
        painter.drawRoundedRect(bubble, 4, 4)
        painter.setPen(QColor(colors.text))
        painter.drawText(bubble, Qt.AlignmentFlag.AlignCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a handle if one is under the cursor, else the playhead."""
        if event.button() != Qt.MouseButton.LeftButton or self.frames <= 1:
            return
        self._held = self._under(event.position())
        self._move_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what was taken, and say which frame lies under the cursor."""
        x = event.position().x()
        if self._held:
            self._move_to(x)
        handle = self._under(event.position()) in ("first", "last")
        self.setCursor(Qt.CursorShape.SizeHorCursor if handle else Qt.CursorShape.ArrowCursor)
        self._hover = x
        self.hovered_at.emit(self.frame_at(x))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._held:
            self._held = ""
            self.released.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the cursor."""
        self._hover = None
        self.hovered_at.emit(None)
        self.update()

    def _under(self, at: QPointF) -> Held:
        """Handles stand below the numbers; above them a click always moves the playhead."""
        if at.y() < _TRACK_TOP - 3:
            return "playhead"
        for name, x, side in (
            ("first", self.x_of(self.first), -1),
            ("last", self.x_of(self.last + 1), 1),
        ):
            if -2 <= (at.x() - x) * side <= _HANDLE_REACH:
                return "first" if name == "first" else "last"
        return "playhead"

    def _move_to(self, x: float) -> None:
        frame = self.frame_at(x)
        if self._held == "first":
            self.range_changed.emit(min(frame, self.last), self.last)
        elif self._held == "last":
            self.range_changed.emit(self.first, max(frame, self.first))
        else:
            self.scrubbed.emit(frame)
