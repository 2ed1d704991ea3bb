"""A copy is its material seen through a view and blurred; one small thing that is another tells."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.trust.takedown.alignment import View, aligned, fields_seen
from engine.trust.takedown.frame_signs import shrunk
from engine.trust.takedown.layout import FIELDS, layout
from engine.trust.takedown.likeness import unlikeness
from engine.trust.takedown.placing import MOST, MOST_SHARE
from tests.engine.trust.takedown.clips import Video, encoded, scaled, textured

WHOLE = (1.0, 0.0, 0.0)


def levels(kept: Video, shown: Video, window: tuple[float, float, float] = WHOLE) -> float:
    mosaics = np.stack([layout(frame) for frame in kept])
    return unlikeness(mosaics, np.stack([shrunk(frame) for frame in shown]), window).levels


def with_thing(colour: tuple[int, int, int], corners: int = 24) -> Video:
    frame = textured(1)[0]
    turns = 2 * np.pi * (np.arange(corners) / corners + 0.125)
    outline = [50, 40] + 14 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    cv2.fillPoly(frame, [outline.astype(np.int32)], colour, cv2.LINE_AA)
    return frame[None]


def test_a_frame_is_as_it_is() -> None:
    assert levels(textured(1)[:1], textured(1)[:1]) < 8  # the steps in which colours are kept


@pytest.mark.parametrize("crf", [28, 35])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_a_copy_is_near_however_it_was_blurred(crf: int, scale: float) -> None:
    video = textured(2)
    assert levels(video, encoded(scaled(video, scale), crf)) < MOST


def test_how_far_a_copy_is_blurred_is_found() -> None:
    frame = np.full((96, 96, 3), 92, np.uint8)  # in the middle of a step in which colours are kept
    frame[24:56, 32:72] = 220
    side = frame.shape[1] // FIELDS // 2 * 2 + 1
    soft = cv2.blur(frame, (3 * side, 3 * side), borderType=cv2.BORDER_REPLICATE)
    mosaics = np.stack([layout(frame)])
    sharp, half = (
        unlikeness(mosaics, np.stack([shrunk(each)]), WHOLE).blur
        for each in (frame, frame // 2 + soft // 2)
    )
    assert abs(sharp) < 0.1
    assert 0.3 < half < 0.7


@pytest.mark.parametrize(
    "other",
    [with_thing((230, 140, 20)), with_thing((220, 40, 40), 3), with_thing((220, 40, 40), 4)],
)
def test_one_small_thing_of_a_near_colour_or_another_shape_tells(other: Video) -> None:
    assert levels(with_thing((220, 40, 40)), other) > MOST


def test_a_change_of_brightness_does_not() -> None:
    video = textured(1)[:1] // 2 + 40
    assert levels(video, video + np.uint8(30)) < 8


@pytest.mark.parametrize(("left", "top"), [(0, 0), (3, 7), (8, 1)])
def test_a_cut_is_found_to_a_hundredth_of_the_frame(left: int, top: int) -> None:
    frame = cv2.resize(textured(1)[0], (200, 200), interpolation=cv2.INTER_CUBIC)
    cut = frame[2 * top : 2 * top + 180, 2 * left : 2 * left + 184]
    nearest = (0.9, left / 100 // 0.025 * 0.025, top / 100 // 0.025 * 0.025)
    kept, shown = (np.asarray(each, np.float32)[None] for each in (layout(frame), shrunk(cut)))
    view = aligned(kept, shown, View.of(nearest))
    there = (left / 100, left / 100 + 0.92, top / 100, top / 100 + 0.9)
    assert np.abs(np.subtract(view, there)).max() < 0.012
    assert levels(frame[None], cut[None], nearest) < MOST / 2


def test_fields_beyond_what_is_shown_are_not_compared() -> None:
    seen = fields_seen(View(0.1, 1.0, 0.0, 0.9))
    assert not seen[:, 0].any()
    assert not seen[-1].any()
    assert seen[:-1, 1:].all()


def test_a_pale_video_is_measured_by_what_stands_out_in_it() -> None:
    pale = [textured(seed)[:1, :64, :80] // 8 + 100 for seed in (1, 2)]
    mosaics, other = np.stack([layout(pale[0][0])]), np.stack([shrunk(pale[1][0])])
    unlike = unlikeness(mosaics, other, WHOLE)
    assert unlike.levels < MOST
    assert unlike.share > MOST_SHARE
    assert unlikeness(mosaics, np.stack([shrunk(pale[0][0])]), WHOLE).share < MOST_SHARE
