"""Seen impacts against heard onsets: the world meets itself, and a delay is found out."""

from __future__ import annotations

import numpy as np
import pytest

from engine.models.starter.training.bounces import find_bounces
from engine.models.starter.training.looks import Look, look_at
from engine.models.starter.training.scene import Scene, draw_scenes
from engine.models.starter.training.sounds import impact_times, scene_sound
from engine.models.starter.training.sync import compare, in_time, meet
from engine.models.starter.training.world import render_batch


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [scene for scene in draw_scenes(80, seed=4) if scene.motion == "bounce"][:12]


@pytest.fixture(scope="module")
def world(scenes: list[Scene]) -> list[Look]:
    sounds = [scene_sound(scene, seed) for seed, scene in enumerate(scenes)]
    videos = render_batch(scenes).numpy()
    return [look_at(video, sound) for video, sound in zip(videos, sounds, strict=True)]


def compared(looks: list[Look], shift: float = 0.0) -> dict[str, object]:
    onsets = [look.onsets for look in looks if look.onsets is not None]
    return compare([look.impacts for look in looks], onsets, looks[0].seconds, shift)


def test_bounces_are_found_to_a_tenth_of_a_frame() -> None:
    time = np.arange(33.0)
    phase = (time - 7.3) / 12.0 % 1.0
    assert np.allclose(find_bounces(time, 40 - 60 * phase * (1 - phase)), [7.3, 19.3], atol=0.1)
    assert len(find_bounces(time, time)) == 0


def test_impacts_are_seen_and_heard_when_they_happen(
    scenes: list[Scene], world: list[Look]
) -> None:
    for scene, look in zip(scenes, world, strict=True):
        inner = [t for t in impact_times(scene) if 0.15 < t < 1.85]
        for found in (look.impacts, look.onsets):
            assert found is not None
            assert all(np.abs(found - moment).min() < 0.02 for moment in inner)


def test_the_world_is_in_time_and_late_sound_fails(world: list[Look]) -> None:
    right, late = compared(world), compared(world, shift=0.15)
    assert in_time(right)
    assert not in_time(late)
    assert right["within 50 ms"]["share"] == 1.0  # type: ignore[index]
    assert right["missed"] == right["extra"] == 0
    assert late["within 120 ms"]["share"] == 0.0  # type: ignore[index]
    assert 140 < float(str(late["median offset ms"])) < 155


def test_what_finds_no_partner_is_missed_or_extra() -> None:
    found = meet(np.array([0.5, 1.0]), np.array([0.52, 1.6]), seconds=2.0)
    assert found.offsets == pytest.approx((0.02,))
    assert (found.missed, found.extra) == (1, 1)
    assert meet(np.array([]), np.array([]), 2.0).offsets == ()
