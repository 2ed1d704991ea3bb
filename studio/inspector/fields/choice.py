"""The field of a choice: buttons side by side where they fit, else a list that drops down."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from engine.graph.params import ParamSpec, ParamValue
from studio.inspector.fields.base import Field
from studio.inspector.fields.scrub_box import HEIGHT, ROUNDING
from studio.theme import Theme, tr

MOST_SEGMENTS: Final = 4
SURELY_SEGMENTS: Final = 2
"""So few fit nearly everywhere; the width decides once it is known."""

SEGMENT_PADDING: Final = 20


class ChoiceField(Field):
    """One of the declared choices; which of its two looks it has depends on its width."""

    def __init__(self, spec: ParamSpec, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(spec, theme, parent)
        self._texts = [str(choice) for choice in spec.choices]
        self.combo: QuietCombo | None = None
        self.segments: Segments | None = None
        few = len(spec.choices) <= MOST_SEGMENTS
        metrics = self.fontMetrics()
        widest = max(metrics.horizontalAdvance(text) for text in self._texts)
        self._needed = len(self._texts) * (widest + SEGMENT_PADDING) if few else None
        self._bring(segmented=len(spec.choices) <= SURELY_SEGMENTS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bring(segmented=self._needed is not None and self._needed <= event.size().width())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, HEIGHT)

    def set_accessible(self, name: str, description: str) -> None:
        super().set_accessible(name, description)
        if self.combo is not None:
            self.combo.setAccessibleName(name)
            self.combo.setAccessibleDescription(description)
        for button in self.segments.group.buttons() if self.segments is not None else ():
            button.setAccessibleName(f"{name}: {button.text()}")
            button.setAccessibleDescription(description)

    def _show(self, value: ParamValue) -> None:
        choices = self.spec.choices
        index = -1 if self.mixed or value not in choices else choices.index(value)
        if self.combo is not None:
            self.combo.setCurrentIndex(index)
        if self.segments is not None:
            self.segments.choose(index)

    def _chosen(self, index: int) -> None:
        self.offer(self.spec.choices[index])
        self._show(self._value)
        self.finish()

    def _bring(self, *, segmented: bool) -> None:
        """Show one of the two looks; the other is made only when it is needed."""
        shown: QWidget | None = self.segments if segmented else self.combo
        if shown is None:
            shown = self._made_segments() if segmented else self._made_combo()
            self.body.addWidget(shown)
            self._show(self._value)
            self.set_accessible(self.accessibleName(), self.accessibleDescription())
        elif self.focusProxy() is shown:
            return
        other: QWidget | None = self.combo if segmented else self.segments
        if other is not None:
            other.hide()
            shown.show()
        self.setFocusProxy(shown)

    def _made_combo(self) -> QuietCombo:
        self.combo = QuietCombo(self)
        self.combo.addItems(self._texts)
        self.combo.setPlaceholderText(tr("mixed"))
        self.combo.activated.connect(self._chosen)
        return self.combo

    def _made_segments(self) -> Segments:
        self.segments = Segments(self._texts, self.theme, self)
        self.segments.group.idClicked.connect(self._chosen)
        return self.segments


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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        group = self.group()
        if not step or group is None:
            super().keyPressEvent(event)
            return
        neighbour = group.button(group.id(self) + step)
        if isinstance(neighbour, _Segment):
            neighbour.setFocus(Qt.FocusReason.OtherFocusReason)
            neighbour.click()

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


class QuietCombo(QComboBox):
    """A combo that the wheel changes only where the user is already."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
