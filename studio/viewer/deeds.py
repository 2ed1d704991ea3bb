"""What the viewer's commands do; the window binds them to its table of commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog

from engine.errors import ReelwrightError
from studio.theme import tr
from studio.viewer.clock import Loop
from studio.viewer.comparing import Comparison
from studio.viewer.look import CHANNELS, MAX_STOPS
from studio.viewer.look_popover import LookPopover
from studio.viewer.stills import export_frame

if TYPE_CHECKING:
    from studio.viewer.panel import ViewerPanel

_STOP: Final = 0.5


class Deeds:
    """Commands by name ('play', 'step_back', ...), as in the table of commands."""

    def __init__(self, panel: ViewerPanel) -> None:
        self._panel = panel
        self._player = panel.player
        self._dialog: QFileDialog | None = None
        self.handlers: Mapping[str, Callable[[], None]] = {
            "play": lambda: self._player.toggle(monotonic()),
            "step_back": lambda: self._player.step(-1, monotonic()),
            "step_forward": lambda: self._player.step(1, monotonic()),
            "jump_back": lambda: self._jump(-1),
            "jump_forward": lambda: self._jump(1),
            "first": lambda: self.seek(self._player.clock.first),
            "last": lambda: self.seek(self._player.clock.last),
            "slower": lambda: self._player.shuttle(-1, monotonic()),
            "normal_speed": self._stop,
            "faster": lambda: self._player.shuttle(1, monotonic()),
            "loop": self._next_loop,
            "set_in": self._set_in,
            "set_out": self._set_out,
            "clear_range": lambda: self.set_range(0, self._player.clock.frames - 1),
            "wipe": lambda: self._toggle_comparison("wipe"),
            "side_by_side": lambda: self._toggle_comparison("side"),
            "difference": lambda: self._toggle_comparison("difference"),
            "swap": self._swap,
            "fit": panel.surface.fit,
            "actual_pixels": lambda: panel.surface.zoom_to(1.0),
            "zoom": panel.surface.toggle_zoom,
            "exposure_up": lambda: self._expose(_STOP),
            "exposure_down": lambda: self._expose(-_STOP),
            "exposure_reset": lambda: self._expose(None),
            "channels": self._next_channel,
            "look": self._open_look,
            "contact_sheet": self._toggle_contact_sheet,
            "mute": self._mute,
            "export_frame": self.ask_where_to_export,
        }

    def do(self, command: str) -> None:
        """Carry out a command, as a key or a button asked."""
        self.handlers[command]()
        self._panel.moved()

    def checked(self, command: str) -> bool:
        """Whether a command that can be on or off is on."""
        panel = self._panel
        return {
            "loop": self._player.clock.loop != "once",
            "wipe": panel.surface.comparison == "wipe",
            "side_by_side": panel.surface.comparison == "side",
            "difference": panel.surface.comparison == "difference",
            "zoom": panel.surface.framing.zoom is not None,
            "contact_sheet": panel.stack.currentWidget() is panel.contact_sheet,
            "mute": self._player.sound.muted,
        }.get(command, False)

    def show_checked(self) -> None:
        """Let buttons show what is on."""
        for command in ("wipe", "side_by_side", "difference", "zoom", "contact_sheet"):
            self._panel.header.button(command).setChecked(self.checked(command))

    def seek(self, frame: int) -> None:
        """Go to a frame."""
        self._player.seek(frame, monotonic())
        self._panel.moved()

    def seek_share(self, share: float) -> None:
        """Go to a part of the length, 0 to 1."""
        self.seek(int(share * self._player.clock.frames))

    def set_range(self, first: int, last: int) -> None:
        """Play only a part."""
        self._player.set_range(first, last, monotonic())
        self._panel.moved()

    def set_speed(self, speed: float) -> None:
        """Play faster, slower or backwards."""
        self._player.set_speed(speed, monotonic())
        self._panel.moved()

    def set_volume(self, volume: float) -> None:
        """Play louder or softer; 0 to 1."""
        self._player.sound.set_volume(volume, muted=volume == 0)
        self._panel.moved()

    def export_to(self, target: Path) -> None:
        """Write the frame that is shown to a picture file."""
        media = self._player.media
        if media is None:
            return
        path, frame = media.path, self._player.clock.frame(monotonic())
        self._panel.errands.run(
            lambda: export_frame(path, frame, target), self._exported, self._failed
        )

    def ask_where_to_export(self) -> None:
        """Ask for a name, then write the contact sheet if that is shown, else the frame."""
        media, panel = self._player.media, self._panel
        if media is None or self._player.facts is None:
            return
        sheet = self.checked("contact_sheet")
        frame = self._player.clock.frame(monotonic())
        name = f"{media.path.stem} {'contact sheet' if sheet else f'frame {frame:04d}'}.png"
        dialog = QFileDialog(panel, tr("Export contact sheet" if sheet else "Export frame"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(tr("Pictures (*.png *.jpg *.webp)"))
        dialog.setDefaultSuffix("png")
        dialog.setDirectory(str(media.path.parent))
        dialog.selectFile(name)
        chosen = self.save_sheet_to if sheet else self.export_to
        dialog.fileSelected.connect(lambda path: chosen(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()

    def save_sheet_to(self, target: Path) -> None:
        """Write the contact sheet to a picture file."""
        self._panel.contact_sheet.save(target, self._exported)

    def _exported(self, target: Path) -> None:
        self._panel.notice.say(tr("Saved '{name}'.", name=target.name), "success")
        self._panel.frame_exported.emit(target)

    def _failed(self, error: ReelwrightError) -> None:
        self._panel.notice.say(str(error), "danger")

    def _jump(self, direction: int) -> None:
        self._player.step(direction * max(1, round(self._player.clock.fps)), monotonic())

    def _stop(self) -> None:
        self._player.pause(monotonic())
        self._player.set_speed(1.0, monotonic())

    def _next_loop(self) -> None:
        following: dict[Loop, Loop] = {"loop": "bounce", "bounce": "once", "once": "loop"}
        self._player.set_loop(following[self._player.clock.loop], monotonic())

    def _set_in(self) -> None:
        frame = self._player.clock.frame(monotonic())
        self.set_range(frame, max(frame, self._player.clock.last))

    def _set_out(self) -> None:
        frame = self._player.clock.frame(monotonic())
        self.set_range(min(frame, self._player.clock.first), frame)

    def _toggle_comparison(self, comparison: Comparison) -> None:
        panel = self._panel
        if self._player.other_media is None:
            if panel.earlier is None or self._player.facts is None:
                panel.notice.say(tr("There is no earlier result to compare with yet."), "info")
                return
            panel.compare(panel.earlier)
            panel.surface.set_comparison(comparison)
            return
        off = panel.surface.comparison == comparison
        panel.surface.set_comparison("off" if off else comparison)

    def _swap(self) -> None:
        media, other, panel = self._player.media, self._player.other_media, self._panel
        if media is None or other is None:
            return
        frame = self._player.clock.frame(monotonic())
        comparison = panel.surface.comparison
        panel.load(other, frame)
        panel.compare(media)
        panel.surface.set_comparison(comparison)

    def _expose(self, stops: float | None) -> None:
        look = self._panel.look
        exposure = 0.0 if stops is None else look.exposure + stops
        held = min(max(exposure, -MAX_STOPS), MAX_STOPS)
        gamma = 1.0 if stops is None else look.gamma
        self._panel.set_look(replace(look, exposure=held, gamma=gamma))

    def _next_channel(self) -> None:
        look = self._panel.look
        following = CHANNELS[(CHANNELS.index(look.channel) + 1) % len(CHANNELS)]
        self._panel.set_look(replace(look, channel=following))

    def _open_look(self) -> None:
        panel = self._panel
        button = panel.header.button("look")
        button.setChecked(not panel.look.neutral)  # it tells of the look, not of the click
        popover = LookPopover(panel.look, panel.theme, panel)
        popover.changed.connect(panel.set_look)
        popover.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width() - popover.width(), button.height() + 4))
        popover.move(max(0, corner.x()), corner.y())
        popover.show()

    def _toggle_contact_sheet(self) -> None:
        panel, media, facts = self._panel, self._player.media, self._player.facts
        if media is None or facts is None or self.checked("contact_sheet"):
            panel.stack.setCurrentWidget(panel.surface)
            return
        panel.contact_sheet.show_media(media, facts.fps)
        panel.stack.setCurrentWidget(panel.contact_sheet)

    def _mute(self) -> None:
        sound = self._player.sound
        if sound.reason:
            sound.retry()
        else:
            sound.set_volume(sound.volume, not sound.muted)
        self._panel.sound_changed()
