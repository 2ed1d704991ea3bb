"""Playing, with decoders and a sound device that the test turns by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import ReelwrightError
from studio.viewer.decoding import Wish
from studio.viewer.frame_source import Facts
from studio.viewer.media import Media
from studio.viewer.pixels import Output, Pixels
from studio.viewer.player import START_SECONDS, Player
from studio.viewer.sound import SoundPlayer
from studio.viewer.sound_feed import Sound
from tests.studio.viewer.conftest import FakeDevice
from tests.studio.viewer.test_sound import Later, opener

MEDIA = Media.of(Path("result.mp4"))


class FakeDecoder:
    """Has the pictures that the test gives it."""

    def __init__(self, media: Media, facts: Facts | None) -> None:
        self.media = media
        self.facts = facts
        self.error: ReelwrightError | None = None
        self.notice = ""
        self.cached: tuple[tuple[int, int], ...] = ()
        self.wishes: list[Wish] = []
        self.closed = False
        self.pictures: dict[int, Pixels] | None = None
        self._made: dict[int, Pixels] = {}

    def start(self) -> None:
        """Nothing to start."""

    def close(self) -> None:
        self.closed = True

    def want(self, wish: Wish) -> None:
        self.wishes.append(wish)

    def ready(self, frame: int) -> Pixels | None:
        if self.pictures is not None:
            return self.pictures.get(frame)
        return self._made.setdefault(frame, picture())

    def original(self, frame: int) -> Pixels | None:
        return self.ready(frame)


def picture() -> Pixels:
    return Pixels(2, 2, 8, memoryview(bytes(16)))


class Stage:
    """A player of a file of `frames` at `fps`, and the clock of the wall."""

    def __init__(self, frames: int = 100, fps: int = 24, facts: bool = True) -> None:
        self.now = 0.0
        self.later = Later()
        self.devices: list[FakeDevice] = []
        self.decoders: list[FakeDecoder] = []
        self.facts = Facts(2, 2, frames, Fraction(fps))
        self.known = facts
        sound = SoundPlayer(self.later, open_=opener(self.devices))
        self.player = Player(self._open, sound)
        self.player.load(MEDIA, self.now)

    def _open(self, media: Media) -> FakeDecoder:
        self.decoders.append(FakeDecoder(media, self.facts if self.known else None))
        return self.decoders[-1]

    def run(self, seconds: float, step: float = 1 / 120, drift: float = 1.0) -> list[int]:
        """Let time go by; the frames that were shown, in turn."""
        shown = [self.player.shown.frame]
        for _ in range(round(seconds / step)):
            self.now += step
            for device in self.devices:
                device.advance(step * drift)
            self.player.tick(self.now)
            if self.player.shown.frame != shown[-1]:
                shown.append(self.player.shown.frame)
        return shown

    def with_sound(self, seconds: float = 100) -> None:
        samples = np.zeros((round(seconds * 48_000), 2), np.float32)
        self.player.tick(self.now)
        self.player.take_sound(Sound(samples, 48_000), self.now)
        self.player.play(self.now)
        self.later.run()


def test_every_frame_is_shown_in_turn() -> None:
    stage = Stage(frames=1000)
    stage.player.play(0)
    shown = stage.run(10)
    assert shown == list(range(241)) or shown == list(range(240))
    assert stage.player.meter.dropped == 0


def test_playing_begins_when_pictures_are_ready() -> None:
    stage = Stage()
    stage.player.tick(0)
    decoder = stage.decoders[0]
    decoder.pictures = {0: picture()}
    stage.player.play(0)
    assert stage.player.playing
    assert stage.run(0.1) == [0]
    decoder.pictures = None
    assert stage.run(0.1)[-1] in (2, 3)
    assert stage.player.meter.dropped == 0


def test_playing_begins_at_last_even_if_they_are_not() -> None:
    stage = Stage()
    stage.player.tick(0)
    stage.decoders[0].pictures = {}
    stage.player.play(0)
    stage.run(START_SECONDS + 0.5)
    assert stage.player.clock.frame(stage.now) in (11, 12)


def test_a_file_that_is_not_open_yet_is_played_once_it_is() -> None:
    stage = Stage(facts=False)
    stage.player.play(0)
    stage.run(1)
    assert not stage.player.playing
    stage.decoders[0].facts = stage.facts
    stage.run(0.5)
    assert stage.player.clock.playing


def test_late_pictures_are_counted_as_dropped() -> None:
    stage = Stage()
    stage.player.tick(0)
    stage.player.play(0)
    stage.run(0.2)
    stage.decoders[0].pictures = {}
    stage.run(0.25)
    stage.decoders[0].pictures = None
    stage.run(0.1)
    assert stage.player.meter.dropped in (5, 6, 7)


def test_the_decoder_is_told_where_playing_goes() -> None:
    stage = Stage()
    stage.player.tick(0)
    stage.player.set_range(10, 20, 0)
    stage.player.set_speed(-1, 0)
    stage.player.show_at(Output(4, 4), 0)
    stage.player.play(0)
    wish = stage.decoders[0].wishes[-1]
    assert wish == Wish(20, -1, True, 10, 20, True, Output(4, 4), False)


def test_the_end_stops_the_sound() -> None:
    stage = Stage(frames=24)
    stage.player.set_loop("once", 0)
    stage.with_sound()
    stage.run(2)
    assert not stage.player.clock.playing
    assert not stage.player.sound.playing
    assert stage.player.shown.frame == 23


@pytest.mark.parametrize("drift", [0.999, 1.0, 1.001])
def test_pictures_stay_with_the_sound_for_minutes(drift: float) -> None:
    stage = Stage(frames=24 * 300)
    stage.with_sound(300)
    stage.run(1, drift=drift)
    for _ in range(60):
        stage.run(2, step=1 / 60, drift=drift)
        heard = stage.player.sound.heard()
        assert heard is not None
        assert abs(heard - stage.player.clock.seconds(stage.now)) < 0.005
    assert stage.player.meter.dropped == 0


def test_a_seek_takes_the_sound_along() -> None:
    stage = Stage(frames=2400)
    stage.with_sound()
    stage.run(1)
    stage.player.seek(480, stage.now)
    stage.run(0.5)
    assert stage.player.sound.heard() == pytest.approx(20.5, abs=0.02)
    assert stage.player.clock.seconds(stage.now) == pytest.approx(20.5, abs=0.02)


def test_a_loop_keeps_sound_and_picture_together() -> None:
    stage = Stage(frames=240)
    stage.player.tick(0)
    stage.player.set_range(24, 47, 0)
    stage.with_sound()
    stage.run(1)
    for _ in range(80):
        stage.run(0.05)
        heard = stage.player.sound.heard()
        assert heard is not None
        assert 1 <= heard < 2
        apart = abs(heard - stage.player.clock.seconds(stage.now))
        assert min(apart, 1 - apart) < 0.01


def test_sound_is_silent_at_another_speed_and_comes_back() -> None:
    stage = Stage(frames=2400)
    stage.with_sound()
    stage.run(1)
    stage.player.set_speed(2, stage.now)
    stage.run(0.5)
    assert not stage.player.sound.playing
    stage.player.set_speed(1, stage.now)
    stage.run(0.5)
    assert stage.player.sound.heard() == pytest.approx(
        stage.player.clock.seconds(stage.now), abs=0.02
    )


def test_without_a_device_pictures_play_on() -> None:
    from tests.studio.viewer.conftest import silent_computer

    stage = Stage(frames=1000)
    stage.player.sound._open = silent_computer
    stage.with_sound()
    assert stage.run(2)[-1] in (47, 48)
    assert stage.player.sound.reason


def test_a_file_of_sound_has_a_time_line() -> None:
    stage = Stage()
    stage.player.load(Media.of(Path("a.wav")), 0)
    stage.player.take_sound(Sound(np.zeros((96_000, 2), np.float32), 48_000), 0)
    assert (stage.player.clock.frames, stage.player.clock.fps) == (200, 100)
    stage.player.play(0)
    stage.later.run()
    stage.run(1)
    assert stage.player.clock.seconds(stage.now) == pytest.approx(1, abs=0.05)


def test_two_files_are_shown_frame_by_frame_and_the_shorter_one_holds() -> None:
    stage = Stage(frames=100)
    stage.player.tick(0)
    stage.facts = Facts(2, 2, 50, Fraction(24))
    stage.player.compare(Media.of(Path("earlier.mp4")))
    stage.player.seek(80, 0)
    stage.player.tick(0)
    assert stage.decoders[1].wishes[-1].frame == 49
    assert stage.player.shown.other is stage.decoders[1].ready(49)


def test_another_file_lets_go_of_those_before() -> None:
    stage = Stage()
    stage.player.tick(0)
    stage.player.compare(Media.of(Path("earlier.mp4")))
    stage.player.load(Media.of(Path("next.mp4")), 0)
    assert [decoder.closed for decoder in stage.decoders] == [True, True, False]
    assert stage.player.other_media is None


def test_the_panel_never_finds_the_file_before_when_another_is_loaded() -> None:
    stage = Stage()
    stage.player.tick(0)
    found: list[Media | None] = []
    check: Callable[[], None] = lambda: found.append(  # noqa: E731
        None if stage.player.facts is None else stage.player.media
    )
    stage.player.sound._changed = check
    stage.known = False
    stage.player.load(Media.of(Path("next.mp4")), 0)
    assert MEDIA not in found


def test_speed_and_loop_stay_from_one_file_to_the_next() -> None:
    stage = Stage()
    stage.player.set_speed(0.5, 0)
    stage.player.set_loop("once", 0)
    stage.player.load(Media.of(Path("next.mp4")), 0, at=7)
    stage.player.tick(0)
    clock = stage.player.clock
    assert (clock.speed, clock.loop, clock.frame(0)) == (0.5, "once", 7)
