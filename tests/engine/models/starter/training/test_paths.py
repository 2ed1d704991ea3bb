"""Where things are in a scene: paths cross the middle, turns roll without sliding, views invert."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.models.starter.training.backdrops import paint_background, paint_clip
from engine.models.starter.training.paths import (
    BOUNCE_HEIGHTS,
    ORBITS,
    SPINS,
    impact_shares,
    subject_centres,
    subject_turns,
    view,
    world_centres,
)
from engine.models.starter.training.scene import CAMERAS, GROUNDED, MOTIONS, Scene

MOVING = Scene("red", "ball", 1, "right", "studio", "fast", 9.0, 0.0, 0.0, 36.0)


def of(**changes: object) -> Scene:
    return replace(MOVING, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("motion", [name for name in MOTIONS if name not in (*GROUNDED, "orbit")])
def test_the_path_crosses_the_middle_in_the_named_direction(motion: str) -> None:
    track = subject_centres(of(motion=motion), 33).mean(axis=1)
    assert np.allclose(track[16], 32.0)
    assert np.allclose(track[-1] - track[0], 36.0 * np.array(MOTIONS[motion]))


def test_a_bouncing_subject_is_lowest_when_it_hits_its_floor() -> None:
    scene = of(motion="bounce", travel=0.0, impact=0.25, beat=0.5)
    assert np.allclose(impact_shares(scene), [0.25, 0.75])
    track = subject_centres(scene, 33).mean(axis=1)
    assert np.allclose(track[[8, 24], 1], track[:, 1].max())
    assert np.allclose(track[:, 0], 32.0)
    assert np.isclose(track[:, 1].max() - track[16, 1], BOUNCE_HEIGHTS["fast"])


@pytest.mark.parametrize(("motion", "way"), [("roll left", -1), ("roll right", 1)])
def test_what_rolls_does_not_slide(motion: str, way: int) -> None:
    scene = of(motion=motion)
    went = np.diff(subject_centres(scene, 33)[:, 0, 0])
    assert np.allclose(np.diff(subject_turns(scene, 33)) * scene.radius, went)
    assert (np.sign(went) == way).all()


def test_what_spins_stays_where_it_is_and_turns_as_often_as_told() -> None:
    scene = of(motion="spin", travel=0.0, speed="slow")
    assert np.ptp(subject_centres(scene, 33), axis=0).max() == 0.0
    assert np.isclose(np.ptp(subject_turns(scene, 33)), 2 * np.pi * SPINS["slow"])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_those_that_circle_stay_opposite_each_other(count: int) -> None:
    centres_TK2 = world_centres(of(motion="orbit", count=count), 33) - 32.0
    away = np.hypot(centres_TK2[..., 0], centres_TK2[..., 1])
    assert np.ptp(away) < 1e-9
    angle = np.unwrap(np.arctan2(centres_TK2[:, 0, 1], centres_TK2[:, 0, 0]))
    assert np.isclose(angle[-1] - angle[0], 2 * np.pi * ORBITS["fast"])
    if count > 1:
        assert np.abs(centres_TK2.mean(1)).max() < 1e-9


@pytest.mark.parametrize("camera", CAMERAS)
def test_what_is_seen_leads_back_to_the_world(camera: str) -> None:
    seen = view(camera, 9)
    places = np.random.default_rng(0).uniform(0.0, 64.0, (9, 2, 2))
    assert np.allclose(seen.world(seen.seen(places)), places)
    assert np.allclose(seen.seen(places)[4], places[4]), "at mid clip it is as without a camera"


def test_things_go_left_when_the_camera_pans_right_and_grow_when_it_zooms_in() -> None:
    still = of(motion="still", travel=0.0, offset_x=3.0)
    panned = subject_centres(replace(still, camera="pan right"), 33)[:, 0, 0]
    assert np.isclose(panned[0] - panned[-1], 12.0)
    zoomed = subject_centres(replace(still, camera="zoom in"), 33)[:, 0, 0] - 32.0
    assert np.isclose(zoomed[-1] / zoomed[0], 1.3)


def test_the_background_goes_with_the_camera() -> None:
    clip = paint_clip("night", "pan right", 33)
    assert np.array_equal(clip[16], paint_background("night"))
    # Twelve pixels between the first frame and the last.
    assert np.abs(clip[0][:, 12:] - clip[-1][:, :-12]).mean() < 0.5
    assert np.abs(clip[0] - clip[-1]).mean() > 2.0
    assert np.array_equal(paint_clip("sea", "still", 3)[2], paint_background("sea"))
