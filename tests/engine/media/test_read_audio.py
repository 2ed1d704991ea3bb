from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import InvalidMedia
from engine.media.read_audio import read_audio
from engine.media.write_audio import write_audio
from engine.media.write_video import write_video
from tests.engine.media.samples import click, clip_of, loudest, pictures


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "m4a", "ogg"])
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_comes_back_in_time(suffix: str, channels: int, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_audio(click(at=20_000, channels=channels), path)
    sound = read_audio(path)

    assert sound.samples_CN.dtype == np.float32
    assert (sound.samples_CN.shape[0], sound.rate) == (channels, 48_000)
    assert abs(loudest(sound) - 20_000) <= 1
    assert abs(sound.duration - 1) < Fraction(1, 20)
    assert sound.origin.ingredients == (str(path),)


def test_the_sound_of_a_video_is_sound(tmp_path: Path) -> None:
    write_video(clip_of(pictures(24, 64, 64), audio=click(9_000)), tmp_path / "a.mp4")
    assert abs(loudest(read_audio(tmp_path / "a.mp4")) - 9_000) <= 1


def test_more_channels_are_mixed_to_two(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.flac"), "w") as container:
        stream = container.add_stream("flac", rate=48_000, layout="5.1")
        samples = np.zeros((1, 6 * 4_800), np.int16)
        samples[0, 2::6] = 10_000  # the centre
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="5.1")
        frame.rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    sound = read_audio(tmp_path / "a.flac").samples_CN

    assert sound.shape == (2, 4_800)
    assert np.array_equal(sound[0], sound[1])
    assert sound.max() > 0.05


def test_a_gap_in_the_timestamps_is_silence(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8_000, layout="mono")
        for start in (0, 16_000):
            samples = np.full((1, 8_000), 16_384, np.int16)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.rate, frame.pts = 8_000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    sound = read_audio(tmp_path / "a.mkv").samples_CN[0]

    assert sound.shape == (24_000,)
    assert np.allclose(sound[[4_000, 12_000, 20_000]], [0.5, 0, 0.5])


@pytest.mark.parametrize("content", [None, b"", b"text", b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_sound_is_refused_by_name(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidMedia, match=r"a\.wav") as failure:
        read_audio(path)
    assert failure.value.remedy


def test_a_video_without_sound_has_none(tmp_path: Path) -> None:
    write_video(clip_of(pictures(4, 64, 64)), tmp_path / "a.mp4")
    with pytest.raises(InvalidMedia, match="has no sound"):
        read_audio(tmp_path / "a.mp4")
