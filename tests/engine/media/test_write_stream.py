"""Cutting a video into segments: the same packets, playlists for both kinds of players."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest

from engine.errors import InvalidMedia
from engine.media.embed import read_embedded
from engine.media.write_stream import write_stream
from engine.media.write_video import write_video
from tests.nodes.pictures import clip, tone


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    write_video(replace(clip(80), audio=tone(5)), path)
    return path


def packets(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        stream = next(each for each in container.streams if each.type == kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def test_the_segments_hold_the_very_packets_of_the_video(video: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stream"
    write_stream(video, folder, 1.0, '{"nodes": {}}')
    for number, kind in enumerate(("video", "audio")):
        parts = sorted(folder.glob(f"part_{number}_*.m4s"))
        assert len(parts) > 2
        joined = tmp_path / f"{kind}.mp4"
        files = [folder / f"init_{number}.mp4", *parts]
        joined.write_bytes(b"".join(each.read_bytes() for each in files))
        assert packets(joined, kind) == packets(video, kind)
    assert read_embedded(folder) == '{"nodes": {}}'


def test_playlists_name_every_segment_and_no_hour(video: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stream"
    write_stream(video, folder, 2.0)
    parts = sorted(each.name for each in folder.glob("part_0_*.m4s"))
    hls = (folder / "media_0.m3u8").read_text().splitlines()
    assert [line for line in hls if line.startswith("part_")] == parts
    assert '#EXT-X-MAP:URI="init_0.mp4"' in hls
    assert hls[-1] == "#EXT-X-ENDLIST"
    assert "DATE-TIME" not in "".join(hls)
    assert "init_$RepresentationID$.mp4" in (folder / "stream.mpd").read_text()
    assert sorted(each.name for each in folder.glob("*.m3u8")) == [
        "master.m3u8",
        "media_0.m3u8",
        "media_1.m3u8",
    ]


def test_what_is_no_video_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"nothing of it" * 99)
    with pytest.raises(InvalidMedia, match=r"x\.mp4"):
        write_stream(tmp_path / "x.mp4", tmp_path / "stream", 2.0)
    assert [each.name for each in tmp_path.iterdir()] == ["x.mp4"]
