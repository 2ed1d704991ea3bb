"""The viewer: what a node made, played, looked at closely, heard, compared and exported."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import Final

from PySide6.QtCore import QKeyCombination, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.background import Background, Task
from studio.theme import Theme, tr
from studio.viewer.badge import Badge
from studio.viewer.bell import Bell
from studio.viewer.buttons import Header, Transport
from studio.viewer.contact_sheet import ContactSheet
from studio.viewer.decoding import Decoder
from studio.viewer.deeds import Deeds
from studio.viewer.errands import Errands
from studio.viewer.framing import Size
from studio.viewer.keys import KEYS
from studio.viewer.look import NEUTRAL, Look
from studio.viewer.media import Media
from studio.viewer.notice import Notice
from studio.viewer.pixels import Output, Pixels
from studio.viewer.player import Player
from studio.viewer.previews import Previews
from studio.viewer.scrubber import Scrubber
from studio.viewer.sound import Open, SoundPlayer, open_port_audio
from studio.viewer.sound_feed import Sound, load_sound
from studio.viewer.surface import Surface
from studio.viewer.timecode import rate_text
from studio.viewer.waveform import Waveform

# The picture comes first: in a low panel the waveform is flat.
_WAVEFORM_HEIGHT: Final = 36
_FLAT_WAVEFORM_HEIGHT: Final = 18
_LOW: Final = 420


class ViewerPanel(QWidget):
    """Everything of the viewer, joined.  `deeds` holds what commands do."""

    frame_exported = Signal(object)
    """The Path of a picture that was written."""

    def __init__(
        self,
        theme: Theme,
        background: Background,
        parent: QWidget | None = None,
        *,
        open_sound: Open = open_port_audio,
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.errands = Errands(background)
        self.look: Look = NEUTRAL
        self.earlier: Media | None = None
        """What was shown before: to compare with unless something else is chosen."""
        self.bell = Bell(self)
        self.bell.rung.connect(self._rung, Qt.ConnectionType.QueuedConnection)
        sound = SoundPlayer(self.errands.run, self.sound_changed, open_sound)
        self.player = Player(lambda media: Decoder(media.path, self.bell.ring), sound)
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._sound_task: Task | None = None
        self._previews = Previews(self.errands, self._preview_decoded)
        self._known = False  # what the file is has been shown
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Viewer"))
        self._make_parts()
        self.deeds = Deeds(self)
        self._lay_out()
        self._connect()
        self.destroyed.connect(partial(_let_go, self.player, self.errands))
        self.clear()

    def _make_parts(self) -> None:
        theme = self.theme
        self.badge = Badge(theme, self.errands)
        self.header = Header(theme, self.badge)
        self.notice = Notice()
        self.surface = Surface(theme)
        self.big_waveform = Waveform(theme)
        self.contact_sheet = ContactSheet(theme, self.errands)
        self.stack = QStackedWidget()
        for page in (self.surface, self.big_waveform, self.contact_sheet):
            self.stack.addWidget(page)
        self.scrubber = Scrubber(theme)
        self.waveform = Waveform(theme, _WAVEFORM_HEIGHT)
        self.transport = Transport(theme)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.notice)
        column.addWidget(self.stack, 1)
        column.addWidget(self.scrubber)
        column.addWidget(self.waveform)
        column.addWidget(self.transport)

    def _connect(self) -> None:
        self.surface.framing_changed.connect(self._want)
        self.surface.hovered.connect(self._hover)
        self.scrubber.scrubbed.connect(self.deeds.seek)
        self.scrubber.range_changed.connect(self.deeds.set_range)
        for waveform in (self.waveform, self.big_waveform):
            waveform.scrubbed.connect(self.deeds.seek_share)
        self.transport.asked.connect(self.deeds.do)
        self.transport.speed_chosen.connect(self.deeds.set_speed)
        self.transport.volume_chosen.connect(self.deeds.set_volume)
        self.header.asked.connect(self.deeds.do)
        self.contact_sheet.frame_chosen.connect(self.deeds.seek)

    def show(self, media: Media | None = None) -> None:
        """Show a file.  Without one: the widget itself, as of any other."""
        if media is None:
            super().show()
            return
        self.load(media)

    def load(self, media: Media, at: int = 0) -> None:
        """Show a file, from a frame on."""
        before = self.player.media
        if before is not None and before.path != media.path and before.kind != "audio":
            self.earlier = before
        self._forget()
        self.player.load(media, monotonic(), at)
        self.header.set_title(media.title, "")
        self.badge.check(media.path)
        self.surface.set_titles(media.title, "")
        if media.kind == "audio":
            self.stack.setCurrentWidget(self.big_waveform)
            self.big_waveform.set_reason(tr("Reading the sound…"))
            self._load_sound(media)
        self.tick()

    def compare(self, media: Media | None) -> None:
        """Show another result with this one, as a wipe at first; None ends it."""
        self.player.compare(media)
        titles = ("" if m is None else m.title for m in (self.player.media, media))
        self.surface.set_titles(*titles)
        self.surface.set_comparison("off" if media is None else "wipe")
        self._offer()
        self.tick()

    def show_preview(self, data: bytes) -> None:
        """Show what is being made: a JPEG.  Only the newest one counts."""
        if self.player.media is not None:
            self._forget()
            self.player.load(None, monotonic())
        self._previews.take(data)

    def _preview_decoded(self, picture: Pixels) -> None:
        self.header.set_title(tr("Preview"), tr("being made"))
        self.stack.setCurrentWidget(self.surface)
        self.surface.show_picture(picture, None, Size(picture.width, picture.height))

    def clear(self) -> None:
        """Show nothing."""
        self._forget()
        self.player.load(None, monotonic())
        self.header.set_title(tr("Viewer"), "")
        self.surface.show_message(
            "film",
            tr("Nothing to show yet"),
            tr("Run the graph, or double-click a node that made a picture, a video or sound."),
        )
        self._refresh()

    def _forget(self) -> None:
        """Nothing of the file before stays."""
        self._timer.stop()
        if self._sound_task is not None:
            self._sound_task.cancel()
            self._sound_task = None
        self._known = False
        self._previews.stop()
        self.notice.clear()
        self.badge.check(None)
        self.contact_sheet.forget()
        self.surface.set_comparison("off")
        self.surface.show_picture(None, None, Size(0, 0))
        self.stack.setCurrentWidget(self.surface)
        for waveform in (self.waveform, self.big_waveform):
            waveform.set_peaks(())
        self.scrubber.set_cached(())
        self._offer()

    def set_theme(self, theme: Theme) -> None:
        """Another theme."""
        self.theme = theme
        self.header.restyle(theme)
        self.transport.restyle(theme)
        self.badge.restyle(theme)
        for waveform in (self.waveform, self.big_waveform):
            waveform.restyle(theme)
        for part in (self.surface, self.scrubber, self.contact_sheet.grid):
            part.theme = theme
            part.update()

    def prefer(self, *, loop: bool, volume: int) -> None:
        """Take on the user's preferences: whether to loop, and how loud in percent."""
        self.player.set_loop("loop" if loop else "once", monotonic())
        self.transport.volume.setValue(volume)
        self._refresh()

    def set_look(self, look: Look) -> None:
        """Another exposure, gamma or channel."""
        self.look = look
        self.header.button("look").setChecked(not look.neutral)
        self.surface.set_note(look.words)
        self._want()

    def _rung(self) -> None:
        self.bell.heard()
        self.tick()

    def tick(self) -> None:
        """Show what is due, and come again when the next frame is."""
        now = monotonic()
        changed = self.player.tick(now)
        if self.player.facts is not None and not self._known:
            self._learn()
        if self.player.error is not None and not self._known:
            self._known = True
            self._offer()
            self.surface.show_message(
                "warning", tr("This file cannot be shown"), str(self.player.error)
            )
        view = self.player.shown
        if changed and view.picture is not None:
            self.surface.show_picture(view.picture, view.other, self._own_size())
        if self.surface.hover is not None and not self.player.playing:
            self.surface.show_original(self.player.original())
        self._refresh()
        wait = self.player.wait(now)
        if wait is not None:
            self._timer.start(max(1, int(wait * 1000)))

    def _own_size(self) -> Size:
        facts, picture = self.player.facts, self.player.shown.picture
        if facts is not None:
            return Size(facts.width, facts.height)
        return Size(0, 0) if picture is None else Size(picture.width, picture.height)

    def _learn(self) -> None:
        """The file is open: its length, rate and size are known."""
        facts, media = self.player.facts, self.player.media
        assert facts is not None
        assert media is not None
        self._known = True
        about = f"{facts.width} × {facts.height}"
        if facts.frames > 1:
            seconds = float(facts.frames / facts.fps)
            about += f"  ·  {rate_text(facts.fps)} fps  ·  {seconds:.1f} s"
        self.header.set_title(media.title, about)
        self._offer()
        self._want()
        if media.kind == "video" and facts.frames > 1:
            self._load_sound(media)

    def _load_sound(self, media: Media) -> None:
        facts = self.player.facts
        start = None if facts is None else facts.start
        self._sound_task = self.errands.run(
            lambda: load_sound(media.path, start),
            self._take_sound,
            lambda error: self._without_sound(media, str(error)),
        )

    def _take_sound(self, sound: Sound | None) -> None:
        media = self.player.media
        if sound is None or media is None:
            if media is not None and media.kind == "audio":
                self._without_sound(media, tr("There is no sound in this file."))
            return
        self.player.take_sound(sound, monotonic())
        length = float(self.player.clock.frames / self.player.clock.fps)
        shown = self.big_waveform if media.kind == "audio" else self.waveform
        shown.set_peaks(sound.peaks, sound.seconds / length)
        if media.kind == "audio":
            about = f"{sound.rate / 1000:g} kHz  ·  {sound.seconds:.1f} s"
            self.header.set_title(media.title, about)
        self._offer()
        self.tick()

    def _without_sound(self, media: Media, sentence: str) -> None:
        if media.kind == "audio":
            self.stack.setCurrentWidget(self.surface)
            self.surface.show_message("warning", tr("This file cannot be played"), sentence)
        else:
            self.notice.say(sentence, "warning")

    def sound_changed(self) -> None:
        """There is sound, there is none, or a reason why it is not heard."""
        self._offer()
        self._rung()

    def _want(self) -> None:
        """Ask for frames in the size and look in which they are seen."""
        facts = self.player.facts
        if facts is None:
            return
        width, height = self.surface.wanted(Size(facts.width, facts.height))
        exact = (width, height) == (facts.width, facts.height) and not self.player.playing
        self.player.show_at(Output(width, height, self.look, exact), monotonic())

    def _hover(self, over: bool) -> None:
        self.player.want_original(over, monotonic())

    def _offer(self) -> None:
        """Show the controls that what is shown has a use for."""
        media, facts, sound = self.player.media, self.player.facts, self.player.sound
        moving = self.player.clock.frames > 1
        picture = facts is not None
        timed = media is not None and media.kind != "image" and self.player.error is None
        self.header.set_offered(
            picture=picture,
            moving=moving and picture,
            comparison=picture and (self.player.other_media or self.earlier) is not None,
        )
        for part in (self.scrubber, self.transport):
            part.setVisible(timed)
        self.waveform.setVisible(bool(self.waveform.peaks))
        self.transport.set_enabled(moving)
        self.transport.set_sound(
            there=sound.sound is not None, muted=sound.muted, reason=sound.reason
        )

    def _refresh(self) -> None:
        """Bring what moves up to date."""
        player, clock, now = self.player, self.player.clock, monotonic()
        frame = clock.frame(now)
        if (self.scrubber.frames, self.scrubber.fps) != (clock.frames, clock.fps):
            self.scrubber.set_length(clock.frames, clock.fps)
            self._offer()
        self.scrubber.set_range(clock.first, clock.last)
        self.scrubber.set_frame(frame)
        self.scrubber.set_cached(player.cached)
        first, last = clock.first / clock.frames, (clock.last + 1) / clock.frames
        at = (frame + 0.5) / clock.frames
        self.waveform.set_position(at, first, last)
        self.big_waveform.set_position(at, first, last)
        self.transport.set_time(frame, clock.frames, clock.fps)
        self.transport.set_playing(player.playing)
        self.transport.set_loop(clock.loop)
        self.transport.set_speed(clock.speed)
        self.contact_sheet.grid.set_current(frame)
        self.deeds.show_checked()
        error = player.other_error
        if error is not None:
            self.notice.say(str(error), "warning")
        elif player.notice:
            self.notice.say(player.notice, "warning")

    def moved(self) -> None:
        """Playing was begun, ended or moved by hand."""
        self._want()
        self.tick()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of the viewer."""
        text = QKeySequence(QKeyCombination(event.keyCombination())).toString(
            QKeySequence.SequenceFormat.PortableText
        )
        command = KEYS.get(text.removeprefix("Num+"))
        if command is None:
            super().keyPressEvent(event)
        else:
            self.deeds.do(command)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        self.header.fit_to(self.width())
        self.transport.fit_to(self.width())
        low = self.height() < _LOW
        self.waveform.setFixedHeight(_FLAT_WAVEFORM_HEIGHT if low else _WAVEFORM_HEIGHT)

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen does not play on."""
        super().hideEvent(event)
        self.player.pause(monotonic())

    def close_media(self) -> None:
        """Let go of files and the sound device; before the window goes."""
        self._timer.stop()
        _let_go(self.player, self.errands)


def _let_go(player: Player, errands: Errands) -> None:
    """Close what is open.  Knows no widget: the panel may be gone."""
    player.close()
    errands.forget()
