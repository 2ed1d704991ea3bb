"""A number hidden in a sound is read again, whatever happens to the sound on its way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.trust.watermark.audio.mark import MIN_SECONDS, mark_audio
from engine.trust.watermark.audio.read import read_audio_mark
from engine.trust.watermark.keys import MarkKey
from engine.values import Audio
from tests.engine.trust.watermark.audio import sounds

KEY, OTHER = MarkKey(bytes(range(32))), MarkKey(bytes(32))
ID = 0xBEEF_CAFE_F00D


def read(audio: Audio, key: MarkKey = KEY) -> int | None:
    found = read_audio_mark(audio, key)
    return None if found is None else found.id


@pytest.fixture(scope="module")
def marked() -> dict[str, Audio]:
    kinds = ("pink", "tone", "drums", "speech")
    return {kind: mark_audio(sounds.sound(kind), id=ID, key=KEY) for kind in kinds}


@pytest.mark.parametrize("kind", ["pink", "tone", "drums", "speech"])
def test_the_number_survives_what_happens_to_sounds(marked: dict[str, Audio], kind: str) -> None:
    audio = marked[kind]
    assert read(audio) == ID
    assert read(sounds.coded(audio, "aac", 96_000)) == ID
    assert read(sounds.coded(audio, "libopus", 64_000)) == ID
    assert read(sounds.resampled(sounds.resampled(audio, 32_000), 48_000)) == ID
    assert read(sounds.scaled(sounds.cropped(audio, 1.0), 0.3)) == ID


def test_mixing_two_channels_down_leaves_it() -> None:
    two = mark_audio(sounds.stereo(sounds.sound("speech")), id=ID, key=KEY)
    assert read(two) == ID
    assert read(sounds.mixed_down(two)) == ID


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_every_usual_rate_carries_it(rate: int) -> None:
    assert read(mark_audio(sounds.sound("pink", rate=rate), id=ID, key=KEY)) == ID


def test_another_key_and_an_unmarked_sound_show_nothing(marked: dict[str, Audio]) -> None:
    assert read(marked["pink"], OTHER) is None
    assert read(sounds.sound("pink")) is None


def test_two_marks_of_two_keys_are_both_there(marked: dict[str, Audio]) -> None:
    both = mark_audio(marked["speech"], id=5, key=OTHER)
    assert (read(both), read(both, OTHER)) == (ID, 5)


def test_what_is_changed_lies_far_below_the_sound(marked: dict[str, Audio]) -> None:
    assert sounds.signal_to_noise(sounds.sound("pink"), marked["pink"]) > 25
    assert sounds.signal_to_noise(sounds.sound("tone"), marked["tone"]) > 30


def test_more_strength_stands_out_farther() -> None:
    weak = read_audio_mark(mark_audio(sounds.sound("pink"), id=1, key=KEY), KEY)
    strong = read_audio_mark(mark_audio(sounds.sound("pink"), id=1, key=KEY, strength=1.5), KEY)
    assert weak is not None
    assert strong is not None
    assert strong.confidence > weak.confidence


def test_the_same_sound_is_marked_the_same_way_without_touching_it() -> None:
    audio = sounds.sound("melody", seconds=MIN_SECONDS)
    before = audio.samples_CN.copy()
    first, second = (mark_audio(audio, id=3, key=KEY) for _ in range(2))
    np.testing.assert_array_equal(first.samples_CN, second.samples_CN)
    np.testing.assert_array_equal(audio.samples_CN, before)


@pytest.mark.parametrize("samples", [0, 1, 700])
def test_a_sound_shorter_than_a_slot_stays_as_it_is(samples: int) -> None:
    short = Audio(np.full((1, samples), 0.5, np.float32), 48_000)
    assert mark_audio(short, id=1, key=KEY).samples_CN.shape == (1, samples)
    assert read(short) is None


def test_what_is_no_number_does_no_harm() -> None:
    broken = sounds.sound("pink")
    samples = broken.samples_CN.copy()
    samples[0, 1000:1100] = np.nan
    made = mark_audio(replace(broken, samples_CN=samples), id=ID, key=KEY)
    assert np.isfinite(made.samples_CN).all()
    assert read(made) == ID
