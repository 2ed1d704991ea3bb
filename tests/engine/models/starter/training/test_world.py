"""The synthetic world: the same for the same seed, and seen rightly by the checker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from engine.models.starter.training.backdrops import paint_background
from engine.models.starter.training.checker import check_clip
from engine.models.starter.training.evaluate import score, wilson_interval
from engine.models.starter.training.scene import (
    BACKGROUNDS,
    BOUNCE_HEIGHTS,
    COLOURS,
    MOTIONS,
    SHAPES,
    Scene,
    draw_scenes,
    impact_shares,
    is_held_out,
    subject_centres,
)
from engine.models.starter.training.world import render, render_batch


def scene_of(**changes: object) -> Scene:
    plain = Scene("red", "ball", 1, "right", "studio", "fast", 9.0, 0.0, 0.0, 36.0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_a_seed_gives_the_same_pixels_again() -> None:
    first, second = (render_batch(draw_scenes(4, seed=3)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, render_batch(draw_scenes(4, seed=4)))


def test_clips_have_the_promised_shape() -> None:
    clip = render(scene_of())
    assert clip.shape == (33, 64, 64, 3)
    assert clip.dtype == torch.uint8
    assert render(scene_of(), num_frames=5, height=96, width=128).shape == (5, 96, 128, 3)


def test_a_part_of_a_clip_is_that_part_of_the_whole() -> None:
    assert torch.equal(render(scene_of(), part=slice(3, 8)), render(scene_of())[3:8])


def test_training_and_held_out_combinations_do_not_meet() -> None:
    assert all(not is_held_out(scene) for scene in draw_scenes(200, 1))
    assert all(is_held_out(scene) for scene in draw_scenes(50, 1, held_out=True))


def test_about_a_tenth_of_combinations_is_held_out() -> None:
    rng = [
        is_held_out(scene_of(colour=c, shape=s, motion=m, background=b, count=k))
        for c in COLOURS
        for s in SHAPES
        for m in MOTIONS
        for b in BACKGROUNDS
        for k in (1, 2, 3)
    ]
    assert 0.08 < np.mean(rng) < 0.12


@pytest.mark.parametrize("motion", [motion for motion in MOTIONS if motion != "bounce"])
def test_the_path_crosses_the_middle_in_the_named_direction(motion: str) -> None:
    track = subject_centres(scene_of(motion=motion), 33).mean(axis=1)
    assert np.allclose(track[16], 32.0)
    assert np.allclose(track[-1] - track[0], 36.0 * np.array(MOTIONS[motion]))


def test_a_bouncing_subject_is_lowest_when_it_hits_its_floor() -> None:
    scene = scene_of(motion="bounce", impact=0.25, beat=0.5)
    assert np.allclose(impact_shares(scene), [0.25, 0.75])
    track = subject_centres(scene, 33).mean(axis=1)
    assert np.allclose(track[[8, 24], 1], track[:, 1].max())
    assert np.allclose(track[:, 0], 32.0)
    assert np.isclose(track[:, 1].max() - track[16, 1], BOUNCE_HEIGHTS["fast"])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("motion", MOTIONS)
def test_neighbours_stand_clear_of_each_other(shape: str, motion: str) -> None:
    """At least two pixels of plain background lie between them, whichever way the row goes."""
    scene = scene_of(shape=shape, motion=motion, count=2, radius=7.3, beat=0.5)
    frame = render(scene, num_frames=3)[1].float().numpy()
    labels, parts = ndimage.label(np.abs(frame - paint_background("studio")).max(2) > 3)
    assert parts == 2
    away = ndimage.distance_transform_edt(labels != 1)
    assert away[labels == 2].min() > 2


def test_the_checker_sees_what_was_rendered() -> None:
    scenes = draw_scenes(96, seed=8, held_out=True)
    table = score([check_clip(clip) for clip in render_batch(scenes).numpy()], scenes)
    for name in ("colour", "motion", "background", "count", "speed"):
        assert table[name]["share"] >= 0.99, name
    assert table["shape"]["share"] >= 0.97


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_colour_is_told_from_every_background(colour: str, background: str) -> None:
    scene = scene_of(colour=colour, background=background)
    found = check_clip(render(scene, num_frames=9).numpy())
    assert (found.colour, found.background, found.motion) == (colour, background, "right")


def test_the_checker_works_on_larger_pictures() -> None:
    scene = scene_of(shape="star", motion="up left", background="meadow")
    found = check_clip(render(scene, num_frames=9, height=128, width=128).numpy())
    assert all(found.agrees(scene).values())


def test_shuffled_prompts_score_chance() -> None:
    scenes = draw_scenes(60, seed=8)
    found = [check_clip(clip) for clip in render_batch(scenes).numpy()]
    table = score(found, scenes[1:] + scenes[:1])
    assert table["colour"]["share"] < 0.3
    assert table["motion"]["share"] < 0.3


def test_noise_is_no_background() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3), dtype=np.uint8)
    assert check_clip(noise).background is None


def test_an_empty_background_has_no_subject() -> None:
    empty = np.repeat(paint_background("sea").round().astype(np.uint8)[None], 9, axis=0)
    found = check_clip(empty)
    assert found.background == "sea"
    assert found.colour is None
    assert found.motion is None


def test_a_jumping_subject_has_no_direction() -> None:
    clip = render(scene_of()).numpy()
    jumbled = clip[np.random.default_rng(1).permutation(33)]
    assert check_clip(jumbled).motion is None


def test_wilson_interval_matches_the_known_value() -> None:
    low, high = wilson_interval(90, 100)
    assert low == pytest.approx(0.8256, abs=1e-3)
    assert high == pytest.approx(0.9448, abs=1e-3)
