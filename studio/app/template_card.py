"""A template as a card: a picture that plays while it is looked at, its name, what it is for."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from studio.app.graph_sketch import GraphSketch
from studio.project.templates import PICTURE_FRAMES, Template, model_of
from studio.theme import Theme, icon_pixmap, tr
from studio.theme.fonts import ui_font
from studio.theme.theme import RADIUS, SMALL_TEXT_SIZE, TEXT_SIZE
from studio.times import size

FRAME_MS: Final = 140
RESTING_FRAME: Final = 3
"""The middle of a video says more than its beginning."""
PICTURE_HEIGHT: Final = 128
TEXT_HEIGHT: Final = 68
STATE_HEIGHT: Final = 22
STATE_ICON: Final = 12
PADDING: Final = 12
LINES: Final = 2
ARROWS: Final = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down})


class Strip:
    """The frames of a template's picture."""

    def __init__(self, picture: bytes) -> None:
        self._all = QPixmap()
        if picture:
            self._all.loadFromData(picture)

    def draw(self, painter: QPainter, target: QRectF, frame: int) -> bool:
        """Fill a rectangle with a frame, cut at the sides that are too long."""
        if self._all.isNull():
            return False
        size = self._all.height()
        source = QRectF(frame % PICTURE_FRAMES * size, 0, size, size)
        if target.width() > target.height():
            height = size * target.height() / target.width()
            source.setTop((size - height) / 2)
            source.setHeight(height)
        else:
            width = size * target.width() / target.height()
            source.setLeft(source.left() + (size - width) / 2)
            source.setWidth(width)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, self._all, source)
        return True


class Playing(QWidget):
    """A picture that plays for as long as it is seen: the welcome page's own."""

    def __init__(self, theme: Theme, motion: bool = True) -> None:
        super().__init__()
        self._theme = theme
        self._strip = Strip(b"")
        self._frame = RESTING_FRAME
        self._timer = QTimer(self, interval=FRAME_MS) if motion else None
        if self._timer is not None:
            self._timer.timeout.connect(self._step)

    def show_picture(self, picture: bytes) -> None:
        """Show a template's picture."""
        self._strip = Strip(picture)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.update()

    def showEvent(self, event: object) -> None:
        if self._timer is not None:
            self._timer.start()

    def hideEvent(self, event: object) -> None:
        if self._timer is not None:
            self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        _clip(painter, area)
        if not self._strip.draw(painter, area, self._frame):
            painter.fillRect(area, QColor(self._theme.colors.field))

    def _step(self) -> None:
        self._frame += 1
        self.update()


class State(NamedTuple):
    """What a template's model still needs, in words."""

    icon: str
    text: str
    ready: bool = False


def state_of(template: Template) -> State | None:
    """What is to be done before a template runs; None for one that runs at once."""
    needs = template.needs
    if template.runs_at_once:
        return None
    if needs is None:
        chosen = model_of(template.document)
        return State("folder", chosen or tr("A model of your own"))
    if needs.here:
        return State("check", tr("Its weights are here"), ready=True)
    licence = needs.licence.removesuffix(" License").removesuffix(" Community")
    if not needs.size:
        return State("download", tr("Weights to fetch · {licence}", licence=licence))
    return State(
        "download", tr("{size} to fetch · {licence}", size=size(needs.size), licence=licence)
    )


