"""Reading a video, or a part of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from nodes.input.load_video import LoadVideo
from tests.nodes.pictures import clip, levels, tone
from tests.nodes.recording import RecordingContext


@pytest.fixture
def path(tmp_path: Path) -> str:
    place = tmp_path / "video.mp4"
    settings = VideoSettings(crf=4, preset="ultrafast", hardware="off")
    write_video(replace(clip(9), audio=tone(9 / 16)), place, settings)
    return str(place)


def near(read: list[int], expected: list[int]) -> bool:
    return len(read) == len(expected) and all(
        abs(a - b) <= 3 for a, b in zip(read, expected, strict=True)
    )


def test_a_video_is_read_whole_with_its_sound(context: RecordingContext, path: str) -> None:
    video = LoadVideo(path=path, start=0, frames=0).run(context)
    assert near(levels(video), levels(clip(9)))
    assert video.audio is not None
    assert video.origin.ingredients == (path,)


@pytest.mark.parametrize(
    ("start", "frames", "expected"),
    [(2, 3, [40, 60, 80]), (7, 0, [140, 160]), (7, 50, [140, 160]), (0, 1, [0])],
)
def test_a_part_is_cut_out(
    context: RecordingContext, path: str, start: int, frames: int, expected: list[int]
) -> None:
    video = LoadVideo(path=path, start=start, frames=frames).run(context)
    assert video.frames == len(expected)
    assert near(levels(video), expected)


def test_a_start_after_the_end_names_the_last_frame(context: RecordingContext, path: str) -> None:
    with pytest.raises(InvalidInput, match=r"9 frames: none from frame 9 on.*at most 8"):
        LoadVideo(path=path, start=9, frames=0).run(context)
