"""In which places of a frame the pattern is laid."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.video.mark import STRONGEST, USUAL, mark_frames
from engine.trust.watermark.video.pattern import TILES
from engine.trust.watermark.video.places import EVERYWHERE, Laying, laying_for, patches, shares
from tests.engine.trust.watermark.scenes import Size, Video, footage

KEY = MarkKey(bytes(range(32)))
FPS = Fraction(24)


def laying(frame: np.ndarray) -> Laying:
    return laying_for(frame, shares(frame))


def added(video: Video, strength: float = USUAL) -> np.ndarray:
    made = next(mark_frames(iter([video]), id=7, key=KEY, fps=FPS, strength=strength))
    return made[..., 0].astype(float) - video[..., 0]


def test_plain_pictures_need_the_least_and_pages_of_text_the_most() -> None:
    size = Size(360, 640)
    grey = np.full((*size, 3), 128, np.uint8)
    text, photograph = footage(7, size, 1)[0], footage(0, size, 1)[0]
    assert laying(grey).part == pytest.approx(0.3)
    assert laying(text).part >= 0.5
    assert 0.3 < laying(photograph).part < 0.6


def test_grain_takes_more_of_the_pattern_and_faint_noise_does_not() -> None:
    noise = np.random.default_rng(3).normal(0, 1, (360, 640, 1)) * [1, 1, 1]
    grainy = [np.rint(128 + level * noise).astype(np.uint8) for level in (1.5, 5.0)]
    parts = [laying(frame).part for frame in grainy]
    assert parts[0] == pytest.approx(0.3)
    assert parts[1] == pytest.approx(0.6)


def test_pictures_rich_in_detail_are_marked_everywhere_and_more_faintly() -> None:
    rich = footage(10, Size(360, 640), 1)[0]
    lies = laying(rich)
    assert lies.part == EVERYWHERE.part
    assert lies.stronger < EVERYWHERE.stronger
    added_there = added(np.stack([rich, rich]))[1]
    assert np.square(added_there).mean() ** 0.5 == pytest.approx(lies.stronger * USUAL, rel=0.1)


@pytest.mark.parametrize("part", [0.3, 0.45, 0.6])
@pytest.mark.parametrize("size", [Size(360, 640), Size(640, 360), Size(72, 128)])
def test_patches_take_their_part_of_the_frame_and_of_any_half_of_it(
    size: Size, part: float
) -> None:
    laid = patches(*size, part)
    assert laid.shape == size
    assert laid.min() >= 0
    assert laid.max() <= 1
    assert laid.mean() == pytest.approx(part, abs=0.03)
    height, width = size.height // 2, size.width // 2
    for top in (0, height // 2, height):
        for left in (0, width // 2, width):
            half = laid[top : top + height, left : left + width]
            assert half.mean() == pytest.approx(part, abs=0.08)


def test_patches_leave_no_part_of_the_tile_out() -> None:
    laid = patches(640, 640, 0.3)
    side = 640 // TILES
    over_each_other = laid.reshape(TILES, side, TILES, side).mean((0, 2))
    assert over_each_other.min() > 0.1
    assert over_each_other.max() < 0.5


def test_between_the_patches_nothing_is_added_and_in_them_more() -> None:
    grey = np.full((2, 720, 1280, 3), 128, np.uint8)
    laid = np.kron(patches(360, 640, 0.3), np.ones((2, 2)))
    usual, everywhere = added(grey)[1], added(grey, STRONGEST)[1]
    assert np.abs(usual[laid == 0]).max() == 0
    there = laid == 1
    assert usual[there].std() / everywhere[there].std() == pytest.approx(
        laying(grey[0]).stronger * USUAL / STRONGEST, rel=0.1
    )
    assert everywhere[laid == 0].std() == pytest.approx(everywhere[there].std(), rel=0.2)


def test_each_shot_gets_the_part_that_it_needs() -> None:
    size = Size(360, 640)
    grey = np.full((4, *size, 3), 128, np.uint8)
    text = footage(7, size, 4)
    told = [np.abs(each).mean() for each in added(np.concatenate([grey, text, grey]))]
    parts = [np.mean(each != 0) for each in added(np.concatenate([grey, text, grey]))]
    assert parts[1] == pytest.approx(parts[9], rel=0.1)
    assert parts[5] > 1.3 * parts[1]
    assert min(told) > 0
