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


def test_metal_rings_longer_than_plastic_and_wood_is_dull() -> None:
    metal, plastic, wood = (
        decay_seconds(replace(BOUNCE, material=material))
        for material in ("metal", "plastic", "wood")
    )
    assert metal > 2 * plastic > 3 * wood


def test_what_rolls_rumbles_and_metal_higher_than_wood() -> None:
    still = replace(BOUNCE, motion="still")
    loudness, heights = [], []
    for material in ("wood", "plastic", "metal"):
        rolls = replace(still, motion="roll left", travel=20.0, material=material)
        sound = scene_sound(rolls, seed=1)
        power = np.square(np.abs(np.fft.rfft(sound)))
        heights.append(float((power * np.fft.rfftfreq(len(sound), 1 / RATE)).sum() / power.sum()))
        loudness.append(float(np.sqrt(np.square(sound).mean())))
    assert min(loudness) > 2 * float(np.sqrt(np.square(scene_sound(still, seed=1)).mean()))
    assert heights[0] < heights[1] < heights[2]
