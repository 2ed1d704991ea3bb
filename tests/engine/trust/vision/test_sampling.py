"""Frames are chosen where scenes change, then evenly, and never more than asked for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from engine.trust.vision.sampling import Sampler, sampled
from tests.engine.trust.vision.tiny import Video, clip_of, scenes

FPS = Fraction(8)


def numbers(video: Video, most: int) -> list[int]:
    clip = clip_of(video)
    return [sample.number for sample in sampled(clip, clip.frames, clip.fps, most=most)]


def test_every_scene_of_a_cut_video_is_seen_from_its_first_frame() -> None:
    found = numbers(scenes(20, 200, 90, 160), 8)
    assert {0, 10, 20, 30} <= set(found)
    assert len(found) == 8


def test_a_still_video_is_seen_evenly() -> None:
    found = numbers(scenes(90, each=80), 8)
    gaps = np.diff([*found, 80])
    assert len(found) == 8
    assert gaps.max() <= 20


def test_a_scene_of_one_frame_is_seen() -> None:
    video = scenes(90, each=200)
    video[117] = 250
    assert 117 in numbers(video, 8)


def test_a_slow_dissolve_is_a_change() -> None:
    video = np.linspace(10, 240, 60).astype(np.uint8)[:, None, None, None] + np.zeros(
        (60, 32, 32, 3), np.uint8
    )
    clip = clip_of(video)
    found = sampled(clip, 60, FPS, most=8)
    assert sum(sample.change > 0 for sample in found) >= 4


def test_a_flicker_cannot_hide_the_rest() -> None:
    video = scenes(90, each=160)
    video[0:40:2] = 250
    found = numbers(video, 8)
    assert len(found) == 8
    assert sum(number >= 40 for number in found) >= 1


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_a_short_video_is_seen_whole(frames: int) -> None:
    assert numbers(scenes(90, each=frames), 16) == list(range(frames))


def test_a_kept_frame_is_small_and_its_own() -> None:
    video = scenes(90, each=4, size=64)
    sampler = Sampler(4, FPS, side=16)
    sampler.see(video)
    before = sampler.samples()[0].first.copy()
    video[:] = 0
    assert before.shape == (16, 16, 3)
    assert (sampler.samples()[0].first == before).all()


def test_a_window_holds_frames_in_a_row_and_is_cut_short_at_the_end() -> None:
    video = scenes(20, 200, each=20)
    sampler = Sampler(40, FPS, most=4, length=4, apart=0.25)
    for start in range(0, 40, 7):
        sampler.see(video[start : start + 7])
    found = {sample.number: sample for sample in sampler.samples()}
    assert [int(frame.mean()) // 10 for frame in found[20].frames] == [20] * 4
    video[37] = 0
    late = Sampler(40, FPS, most=4, length=4, apart=0.25)
    late.see(video)
    cut = next(sample for sample in late.samples() if sample.number == 37)
    assert len(cut.frames) == 2


def test_where_a_sample_lies_is_told_in_seconds() -> None:
    clip = clip_of(scenes(20, 200))
    assert {0.0, 1.25} <= {sample.seconds for sample in sampled(clip, 20, FPS, most=4)}