class TemplateCard(QAbstractButton):
    """A template that can be chosen; `template` is None while templates are being read."""

    def __init__(self, template: Template | None, theme: Theme, motion: bool = True) -> None:
        super().__init__()
        self.template = template
        self._theme = theme
        self._motion = motion
        self._strip = Strip(template.picture if template else b"")
        self._sketch = GraphSketch(template.face) if template and not template.picture else None
        self._state = state_of(template) if template else None
        self._frame = RESTING_FRAME
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._step)
        self.setMinimumWidth(160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setEnabled(template is not None)
        if template is not None:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setText(template.title)
            told = f"{template.summary}\n{self._state.text}" if self._state else template.summary
            self.setToolTip(f"{template.title}\n{told}")
            self.setAccessibleName(tr("Template: {title}", title=template.title))
            self.setAccessibleDescription(told)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, PICTURE_HEIGHT + self._words_height)

    @property
    def _words_height(self) -> int:
        return TEXT_HEIGHT + (STATE_HEIGHT if self._state else 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS:
            event.ignore()  # a button would go to its neighbour in tab order; the grid knows rows
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._play()

    def leaveEvent(self, event: QEvent) -> None:
        self._rest()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._play()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._rest()
        super().focusOutEvent(event)

    def hideEvent(self, event: object) -> None:
        self._rest()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = _rounded(area)
        raised = self._theme.colors.hover if self.underMouse() else self._theme.colors.raised
        painter.fillPath(shape, QColor(raised))
        picture = QRectF(area.left(), area.top(), area.width(), area.height() - self._words_height)
        painter.save()
        painter.setClipPath(shape)
        if self._sketch is not None:
            self._sketch.draw(painter, picture, self._theme)
        elif not self._strip.draw(painter, picture, self._frame):
            painter.fillRect(picture, QColor(self._theme.colors.field))
        painter.restore()
        words = area.adjusted(PADDING, picture.height() + 10, -PADDING, -8)
        self._paint_words(painter, words)
        if self._state is not None:
            words.setTop(words.bottom() - STATE_HEIGHT + 4)
            self._paint_state(painter, words, self._state)
        painter.strokePath(shape, self._edge())

    def _paint_words(self, painter: QPainter, area: QRectF) -> None:
        colors = self._theme.colors
        if self.template is None:
            painter.fillRect(QRectF(area.left(), area.top(), area.width() * 0.6, 10), colors.hover)
            return
        title = ui_font(TEXT_SIZE, ui_font().Weight.DemiBold)
        painter.setFont(title)
        painter.setPen(QColor(colors.text))
        line = painter.fontMetrics().elidedText(
            self.template.title, Qt.TextElideMode.ElideRight, int(area.width())
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignTop, line)
        painter.setFont(ui_font(SMALL_TEXT_SIZE))
        painter.setPen(QColor(colors.muted))
        _draw_lines(painter, area.adjusted(0, 20, 0, 0), self.template.summary)

    def _paint_state(self, painter: QPainter, area: QRectF, state: State) -> None:
        colors = self._theme.colors
        color = colors.success if state.ready else colors.muted
        ratio = self.devicePixelRatioF()
        mark = icon_pixmap(state.icon, color, STATE_ICON, ratio)
        top = area.top() + (area.height() - STATE_ICON) / 2
        painter.drawPixmap(QPointF(area.left(), top), mark)
        area = area.adjusted(STATE_ICON + 6, 0, 0, 0)
        painter.setFont(ui_font(SMALL_TEXT_SIZE))
        painter.setPen(QColor(color))
        line = painter.fontMetrics().elidedText(
            state.text, Qt.TextElideMode.ElideRight, int(area.width())
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, line)

    def _edge(self) -> QColor:
        colors = self._theme.colors
        if self.hasFocus() or self.isChecked():
            return QColor(colors.accent)
        return QColor(colors.outline_strong if self.underMouse() else colors.outline)

    def _play(self) -> None:
        if self._motion and self.template is not None:
            self._timer.start()
        self.update()

    def _rest(self) -> None:
        self._timer.stop()
        self._frame = RESTING_FRAME
        self.update()

    def _step(self) -> None:
        self._frame += 1
        self.update()


def _rounded(area: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(area, RADIUS, RADIUS)
    return path


def _clip(painter: QPainter, area: QRectF) -> None:
    painter.setClipPath(_rounded(area))


def _draw_lines(painter: QPainter, area: QRectF, text: str) -> None:
    """A few lines of text; what does not fit ends in '…'."""
    layout = QTextLayout(text, painter.font())
    layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
    metrics = painter.fontMetrics()
    layout.beginLayout()
    top = area.top()
    for number in range(LINES):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(area.width())
        start = line.textStart()
        part = text[start : start + line.textLength()].rstrip()
        if number == LINES - 1:
            part = metrics.elidedText(text[start:], Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(QRectF(area.left(), top, area.width(), metrics.height()), 0, part)
        top += metrics.height()
    layout.endLayout()
