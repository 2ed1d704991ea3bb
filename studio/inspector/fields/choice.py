"""The field of a choice: buttons side by side where they fit, else a list that drops down."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QWidget,
)

from engine.graph.params import ParamSpec, ParamValue
from studio.inspector.fields.base import Field
from studio.inspector.fields.scrub_box import HEIGHT, ROUNDING
from studio.theme import Theme, tr

MOST_SEGMENTS: Final = 4
SEGMENT_PADDING: Final = 20


class ChoiceField(Field):
    """One of the declared choices."""

    def __init__(self, spec: ParamSpec, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(spec, theme, parent)
        self.combo = _QuietCombo(self)
        self.combo.addItems([str(choice) for choice in spec.choices])
        self.combo.setPlaceholderText(tr("mixed"))
        self.combo.activated.connect(self._chosen)
        self.segments = Segments([str(choice) for choice in spec.choices], theme, self)
        self.segments.group.idClicked.connect(self._chosen)
        holder = QWidget(self)
        holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._stack = QStackedLayout(holder)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.combo)
        self._stack.addWidget(self.segments)
        self.body.addWidget(holder)
        self._fit(self.sizeHint().width())
        self._show(spec.default)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit(event.size().width())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, HEIGHT)

    def set_accessible(self, name: str, description: str) -> None:
        super().set_accessible(name, description)
        for widget in (self.combo, self.segments):
            widget.setAccessibleName(name)
            widget.setAccessibleDescription(description)
        for button in self.segments.group.buttons():
            button.setAccessibleName(f"{name}: {button.text()}")

    def _show(self, value: ParamValue) -> None:
        choices = self.spec.choices
        index = -1 if self.mixed or value not in choices else choices.index(value)
        self.combo.setCurrentIndex(index)
        self.segments.choose(index)

    def _chosen(self, index: int) -> None:
        self.offer(self.spec.choices[index])
        self._show(self._value)
        self.finish()

    def _fit(self, width: int) -> None:
        segmented = len(self.spec.choices) <= MOST_SEGMENTS and self.segments.needed <= width
        shown: QWidget = self.segments if segmented else self.combo
        if self._stack.currentWidget() is not shown or self.focusProxy() is None:
            self._stack.setCurrentWidget(shown)
            self.setFocusProxy(shown)


class Segments(QWidget):
    """Buttons side by side, one of them down; the arrow keys move between them."""

    def __init__(self, texts: list[str], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group = QButtonGroup(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        for index, text in enumerate(texts):
            button = _Segment(text, theme, self)
            button.first, button.last = index == 0, index == len(texts) - 1
            self.group.addButton(button, index)
            line.addWidget(button, 1)
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(text) for text in texts), default=0)
        self.needed = len(texts) * (widest + SEGMENT_PADDING)

    def choose(self, index: int) -> None:
        """Press one button; -1 presses none."""
        if index >= 0:
            button = self.group.button(index)
            button.setChecked(True)
            self.setFocusProxy(button)
            return
        self.group.setExclusive(False)
        for other in self.group.buttons():
            other.setChecked(False)
        self.group.setExclusive(True)
        self.setFocusProxy(self.group.button(0))


class _Segment(QPushButton):
    """One button of a row that is drawn as one box."""

    def __init__(self, text: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(text, parent)
        self._theme = theme
        self.first = self.last = False
        self.setCheckable(True)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self._theme.colors
        # The row's outline is one rounded box, of which each button shows its part.
        whole = QRectF(self.rect()).adjusted(
            0.5 if self.first else -ROUNDING, 0.5, -0.5 if self.last else ROUNDING, -0.5
        )
        painter.setPen(QPen(QColor(colors.outline), 1))
        painter.setBrush(QColor(colors.field if self.isEnabled() else colors.panel))
        painter.drawRoundedRect(whole, ROUNDING, ROUNDING)
        if self.isChecked() or self.underMouse():
            self._paint_knob(painter)
        painter.setPen(QColor(self._ink()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()

    def _paint_knob(self, painter: QPainter) -> None:
        colors = self._theme.colors
        knob = QRectF(self.rect()).adjusted(3.5, 3.5, -3.5, -3.5)
        on = self.isChecked() and self.isEnabled()
        edge = colors.accent if on and self.hasFocus() else colors.outline if on else ""
        painter.setPen(QPen(QColor(edge), 1) if edge else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(QColor(colors.selection if on else colors.hover))
        if self.isEnabled() or self.isChecked():
            painter.drawRoundedRect(knob, ROUNDING - 2, ROUNDING - 2)

    def _ink(self) -> str:
        colors = self._theme.colors
        if not self.isEnabled():
            return colors.disabled
        return colors.text if self.isChecked() else colors.muted


class _QuietCombo(QComboBox):
    """A combo that the wheel changes only where the user is already."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(4)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
