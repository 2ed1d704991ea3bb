"""Buttons of the viewer, and the two rows they stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from studio.theme import Theme, icon, mono_font, tr
from studio.viewer.clock import SPEEDS, Loop
from studio.viewer.timecode import SOUND_RATE, sound_time, timecode

ICON: Final = QSize(18, 18)
_SIDE: Final = 28
_VOLUME_WIDTH: Final = 72

# Below these widths of the panel, in pixels, what can be done by keys alone steps aside.
_WIDE: Final = 640
_MEDIUM: Final = 500
_NARROW: Final = 400

_LOOPS: Final[dict[Loop, tuple[str, str]]] = {
    "loop": ("loop", "Begins again at the end  (R)"),
    "bounce": ("swap", "Turns round at the ends  (R)"),
    "once": ("loop", "Ends at the end  (R)"),
}


def icon_button(name: str, text: str, theme: Theme, *, checkable: bool = False) -> QToolButton:
    """A square button; `text` is its tooltip, with its key in brackets at the end."""
    button = QToolButton()
    button.setProperty("role", "quiet")
    button.setProperty("icon_name", name)
    button.setIcon(icon(name, theme))
    button.setIconSize(ICON)
    button.setFixedSize(_SIDE, _SIDE)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    name_button(button, text)
    return button


def name_button(button: QToolButton, text: str) -> None:
    """Give a button its tooltip, and its accessible name: the same without the key."""
    button.setToolTip(text)
    button.setAccessibleName(text.split("  (")[0])


def restyle(parent: QWidget, theme: Theme) -> None:
    """Draw the icons of all buttons in another theme's colours."""
    for button in parent.findChildren(QToolButton):
        name = button.property("icon_name")
        if name:
            button.setIcon(icon(str(name), theme))


class Transport(QFrame):
    """Play and what belongs to it.  Signals say what was asked for; setters what is."""

    asked = Signal(str)
    """A command: 'play', 'step_back', ... as in the table of commands, without 'viewer.'."""
    speed_chosen = Signal(float)
    volume_chosen = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(2)
        self._clock = self._time_label()
        row.addWidget(self._clock)
        row.addStretch(1)
        for button in self._make_buttons():
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._speed_button())
        row.addWidget(self.speaker)
        self.volume = self._volume_slider()
        row.addWidget(self.volume)
        self.set_playing(False)

    def _time_label(self) -> QLabel:
        label = QLabel()
        label.setFont(mono_font())
        label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        label.setToolTip(tr("Timecode, and the frame of so many"))
        label.setAccessibleName(tr("Timecode"))
        return label

    def _make_buttons(self) -> Iterator[QToolButton]:
        rows = (
            ("set_in", "in-point", "Begin playing at this frame  (I)"),
            ("first", "first", "Go to the beginning  (Home)"),
            ("step_back", "step-back", "Frame back  (Left)"),
            ("play", "play", "Play  (Space)"),
            ("step_forward", "step-forward", "Frame forward  (Right)"),
            ("last", "last", "Go to the end  (End)"),
            ("set_out", "out-point", "End playing at this frame  (O)"),
            ("loop", *_LOOPS["loop"]),
        )
        self._buttons: dict[str, QToolButton] = {}
        for command, name, text in rows:
            button = icon_button(name, tr(text), self._theme, checkable=command == "loop")
            button.clicked.connect(self._asker(command))
            self._buttons[command] = button
            yield button
        self.speaker = icon_button("sound", tr("Mute  (M)"), self._theme)
        self.speaker.clicked.connect(self._asker("mute"))

    def _asker(self, command: str) -> Callable[[], None]:
        return lambda: self.asked.emit(command)

    def _speed_button(self) -> QToolButton:
        self._speed = QToolButton()
        self._speed.setProperty("role", "quiet")
        self._speed.setFixedHeight(_SIDE)
        self._speed.setMinimumWidth(48)
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self._speed)
        for sign in (1, -1):
            for speed in SPEEDS:
                action = menu.addAction(speed_text(speed * sign))
                action.triggered.connect(self._speed_asker(speed * sign))
            if sign > 0:
                menu.addSeparator()
        self._speed.setMenu(menu)
        name_button(self._speed, tr("Speed; J and L play back and forth, and faster"))
        self.set_speed(1.0)
        return self._speed

    def _speed_asker(self, speed: float) -> Callable[[], None]:
        return lambda: self.speed_chosen.emit(speed)

    def _volume_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setValue(100)
        slider.setFixedWidth(_VOLUME_WIDTH)
        slider.setToolTip(tr("Volume"))
        slider.setAccessibleName(tr("Volume"))
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.valueChanged.connect(lambda value: self.volume_chosen.emit(value / 100))
        return slider

    def button(self, command: str) -> QToolButton:
        """The button of a command."""
        return self._buttons[command]

    def set_playing(self, playing: bool) -> None:
        """Show pause while playing."""
        button = self._buttons["play"]
        name = "pause" if playing else "play"
        if button.property("icon_name") != name or button.icon().isNull():
            button.setProperty("icon_name", name)
            button.setIcon(icon(name, self._theme))
            name_button(button, tr("Pause  (Space)" if playing else "Play  (Space)"))

    def set_loop(self, loop: Loop) -> None:
        """What happens at the ends."""
        button = self._buttons["loop"]
        button.setChecked(loop != "once")
        name, text = _LOOPS[loop]
        if button.toolTip() != tr(text):
            button.setProperty("icon_name", name)
            button.setIcon(icon(name, self._theme))
            name_button(button, tr(text))

    def set_speed(self, speed: float) -> None:
        """What the speed is."""
        self._speed.setText(speed_text(speed))

    def set_time(self, frame: int, frames: int, fps: Fraction) -> None:
        """Where the playhead is."""
        if fps == SOUND_RATE:
            self._clock.setText(f"{sound_time(frame)} / {sound_time(frames)}")
            return
        width = len(str(max(0, frames - 1)))
        place = f"{frame:{width}d}/{frames - 1}"
        self._clock.setText(f"{timecode(frame, fps)}  {place}" if frames > 1 else "")

    def set_sound(self, *, there: bool, muted: bool, reason: str) -> None:
        """Whether there is sound, and why it cannot be heard."""
        off = muted or bool(reason)
        name = "sound-off" if off else "sound"
        self.speaker.setVisible(there)
        self.volume.setEnabled(there and not reason)
        self._there = there
        self.speaker.setProperty("icon_name", name)
        self.speaker.setIcon(icon(name, self._theme))
        name_button(self.speaker, reason or tr("Sound on  (M)" if muted else "Mute  (M)"))
        self.fit_to(self.width())

    _there = False

    def set_enabled(self, moving: bool) -> None:
        """Whether there is anything to play."""
        for button in (*self._buttons.values(), self._speed):
            button.setEnabled(moving)

    def fit_to(self, width: int) -> None:
        """Leave out what a narrow panel has no room for."""
        for command in ("set_in", "set_out"):
            self._buttons[command].setVisible(width >= _MEDIUM)
        for command in ("first", "last"):
            self._buttons[command].setVisible(width >= _NARROW)
        self.volume.setVisible(self._there and width >= _WIDE)

    def restyle(self, theme: Theme) -> None:
        """Another theme."""
        self._theme = theme
        restyle(self, theme)


