"""What is seen of the waves is what a float64 sum over the video's pixels says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.trust.watermark.video.motion import Plane
from engine.trust.watermark.video.pattern import TILES, waves
from engine.trust.watermark.video.sight import Sight, evened, mirrored

SOME = 23  # of the waves: the others are found in the same way
LIES = [(5.0, 0.0), (4.31, 0.0), (3.7, 3.0), (5.1, -4.5)]


def planes(height: int, width: int, count: int = 3) -> list[Plane]:
    rng = np.random.default_rng(5)
    return [rng.standard_normal((height, width)).astype(np.float32) for _ in range(count)]


def summed(plane: Plane, tiles: float, turn: float) -> NDArray[np.complex128]:
    """Some of the plane's waves, pixel by pixel about its middle."""
    height, width = plane.shape
    y, x = np.mgrid[:height, :width].astype(np.float64)
    y, x = y - height // 2, x - width // 2
    step, angle = tiles / max(height, width), np.radians(turn)
    rows, columns = (each[::SOME] for each in waves())
    back_y = np.cos(angle) * y + np.sin(angle) * x  # of a video that is turned back
    back_x = np.cos(angle) * x - np.sin(angle) * y
    down, across = (np.exp(-2j * np.pi * step * place).ravel() for place in (back_y, back_x))
    return np.array(
        [
            (plane.ravel() * down**row * across**column).sum()
            for row, column in zip(rows, columns, strict=True)
        ]
    )


@pytest.mark.parametrize("shape", [(216, 384), (384, 200), (3, 384)])
def test_waves_are_what_a_sum_over_all_pixels_says(shape: tuple[int, int]) -> None:
    seen = planes(*shape)
    tiles, turns = (np.array(each) for each in zip(*LIES, strict=True))
    found_LKW = Sight(seen, TILES * 1.04).waves_of(tiles, turns)
    for found_KW, lie in zip(found_LKW, LIES, strict=True):
        for found_W, plane in zip(found_KW, seen, strict=True):
            true_W = summed(plane, *lie)
            assert np.linalg.norm(found_W[::SOME] - true_W) < 0.1 * np.linalg.norm(true_W)


def test_a_mirror_image_is_seen_in_the_same_waves() -> None:
    """Of an odd width, so that the middle stays where it is."""
    seen = planes(215, 383)
    turned = np.array([5.0, 4.2]), np.array([0.0, -3.0])
    other_way = turned[0], -turned[1]
    image = Sight([plane[:, ::-1] for plane in seen], 5.2).waves_of(*other_way)
    made = mirrored(Sight(seen, 5.2).waves_of(*turned))
    assert np.linalg.norm(made - image) < 1e-5 * np.linalg.norm(image)


def test_what_all_segments_share_is_taken_away_and_what_one_has_stays() -> None:
    rng = np.random.default_rng(2)
    count = len(waves().rows)
    shared, own = (rng.standard_normal(count) + 1j * rng.standard_normal(count) for _ in range(2))
    seen_LKW = np.repeat((3 * shared)[None, None].astype(np.complex64), 4, axis=1)
    seen_LKW[0, 2] += own
    seen_LKW += 0.1 * (
        rng.standard_normal(seen_LKW.shape) + 1j * rng.standard_normal(seen_LKW.shape)
    )

    def likeness(a: NDArray[np.complex64], b: NDArray[np.complex128]) -> float:
        return float(np.abs(np.vdot(a, b)) / np.linalg.norm(a) / np.linalg.norm(b))

    kept, freed = (evened(seen_LKW, alone)[0, 2] for alone in (False, True))
    assert likeness(kept, shared) > 0.8
    assert likeness(freed, own) > 0.8
    assert likeness(freed, shared) < 0.2
    assert likeness(kept, own) < 0.4
