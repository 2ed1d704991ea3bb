"""The field of a parameter that is on or off."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from engine.graph.params import ParamSpec, ParamValue
from studio.inspector.fields.base import Field
from studio.theme import Theme, tr

TRACK: Final = QSize(32, 18)


class SwitchField(Field):
    """On or off, at a click or with Space."""

    def __init__(self, spec: ParamSpec, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(spec, theme, parent)
        self.toggle = Toggle(theme, self)
        self.toggle.clicked.connect(self._clicked)
        self.setFocusProxy(self.toggle)
        self._state = QLabel(self)
        self._state.setProperty("role", "muted")
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.toggle)
        line.addWidget(self._state, 1)
        self.body.addLayout(line)
        self._show(spec.default)

    def _show(self, value: ParamValue) -> None:
        self.toggle.setTristate(self.mixed)
        state = Qt.CheckState.PartiallyChecked if self.mixed else _state_of(value)
        self.toggle.setCheckState(state)
        self._state.setText(tr("mixed") if self.mixed else tr("On") if value else tr("Off"))

    def _clicked(self) -> None:
        wanted = True if self.mixed else not self._value
        self.offer(wanted)
        self._show(self._value)
        self.finish()


def _state_of(value: ParamValue) -> Qt.CheckState:
    return Qt.CheckState.Checked if value else Qt.CheckState.Unchecked


class Toggle(QCheckBox):
    """A check box drawn as a switch."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFixedSize(TRACK + QSize(4, 8))
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(2.5, (self.height() - TRACK.height()) / 2 + 0.5, 31, 17)
        state = self.checkState()
        track_color, edge, knob = self._colors(state)
        painter.setBrush(QColor(track_color))
        painter.setPen(QPen(QColor(edge), 1))
        painter.drawRoundedRect(track, 8.5, 8.5)
        share = {Qt.CheckState.Checked: 1.0, Qt.CheckState.PartiallyChecked: 0.5}.get(state, 0.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(knob))
        painter.drawEllipse(QRectF(track.left() + 3 + share * 14, track.top() + 3, 11, 11))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.colors.accent), 1))
            painter.drawRoundedRect(track.adjusted(-2, -2, 2, 2), 10.5, 10.5)
        painter.end()

    def _colors(self, state: Qt.CheckState) -> tuple[str, str, str]:
        colors = self._theme.colors
        if not self.isEnabled():
            return colors.panel, colors.outline, colors.disabled
        if state is Qt.CheckState.Checked:
            return colors.accent, colors.accent, colors.on_accent
        return colors.field, colors.outline_strong, colors.muted
