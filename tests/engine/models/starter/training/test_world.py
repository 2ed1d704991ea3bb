"""The synthetic world: the same for the same seed, and seen rightly by the checker."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from engine.models.starter.training.backdrops import paint_background
from engine.models.starter.training.checker import Finding, check_clip
from engine.models.starter.training.evaluate import score, wilson_interval
from engine.models.starter.training.scene import (
    BACKGROUNDS,
    CAMERAS,
    COLOURS,
    GROUNDED,
    MATERIALS,
    MOTIONS,
    PLAIN,
    RADII,
    SHAPES,
    SIZES,
    VARIED,
    WIDER,
    Extent,
    Scene,
    draw_scenes,
    is_held_out,
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


def test_the_checker_sees_all_of_the_wider_world() -> None:
    scenes = draw_scenes(96, seed=8, held_out=True, extent=WIDER)
    found = [check_clip(clip, extent=WIDER) for clip in render_batch(scenes).numpy()]
    for name in (field.name for field in fields(Finding)):
        right = [getattr(f, name) == getattr(s, name) for f, s in zip(found, scenes, strict=True)]
        assert np.mean(right) >= 0.95, name


def test_the_plain_world_is_drawn_as_if_there_were_nothing_more() -> None:
    for scene in draw_scenes(50, seed=1, extent=PLAIN):
        assert (scene.size, scene.material, scene.camera) == ("medium", "plastic", "still")
        assert not scene.shadow
        assert scene.motion not in ("spin", "orbit", "roll left", "roll right")


@pytest.mark.parametrize("extent", [PLAIN, VARIED, WIDER])
def test_an_extent_says_how_often_each_thing_is_drawn(extent: Extent) -> None:
    for weights, names in (
        (extent.motions, MOTIONS),
        (extent.sizes, SIZES),
        (extent.materials, MATERIALS),
        (extent.cameras, CAMERAS),
    ):
        assert len(weights) == len(names)
        assert sum(weights) == pytest.approx(1.0)


def test_what_cannot_be_shown_is_not_drawn() -> None:
    scenes = draw_scenes(600, seed=1, extent=WIDER)
    assert {s.size for s in scenes if s.count == 3} == {"medium"}
    pans = {s.background for s in scenes if s.camera.startswith("pan")}
    assert pans == set(BACKGROUNDS) - {"sea", "studio"}
    assert {s.size for s in scenes} == set(SIZES)
    assert {s.motion for s in scenes} == set(MOTIONS)
    assert all(s.shadow == (s.motion in GROUNDED) for s in scenes)


@pytest.mark.parametrize("material", MATERIALS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_material_is_seen_on_every_shape(shape: str, material: str) -> None:
    scene = scene_of(shape=shape, material=material)
    assert check_clip(render(scene, num_frames=9).numpy(), extent=WIDER).material == material


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("background", ["night", "sunset", "meadow", "desert"])
def test_a_camera_is_seen_before_every_background(background: str, camera: str) -> None:
    scene = scene_of(background=background, camera=camera, motion="up")
    found = check_clip(render(scene).numpy())
    assert (found.background, found.camera, found.motion) == (background, camera, "up")


@pytest.mark.parametrize("speed", ["slow", "fast"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("motion", ["roll left", "roll right", "spin", "still", "left", "right"])
def test_what_turns_is_told_from_what_does_not(motion: str, shape: str, speed: str) -> None:
    travels = {"slow": 20.0, "fast": 36.0}[speed] if "left" in motion or "right" in motion else 0.0
    scene = scene_of(motion=motion, shape=shape, speed=speed, travel=travels)
    found = check_clip(render(scene).numpy())
    assert (found.motion, found.speed) == (motion, "slow" if motion == "still" else speed)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_going_around_is_seen_whether_alone_or_with_others(count: int) -> None:
    scene = scene_of(motion="orbit", count=count, radius=7.3, travel=0.0)
    found = check_clip(render(scene).numpy())
    assert (found.motion, found.speed, found.count) == ("orbit", "fast", count)


@pytest.mark.parametrize("camera", ["still", "zoom in", "zoom out"])
@pytest.mark.parametrize("size", SIZES)
def test_size_is_the_worlds_however_near_the_camera_is(size: str, camera: str) -> None:
    for radius in RADII[size][1]:
        scene = scene_of(size=size, radius=radius, motion="still", travel=0.0, camera=camera)
        assert check_clip(render(scene).numpy()).size == size


def test_a_shadow_is_no_part_of_what_casts_it() -> None:
    scene = scene_of(motion="bounce", travel=0.0, impact=0.25, beat=0.5, background="desert")
    clip = render(replace(scene, shadow=True))
    flying = render(scene)
    at = (48, 26)  # on the floor, below the subject
    assert clip[16][at].float().mean() < 0.95 * flying[16][at].float().mean()
    found = check_clip(clip.numpy())
    assert (found.shape, found.count, found.size, found.motion) == ("ball", 1, "medium", "bounce")


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


def test_parts_that_come_and_go_are_judged_without_a_crash() -> None:
    """One part in half of the frames and three in the others: no frame has the median's two."""
    one, three = (
        render(scene_of(motion="still", travel=0.0, count=count, radius=7.3), num_frames=8).numpy()
        for count in (1, 3)
    )
    found = check_clip(np.concatenate([one, three]))
    assert (found.count, found.motion) == (2, "still")


def test_wilson_interval_matches_the_known_value() -> None:
    low, high = wilson_interval(90, 100)
    assert low == pytest.approx(0.8256, abs=1e-3)
    assert high == pytest.approx(0.9448, abs=1e-3)
