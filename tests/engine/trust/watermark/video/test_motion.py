"""The scene is taken from before what stands still, and only where it moves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.trust.watermark.video.motion import sum_of_what_stands, way_between

Plane = NDArray[np.float32]
RNG = np.random.default_rng(3)
WIDE = cv2.GaussianBlur(RNG.normal(0, 300, (200, 400)).astype(np.float32), (0, 0), 3) + 128
GLASS = cv2.GaussianBlur(RNG.normal(0, 20, (160, 240)).astype(np.float32), (0, 0), 1.5)


def view(x: float, y: float = 5.0) -> Plane:
    """What a camera shows of the wide scene."""
    matrix = np.array([[1, 0, -x], [0, 1, -y]])
    return np.asarray(cv2.warpAffine(WIDE, matrix, (240, 160), flags=cv2.INTER_CUBIC), np.float32)


@pytest.mark.parametrize(("across", "down"), [(3.0, 0.0), (1.5, 1.0), (-2.25, 0.5)])
def test_the_way_of_a_camera_is_followed(across: float, down: float) -> None:
    way = way_between(view(50), view(50 + across, 5 + down))
    assert way is not None
    assert np.allclose(way, [[1, 0, -across], [0, 1, -down]], atol=0.05)


def test_another_shot_has_no_way_to_it() -> None:
    assert way_between(view(20), 255 - view(20)) is None


def test_a_picture_without_corners_stands_still() -> None:
    flat = np.full((160, 240), 90, np.float32)
    assert np.array_equal(way_between(flat, flat + 2), np.eye(2, 3))


def test_what_stands_before_a_scene_that_moves_is_left() -> None:
    ways = [np.array([[1, 0, -3.0], [0, 1, 0]])] * 11
    scenes = [view(40 + 3 * number) - 128 for number in range(12)]
    seen = sum_of_what_stands([scene + GLASS for scene in scenes], ways)
    scene = sum_of_what_stands(scenes, ways)
    inside = np.s_[10:-10, 40:-40]
    assert scene[inside].std() < 0.02 * np.sum(scenes, axis=0)[inside].std()
    assert np.corrcoef(seen[inside].ravel(), GLASS[inside].ravel())[0, 1] > 0.9


@pytest.mark.parametrize("step", [0.1, 20.0])
def test_a_scene_that_hardly_moves_or_rushes_by_is_summed_as_it_is(step: float) -> None:
    ways = [np.array([[1, 0, -step], [0, 1, 0]])] * 5
    frames = [view(20 + number) for number in range(6)]
    assert np.array_equal(sum_of_what_stands(frames, ways), np.sum(frames, axis=0))
