"""Every reader on files that something or somebody has damaged: a value, or one sentence."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

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
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
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
    return sorted(folder.iterdir())


class Damage(NamedTuple):
    """Bytes put in near the front or anywhere, then the rest cut off or another file's."""

    patches: list[tuple[float, bytes]]
    header: bool
    kept: float
    graft: int | None


PART = st.floats(0, 1)
EXTREMES = st.sampled_from([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\x80"])
DAMAGE = st.builds(
    Damage,
    patches=st.lists(st.tuples(PART, EXTREMES | st.binary(max_size=6)), max_size=12),
    header=st.booleans(),
    kept=st.just(1.0) | PART,
    graft=st.none() | st.integers(0, 15),
)


def damaged(content: bytes, damage: Damage, samples: list[Path]) -> bytes:
    changed = bytearray(content)
    reach = min(len(content), 512) if damage.header else len(content)
    for part, patch in damage.patches:
        at = int(part * reach)
        changed[at : at + 4] = patch
    kept = changed[: int(damage.kept * len(changed))]
    if damage.graft is None:
        return bytes(kept)
    donor = samples[damage.graft].read_bytes()
    return bytes(kept) + donor[int(damage.kept * len(donor)) :]


def read_by_all(path: Path) -> None:
    refusals = []
    for read in READERS:
        try:
            read(path)
        except (InvalidMedia, StorageFailed) as error:
            refusals.append(error)
    assert all(error.remedy and "\n" not in str(error) for error in refusals)


@settings(max_examples=300, deadline=None)
@given(sample=st.integers(0, 15), damage=DAMAGE)
def test_damaged_files_are_read_or_refused(
    sample: int,
    damage: Damage,
    samples: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(damaged(samples[sample].read_bytes(), damage, samples))
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
