"""Every reader on files that something or somebody has damaged: a value, or one sentence."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from engine.errors import InvalidMedia, StorageFailed
from engine.media.probe import probe
from engine.media.read_audio import read_audio
from engine.media.read_image import read_image
from engine.media.read_video import read_video
from engine.media.settings import VideoSettings
from engine.media.write_animation import write_animation
from engine.media.write_audio import write_audio
from engine.media.write_video import write_video
from tests.engine.media.samples import click, clip_of, encode, pictures, rgb_frame


def video(path: Path) -> None:
    clip = read_video(path, path.parent / "work")
    assert clip.frames > 0
    assert clip.fps > 0
    for chunk in islice(clip, 3):
        assert chunk.dtype == np.uint8
        assert chunk.shape[1:] == (clip.height, clip.width, 3)


def image(path: Path) -> None:
    pixels = read_image(path).pixels_HWC
    assert pixels.dtype == np.uint8
    assert pixels.size > 0


def sound(path: Path) -> None:
    audio = read_audio(path)
    assert audio.samples_CN.dtype == np.float32
    assert audio.rate > 0


READERS: list[Callable[[Path], object]] = [video, image, sound, probe]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("samples")
    audio = click(2_000, samples=4_000, rate=16_000)
    clip = clip_of(pictures(4, 64, 64), audio=audio)
    for name, codec in [("a.mp4", "h264"), ("b.mp4", "av1"), ("a.mkv", "hevc"), ("a.webm", "vp9")]:
        kind = VideoSettings(name[2:], codec, preset="ultrafast")  # type: ignore[arg-type]
        write_video(clip, folder / name, kind)
    for suffix in ("gif", "webp"):
        write_animation(clip, folder / f"a.{suffix}")
    for suffix in ("wav", "flac", "mp3", "ogg"):
        write_audio(audio, folder / f"a.{suffix}")
    encode(folder / "a.avi", [rgb_frame(f, "yuvj420p") for f in pictures(2, 32, 32)], "mjpeg")
    for suffix in ("png", "jpg", "tiff", "bmp", "avif"):
        PillowImage.fromarray(pictures(1, 32, 32)[0]).save(folder / f"still.{suffix}")
    return [path.read_bytes() for path in sorted(folder.iterdir())]


@st.composite
def damage(draw: st.DrawFn, content: bytes, donor: bytes) -> bytes:
    """Cut it, change bytes near the front or anywhere, or go on with another file."""
    kind = draw(st.sampled_from(["cut", "header", "anywhere", "graft"]))
    place = draw(st.integers(0, len(content) - 1))
    if kind == "cut":
        return content[:place]
    if kind == "graft":
        return content[:place] + donor[draw(st.integers(0, len(donor))) :]
    damaged = bytearray(content)
    reach = min(len(damaged), 512) if kind == "header" else len(damaged)
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, reach - 1))
        damaged[at : at + 4] = draw(
            st.sampled_from([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"]) | st.binary(max_size=6)
        )
    return bytes(damaged)


def read_by_all(path: Path) -> None:
    refusals = []
    for read in READERS:
        try:
            read(path)
        except (InvalidMedia, StorageFailed) as error:
            refusals.append(error)
    assert all(error.remedy and "\n" not in str(error) for error in refusals)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(
    data: st.DataObject, samples: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    one = data.draw(st.integers(0, len(samples) - 1))
    other = data.draw(st.integers(0, len(samples) - 1))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(data.draw(damage(samples[one], samples[other])))
    read_by_all(path)


@settings(max_examples=100, deadline=None)
@given(
    content=st.binary(max_size=2_000), suffix=st.sampled_from(["mp4", "png", "jpg", "wav", "gif"])
)
def test_any_bytes_under_any_name_are_read_or_refused(
    content: bytes, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"random.{suffix}"
    path.write_bytes(content)
    read_by_all(path)
