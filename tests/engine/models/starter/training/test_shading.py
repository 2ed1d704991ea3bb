"""Light on the shapes: from above and from the left, and of no colour of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.models.starter.training.scene import COLOURS, SHAPES, Scene
from engine.models.starter.training.shading import shade
from engine.models.starter.training.world import render, signed_distance

RADIUS = 20.0
SPAN = torch.arange(-24, 25).float()
X, Y = SPAN[None, None, :].expand(1, 49, 49), SPAN[None, :, None].expand(1, 49, 49)
SCENE = Scene("red", "ball", 1, "still", "studio", "slow", RADIUS, 0.0, 0.0, 0.0)


def shaded(
    shape: str, colour: str = "red", material: str = "plastic"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(light, gloss, inside) of a shape, [Y, X]."""
    distance = signed_distance(shape, X, Y, RADIUS)
    scene = replace(SCENE, shape=shape, colour=colour, material=material)
    light, gloss = shade(scene, X, Y, distance)
    return light[0].numpy(), gloss[0].numpy(), (distance[0] < -2).numpy()


def mean(values: np.ndarray, where: np.ndarray) -> float:
    return float(values[where].mean())


@pytest.mark.parametrize("shape", SHAPES)
def test_what_faces_the_light_is_brighter(shape: str) -> None:
    light, _, inside = shaded(shape)
    towards = (X[0] + Y[0]).numpy()
    assert mean(light, inside & (towards < -4)) > mean(light, inside & (towards > 4)) + 0.03


@pytest.mark.parametrize("shape", SHAPES)
def test_light_stays_about_one_and_gloss_a_share(shape: str) -> None:
    light, gloss, inside = shaded(shape)
    assert 0.85 < mean(light, inside) < 1.1
    assert light[inside].min() > 0.5
    assert light[inside].max() < 1.3
    assert gloss.min() >= 0
    assert gloss.max() <= 0.75


def test_a_ball_is_glossy_at_one_place_on_the_side_of_the_light() -> None:
    _, gloss, _ = shaded("ball")
    row, column = np.unravel_index(gloss.argmax(), gloss.shape)
    assert row < 24
    assert column < 24
    assert (gloss > 0.4).mean() < 0.03


def test_the_outline_is_darker() -> None:
    distance = signed_distance("cube", X, Y, RADIUS)[0]
    light, _, inside = shaded("cube")
    assert light[(distance > -0.5) & (distance <= 0)].mean() < 0.8 * mean(light, inside)


def test_white_is_shaded_less() -> None:
    light, _, inside = shaded("triangle", "white")
    red, _, _ = shaded("triangle")
    assert np.ptp(light[inside]) == pytest.approx(0.3 * np.ptp(red[inside]), rel=0.01)


@pytest.mark.parametrize("shape", SHAPES)
def test_wood_is_matt_and_metal_shines(shape: str) -> None:
    plain, _, inside = shaded(shape)
    wooden, no_gloss, _ = shaded(shape, material="wood")
    assert no_gloss.max() == 0.0
    assert (wooden[inside] < 0.8 * plain[inside]).mean() > 0.1, "the lines of its grain"
    shining, gloss, _ = shaded(shape, material="metal")
    assert gloss[inside].max() > 0.45
    assert (shining[inside] < 0.8 * plain[inside]).mean() > 0.05, "what is dark around it"


@pytest.mark.parametrize("shape", ["ball", "ring"])
def test_of_what_is_round_and_turns_one_half_is_darker(shape: str) -> None:
    distance = signed_distance(shape, X, Y, RADIUS)
    still, spinning = (
        shade(replace(SCENE, shape=shape, motion=motion), X, Y, distance)[0][0]
        for motion in ("still", "spin")
    )
    share = (spinning / still)[distance[0] < -2]
    assert share.min() < 0.8
    assert share.max() == 1.0


def test_light_stays_while_the_subject_turns() -> None:
    """A star turned by a fifth is the same star in the same light; its grain is not."""
    fifth = torch.tensor(2 * np.pi / 5)
    turned = fifth.cos() * X + fifth.sin() * Y, fifth.cos() * Y - fifth.sin() * X
    for material, same in (("plastic", True), ("metal", True), ("wood", False)):
        star = replace(SCENE, shape="star", material=material)
        lights = [
            shade(star, *places, signed_distance("star", *places, RADIUS), turn)[0][0]
            for places, turn in (((X, Y), torch.zeros(1, 1, 1)), (turned, fifth.view(1, 1, 1)))
        ]
        apart = (lights[0] - lights[1]).abs()[signed_distance("star", X, Y, RADIUS)[0] < -2]
        assert bool(apart.mean() < 0.02) == same


@pytest.mark.parametrize("colour", COLOURS)
def test_shade_keeps_the_hue(colour: str) -> None:
    """Where nothing is cut off at 255, channels keep their proportions."""
    scene = replace(SCENE, shape="triangle", colour=colour, radius=9.0)
    picture = render(scene, 1, 128, 128)[0].numpy()
    dark, lit = picture[70, 72].astype(float), np.array(COLOURS[colour], dtype=float)
    assert np.allclose(dark / dark.sum(), lit / lit.sum(), atol=0.01)
    assert dark.sum() < 0.95 * lit.sum() + 50 * (colour == "white")
