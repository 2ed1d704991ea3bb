"""The device: found late, missed quietly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.errors import ReelwrightError
from studio.viewer.sound import NoSound, SoundDevice, SoundPlayer, open_port_audio
from studio.viewer.sound_feed import Sound, Stretch
from tests.studio.viewer.conftest import FakeDevice, silent_computer

WHOLE = Stretch(0, 10, loop=False)


class Later:
    """Runs work when the test says so, as the background does."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(
        self,
        work: Callable[[], SoundDevice],
        done: Callable[[SoundDevice], None],
        failed: Callable[[ReelwrightError], None],
    ) -> None:
        def run() -> None:
            try:
                answer = work()
            except ReelwrightError as error:
                failed(error)
            else:
                done(answer)

        self.waiting.append(run)

    def run(self) -> None:
        waiting, self.waiting = self.waiting, []
        for work in waiting:
            work()


def sound() -> Sound:
    return Sound(np.ones((48_000, 2), np.float32), 48_000)


def opener(made: list[FakeDevice]) -> Callable[..., FakeDevice]:
    def open_(rate: int, channels: int, fill: Callable[..., None]) -> FakeDevice:
        made.append(FakeDevice(rate, fill))
        return made[-1]

    return open_


def test_a_device_is_opened_in_the_background_when_it_is_needed() -> None:
    later, made = Later(), list[FakeDevice]()
    player = SoundPlayer(later, open_=opener(made))
    player.load(sound())
    assert later.waiting == []
    player.play(0.5, WHOLE)
    assert made == []
    later.run()
    assert len(made) == 1
    player.play(0.5, WHOLE)
    made[0].advance(0.1)
    assert player.heard() == pytest.approx(0.55)


def test_without_a_device_there_is_a_reason_and_no_second_try() -> None:
    later, told = Later(), list[str]()
    player = SoundPlayer(later, lambda: told.append(player.reason), silent_computer)
    player.load(sound())
    player.play(0, WHOLE)
    later.run()
    assert told[-1].startswith("Sound is off")
    player.play(0, WHOLE)
    assert later.waiting == []
    assert player.heard() is None


def test_asking_again_looks_for_a_device_again() -> None:
    later, made = Later(), list[FakeDevice]()
    player = SoundPlayer(later, open_=silent_computer)
    player.load(sound())
    player.play(0, WHOLE)
    later.run()
    player._open = opener(made)
    player.retry()
    later.run()
    assert (player.reason, len(made)) == ("", 1)


def test_a_device_for_a_file_that_is_gone_is_closed() -> None:
    later, made = Later(), list[FakeDevice]()
    player = SoundPlayer(later, open_=opener(made))
    player.load(sound())
    player.play(0, WHOLE)
    player.load(None)
    later.run()
    later.run()
    assert made[0].closed


def test_pausing_is_silence_and_keeps_the_device() -> None:
    later, made = Later(), list[FakeDevice]()
    player = SoundPlayer(later, open_=opener(made))
    player.load(sound())
    player.play(0, WHOLE)
    later.run()
    player.play(0, WHOLE)
    made[0].advance(0.1)
    player.pause()
    made[0].advance(0.1)
    assert not made[0].heard[-1].any()
    assert not made[0].closed
    assert player.heard() is None


def test_muted_is_silent_and_half_the_slider_is_a_quarter_of_the_gain() -> None:
    later, made = Later(), list[FakeDevice]()
    player = SoundPlayer(later, open_=opener(made))
    player.load(sound())
    player.play(0, WHOLE)
    later.run()
    player.play(0, WHOLE)
    player.set_volume(0.5, muted=False)
    made[0].advance(0.1)
    assert made[0].heard[-1][0, 0] == pytest.approx(0.25)
    player.set_volume(0.5, muted=True)
    made[0].advance(0.1)
    assert not made[0].heard[-1].any()


def test_the_volume_stays_from_one_file_to_the_next() -> None:
    player = SoundPlayer(Later())
    player.set_volume(0.5, muted=True)
    player.load(sound())
    assert player._feed is not None
    assert player._feed.gain == 0


def test_portaudio_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sounddevice", None)
    with pytest.raises(NoSound, match="PortAudio is not installed"):
        open_port_audio(48_000, 2, lambda out, at: None)