class ElidedLabel(QLabel):
    """Text that ends in dots where there is no room for all of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, shortened."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)


class Header(QFrame):
    """The title, and the ways to look.  Signals say what was asked for."""

    asked = Signal(str)

    def __init__(self, theme: Theme, badge: QToolButton, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("role", "bar")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(2)
        self.title = ElidedLabel()
        self._badge = badge
        self._about = QLabel()
        self._about.setProperty("role", "small")
        row.addWidget(self.title, 1)
        row.addWidget(self._about)
        row.addSpacing(4)
        row.addWidget(badge)
        self._buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        group.setExclusive(False)
        for command, name, text in (
            ("wipe", "wipe", "Wipe between this result and an earlier one  (W)"),
            ("side_by_side", "side-by-side", "This result beside an earlier one  (S)"),
            ("difference", "minus", "Difference from an earlier result  (D)"),
            ("zoom", "zoom-one", "The whole picture, or each pixel as one  (0 and 1)"),
            ("look", "exposure", "Exposure, gamma and channels"),
            ("contact_sheet", "contact", "Frames of the whole file beside each other  (T)"),
            ("export_frame", "camera", "Write this frame to a picture file"),
        ):
            checkable = command != "export_frame"
            button = icon_button(name, tr(text), theme, checkable=checkable)
            button.clicked.connect(self._asker(command))
            group.addButton(button)
            self._buttons[command] = button
            row.addWidget(button)

    def _asker(self, command: str) -> Callable[[], None]:
        return lambda: self.asked.emit(command)

    def button(self, command: str) -> QToolButton:
        """The button of a command."""
        return self._buttons[command]

    def set_title(self, title: str, about: str) -> None:
        """What is shown, and its size and rate."""
        self.title.setText(title)
        self.title.setToolTip(title)
        self._about.setText(about)

    def set_offered(self, *, picture: bool, moving: bool, comparison: bool) -> None:
        """What can be done with what is shown."""
        for command in ("wipe", "side_by_side", "difference"):
            self._buttons[command].setVisible(comparison)
        self._buttons["contact_sheet"].setEnabled(moving)
        self._buttons["look"].setEnabled(picture)
        self._buttons["zoom"].setEnabled(picture)
        self._buttons["export_frame"].setEnabled(picture)

    def fit_to(self, width: int) -> None:
        """Leave out what a narrow panel has no room for."""
        self._about.setVisible(width >= _MEDIUM)
        style = Qt.ToolButtonStyle
        narrow = style.ToolButtonIconOnly if width < _MEDIUM else style.ToolButtonTextBesideIcon
        self._badge.setToolButtonStyle(narrow)
        self._buttons["zoom"].setVisible(width >= _MEDIUM)

    def restyle(self, theme: Theme) -> None:
        """Another theme."""
        self._theme = theme
        restyle(self, theme)


def speed_text(speed: float) -> str:
    """A speed as people write it: '1×', '−0.5×'."""
    return f"{'−' if speed < 0 else ''}{abs(speed):g}×"
