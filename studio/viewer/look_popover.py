"""Exposure, gamma and channels, in a small window below their button."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.theme import RADIUS, Theme, mono_font, tr
from studio.viewer.look import CHANNELS, MAX_GAMMA, MAX_STOPS, MIN_GAMMA, NEUTRAL, Channel, Look

_STEPS_A_STOP: Final = 10
_GAMMA_STEPS: Final = 100
_WORDS: Final[dict[Channel, tuple[str, str]]] = {
    "rgb": ("RGB", "All channels"),
    "r": ("R", "Red alone"),
    "g": ("G", "Green alone"),
    "b": ("B", "Blue alone"),
    "luma": ("Luma", "Brightness alone"),
}


class LookPopover(QFrame):
    """Changes a look.  The file stays as it is."""

    changed = Signal(object)
    """A Look."""

    def __init__(self, look: Look, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("look")
        colors = theme.colors
        self.setStyleSheet(
            f"#look {{ background: {colors.raised}; border: 1px solid {colors.outline_strong}; "
            f"border-radius: {RADIUS}px; }}"
        )
        self.look = look
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(10)
        layout.addLayout(self._channel_row())
        layout.addLayout(self._sliders())
        layout.addLayout(self._foot())
        self.setFixedWidth(312)
        self._show()

    def _channel_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self._channels = QButtonGroup(self)
        for number, channel in enumerate(CHANNELS):
            word, tip = _WORDS[channel]
            button = QToolButton()
            button.setText(tr(word))
            button.setToolTip(tr(tip))
            button.setAccessibleName(tr(tip))
            button.setCheckable(True)
            button.setMinimumWidth(48)
            self._channels.addButton(button, number)
            row.addWidget(button)
        self._channels.idClicked.connect(self._choose_channel)
        return row

    def _sliders(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        most = round(MAX_STOPS * _STEPS_A_STOP)
        self._exposure = self._slider(-most, most, tr("Exposure"))
        self._gamma = self._slider(
            round(MIN_GAMMA * _GAMMA_STEPS), round(MAX_GAMMA * _GAMMA_STEPS), tr("Gamma")
        )
        self._values = (QLabel(), QLabel())
        rows = ((self._exposure, tr("Exposure")), (self._gamma, tr("Gamma")))
        for row, (slider, name) in enumerate(rows):
            label = QLabel(name)
            label.setProperty("role", "muted")
            value = self._values[row]
            value.setFont(mono_font())
            value.setMinimumWidth(48)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(label, row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(value, row, 2)
        self._exposure.valueChanged.connect(self._choose_exposure)
        self._gamma.valueChanged.connect(self._choose_gamma)
        return grid

    def _slider(self, low: int, high: int, name: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(low, high)
        slider.setAccessibleName(name)
        slider.setToolTip(name)
        return slider

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        note = QLabel(tr("The file stays as it is."))
        note.setProperty("role", "small")
        reset = QPushButton(tr("Reset"))
        reset.setToolTip(tr("Show the picture as it is"))
        reset.clicked.connect(lambda: self._set(NEUTRAL))
        row.addWidget(note, 1)
        row.addWidget(reset)
        return row

    def _choose_channel(self, number: int) -> None:
        self._set(replace(self.look, channel=CHANNELS[number]))

    def _choose_exposure(self, value: int) -> None:
        self._set(replace(self.look, exposure=value / _STEPS_A_STOP))

    def _choose_gamma(self, value: int) -> None:
        self._set(replace(self.look, gamma=value / _GAMMA_STEPS))

    def _set(self, look: Look) -> None:
        if look != self.look:
            self.look = look
            self._show()
            self.changed.emit(look)

    def _show(self) -> None:
        look = self.look
        self._channels.button(CHANNELS.index(look.channel)).setChecked(True)
        for slider, value in (
            (self._exposure, look.exposure * _STEPS_A_STOP),
            (self._gamma, look.gamma * _GAMMA_STEPS),
        ):
            slider.blockSignals(True)
            slider.setValue(round(value))
            slider.blockSignals(False)
        self._values[0].setText(f"{look.exposure:+.1f}")
        self._values[1].setText(f"{look.gamma:.2f}")
