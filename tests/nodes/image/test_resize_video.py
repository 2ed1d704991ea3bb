"""Scaling a video as it streams by."""

from __future__ import annotations

from nodes.image.resize_video import ResizeVideo
from tests.nodes.pictures import clip, levels
from tests.nodes.recording import RecordingContext


def test_all_frames_are_scaled_each_time_they_are_read(context: RecordingContext) -> None:
    whole = clip(9)
    node = ResizeVideo(clip=whole, width=24, height=24, fit="crop", method="auto")
    small = node.run(context)
    assert (small.frames, small.height, small.width) == (9, 24, 24)
    assert [chunk.shape[1:] for chunk in small] == [(24, 24, 3)] * 3
    assert levels(small) == levels(small) == levels(whole)
    assert (small.fps, small.origin) == (whole.fps, whole.origin)


def test_a_clip_says_the_size_that_its_frames_have(context: RecordingContext) -> None:
    wide = ResizeVideo(clip=clip(4), width=30, height=10, fit="pad", method="auto").run(context)
    assert (wide.width, wide.height) == (30, 10)
    assert next(iter(wide)).shape == (4, 10, 30, 3)
