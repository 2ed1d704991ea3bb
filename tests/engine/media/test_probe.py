from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from engine.errors import InvalidMedia
from engine.media.probe import encoders, probe
from engine.media.write_audio import write_audio
from engine.media.write_video import write_video
from tests.engine.media.samples import click, clip_of, pictures


def test_a_video_tells_what_it_is(tmp_path: Path) -> None:
    clip = clip_of(pictures(24, 64, 96), Fraction(24000, 1001), click(1_000))
    write_video(clip, tmp_path / "a.mp4")
    info = probe(tmp_path / "a.mp4")

    assert "mp4" in info.container
    assert (info.video_codec, info.width, info.height) == ("h264", 96, 64)
    assert info.fps == Fraction(24000, 1001)
    assert (info.audio_codec, info.sample_rate, info.channels) == ("aac", 48_000, 2)
    assert info.duration == pytest.approx(1.001, abs=0.01)


def test_a_sound_file_has_no_picture(tmp_path: Path) -> None:
    write_audio(click(100), tmp_path / "a.flac")
    info = probe(tmp_path / "a.flac")
    assert (info.audio_codec, info.video_codec, info.width) == ("flac", None, None)


def test_what_is_no_media_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("text")
    with pytest.raises(InvalidMedia, match=r"a\.mp4"):
        probe(tmp_path / "a.mp4")


def test_every_codec_has_an_encoder_here() -> None:
    found = encoders()
    assert set(found) == {"h264", "hevc", "av1", "vp9"}
    assert found["vp9"] == "libvpx-vp9"
