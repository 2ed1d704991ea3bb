from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidMedia
from engine.media.read_video import decoded, video_stream
from engine.media.source import opened
from engine.media.write_video import write_video
from tests.engine.media.samples import clip_of, encode, pictures, rgb_frame


@pytest.mark.parametrize(("max_pixels", "found"), [(64 * 64, 3), (64 * 64 - 1, 0)])
def test_no_frame_above_the_bound_is_decoded(max_pixels: int, found: int, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(clip_of(pictures(3, 64, 64)), path)
    with opened(path, max_pixels) as file:
        stream = video_stream(file, path, max_pixels)
        frames = [frame for packet in file.demux(stream) for frame in decoded(packet)]
    assert len(frames) == found


def test_decoders_that_are_not_listed_are_not_reached(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.avi", [rgb_frame(pictures(1, 64, 64)[0])], "snow")
    with pytest.raises(InvalidMedia), opened(path) as file:
        video_stream(file, path, 1 << 20).codec_context.open()


def test_a_name_that_looks_like_an_address_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "http:example.mp4"
    write_video(clip_of(pictures(3, 64, 64)), path)
    with opened(path) as file:
        assert len(file.streams.video) == 1
