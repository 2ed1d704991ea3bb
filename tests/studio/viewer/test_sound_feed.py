"""Sound in memory, handed out block by block."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.media.write_audio import write_audio
from engine.values import Audio
from studio.viewer.sound_feed import Sound, SoundFeed, Stretch, load_sound, peaks_of
from tests.studio.viewer.conftest import tone, write_numbered

RATE = 1000


def counting(samples: int = 1000) -> SoundFeed:
    """Each sample's value is its number."""
    wave = np.arange(samples, dtype=np.float32)
    return SoundFeed(Sound(np.stack([wave, wave], axis=1), RATE))


def block(feed: SoundFeed, heard_at: float, size: int = 10) -> list[int]:
    out = np.full((size, 2), -1, np.float32)
    feed.fill(out, heard_at)
    return [int(value) for value in out[:, 0]]


def test_it_is_silent_until_it_is_told_to_play() -> None:
    feed = counting()
    assert block(feed, 0) == [0] * 10
    assert feed.heard(1) is None


def test_it_plays_from_a_moment_on() -> None:
    feed = counting()
    feed.cue(0.1, Stretch(0, 1, loop=False))
    assert block(feed, 0) == list(range(100, 110))
    assert block(feed, 0.01) == list(range(110, 120))


def test_a_loop_is_cut_at_the_very_sample() -> None:
    feed = counting()
    feed.cue(0.395, Stretch(0.2, 0.4, loop=True))
    assert block(feed, 0) == [395, 396, 397, 398, 399, 200, 201, 202, 203, 204]


def test_a_loop_shorter_than_a_block_goes_round_in_it() -> None:
    feed = counting()
    feed.cue(0, Stretch(0, 0.004, loop=True))
    assert block(feed, 0) == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]


def test_after_the_end_comes_silence() -> None:
    feed = counting()
    feed.cue(0.495, Stretch(0, 0.5, loop=False))
    assert block(feed, 0) == [495, 496, 497, 498, 499, 0, 0, 0, 0, 0]
    assert block(feed, 0.01) == [0] * 10


def test_a_loop_longer_than_the_sound_ends_with_silence() -> None:
    feed = counting(samples=100)
    feed.cue(0.095, Stretch(0, 0.11, loop=True))
    assert block(feed, 0, 20) == [95, 96, 97, 98, 99, *([0] * 10), 0, 1, 2, 3, 4]


def test_what_is_heard_follows_the_device_s_clock() -> None:
    feed = counting()
    feed.cue(0.1, Stretch(0, 1, loop=False))
    block(feed, heard_at=5.0)
    block(feed, heard_at=5.01)
    assert feed.heard(4.9) is None
    assert feed.heard(5.0) == pytest.approx(0.1)
    assert feed.heard(5.013) == pytest.approx(0.113)


def test_what_is_heard_goes_round_with_the_loop() -> None:
    feed = counting()
    feed.cue(0.395, Stretch(0.2, 0.4, loop=True))
    block(feed, heard_at=5.0)
    block(feed, heard_at=5.01)
    assert feed.heard(5.004) == pytest.approx(0.399)
    assert feed.heard(5.006) == pytest.approx(0.201)


def test_a_jump_is_heard_from_its_own_block_on() -> None:
    feed = counting()
    feed.cue(0.1, Stretch(0, 1, loop=False))
    block(feed, 5.0)
    feed.cue(0.7, Stretch(0, 1, loop=False))
    assert feed.heard(5.005) is None
    block(feed, 5.01)
    assert feed.heard(5.012) == pytest.approx(0.702)


def test_the_gain_is_applied() -> None:
    feed = counting()
    feed.gain = 0.5
    feed.cue(0.1, Stretch(0, 1, loop=False))
    assert block(feed, 0)[:2] == [50, 50]


def test_peaks_are_the_extremes_of_each_part() -> None:
    wave = np.array([[0, 0.5], [-1, 0], [0.25, 0.25], [0, 0]], np.float32)
    assert peaks_of(wave, 2) == ((-1.0, 0.5), (0.0, 0.25))


def test_short_sounds_have_fewer_peaks() -> None:
    assert len(peaks_of(np.zeros((3, 1), np.float32), 100)) == 3
    assert peaks_of(np.zeros((0, 1), np.float32)) == ()


def test_the_sound_of_a_video_is_read_from_its_first_picture_on(video: Path) -> None:
    sound = load_sound(video, Fraction(0))
    assert sound is not None
    assert sound.seconds == pytest.approx(2.5, abs=0.05)
    assert sound.samples_NC.shape[1] == 2
    assert len(sound.peaks) == 1000


def test_a_video_without_sound_has_none(tmp_path: Path) -> None:
    assert load_sound(write_numbered(tmp_path / "quiet.mp4", 5), Fraction(0)) is None


@pytest.mark.parametrize("suffix", ["wav", "mp3", "ogg"])
def test_sound_files_are_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_audio(tone(1.0), path)
    sound = load_sound(path, None)
    assert sound is not None
    assert sound.seconds == pytest.approx(1.0, abs=0.1)


def test_mono_stays_mono(tmp_path: Path) -> None:
    wave: NDArray[np.float32] = np.zeros((1, 4800), np.float32)
    write_audio(Audio(wave, 48_000), tmp_path / "m.wav")
    sound = load_sound(tmp_path / "m.wav", None)
    assert sound is not None
    assert sound.samples_NC.shape == (4800, 1)
