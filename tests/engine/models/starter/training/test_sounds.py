"""The world's sounds: as long as the picture, struck when it strikes, tuned to the shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.models.starter.synthesis import RATE, note_frequency
from engine.models.starter.training.scene import BACKGROUNDS, SHAPES, Scene
from engine.models.starter.training.sounds import (
    TONES,
    decay_seconds,
    impact_times,
    num_samples,
    scene_sound,
)

BOUNCE = Scene("red", "ball", 1, "bounce", "studio", "slow", 8.0, 0.0, 0.0, 0.0, 0.25, 0.5)


def test_a_sound_lasts_as_long_as_its_frames_and_its_seed_decides_it() -> None:
    sound = scene_sound(BOUNCE, seed=3)
    assert sound.dtype == np.float32
    assert len(sound) == num_samples() == 33 * 1000
    assert np.array_equal(sound, scene_sound(BOUNCE, seed=3))
    assert not np.array_equal(sound, scene_sound(BOUNCE, seed=4))


def test_impacts_are_the_loudest_moments() -> None:
    sound = np.abs(scene_sound(BOUNCE, seed=1))
    for moment in impact_times(BOUNCE):
        at = round(moment * RATE)
        assert sound[at : at + 300].max() > 8 * sound[at - 900 : at - 100].max()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_pitch_is_the_shapes(shape: str) -> None:
    sound = scene_sound(replace(BOUNCE, shape=shape), seed=1)
    at = round(impact_times(BOUNCE)[0] * RATE) + 400
    spectrum = np.abs(np.fft.rfft(sound[at : at + 4096] * np.hanning(4096)))
    assert spectrum.argmax() * RATE / 4096 == pytest.approx(
        note_frequency(TONES[shape][0]), rel=0.03
    )


def test_larger_subjects_ring_longer() -> None:
    assert decay_seconds(replace(BOUNCE, radius=10.0)) > decay_seconds(replace(BOUNCE, radius=7.0))


def test_every_place_is_heard_and_none_is_loud() -> None:
    for background in BACKGROUNDS:
        still = replace(BOUNCE, motion="still", background=background)
        loudness = float(np.sqrt(np.square(scene_sound(still, seed=1)).mean()))
        assert 0.002 < loudness < 0.05
