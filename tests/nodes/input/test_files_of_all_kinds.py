"""Files as people have them: missing, empty, mislabelled, cut off, transparent, of odd sizes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from engine.errors import InvalidMedia
from engine.graph.node import Node, declare
from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from engine.values import Clip, Image
from nodes.input.load_audio import LoadAudio
from nodes.input.load_image import LoadImage
from nodes.input.load_video import LoadVideo
from tests.nodes.pictures import clip
from tests.nodes.recording import RecordingContext

READERS = pytest.mark.parametrize("reader", [LoadImage, LoadVideo, LoadAudio])


def read(reader: type[Node], path: Path, context: RecordingContext) -> object:
    defaults = {name: param.default for name, param in declare(reader).params.items()}
    return reader(**{**defaults, "path": str(path)}).run(context)


def read_image(path: Path, context: RecordingContext) -> Image:
    image = read(LoadImage, path, context)
    assert isinstance(image, Image)
    return image


@READERS
@pytest.mark.parametrize("content", [None, b"", b"just words\n" * 40, bytes(4096)])
def test_what_cannot_be_read_is_named_in_a_sentence_with_a_way_out(
    context: RecordingContext, tmp_path: Path, reader: type[Node], content: bytes | None
) -> None:
    path = tmp_path / "holiday.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidMedia, match=r"holiday\.mp4") as caught:
        read(reader, path, context)
    assert caught.value.what.count("\n") == 0
    assert caught.value.remedy.endswith(".")


@READERS
def test_a_folder_is_no_file(context: RecordingContext, tmp_path: Path, reader: type[Node]) -> None:
    (tmp_path / "pictures.d").mkdir()
    with pytest.raises(InvalidMedia, match=r"pictures\.d"):
        read(reader, tmp_path / "pictures.d", context)


def test_a_video_that_was_cut_off_is_named(context: RecordingContext, tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    write_video(clip(9), whole, VideoSettings(preset="ultrafast", hardware="off"))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(InvalidMedia, match=r"cut\.mp4"):
        for _ in iter_frames(read(LoadVideo, cut, context)):
            pass


def iter_frames(video: object) -> list[int]:
    assert isinstance(video, Clip)
    return [len(chunk) for chunk in video]


def test_a_transparent_picture_is_read_as_opaque_rgb(
    context: RecordingContext, tmp_path: Path
) -> None:
    rgba = np.zeros((20, 30, 4), np.uint8)
    rgba[..., 0], rgba[..., 3] = 200, 255
    rgba[:10, :, 3] = 0
    Pillow.fromarray(rgba, "RGBA").save(tmp_path / "glass.png")
    image = read_image(tmp_path / "glass.png", context)
    assert image.pixels_HWC.shape == (20, 30, 3)
    assert tuple(image.pixels_HWC[15, 5]) == (200, 0, 0)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "RGB"])
def test_every_kind_of_pixel_becomes_rgb(
    context: RecordingContext, tmp_path: Path, mode: str
) -> None:
    path = tmp_path / ("picture.jpg" if mode == "CMYK" else "picture.png")
    Pillow.new("RGB", (17, 11), (255, 255, 255)).convert(mode).save(path)
    image = read_image(path, context)
    assert (image.width, image.height) == (17, 11)
    assert image.pixels_HWC.min() > 250


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 5), (31, 17)])
def test_odd_sizes_are_kept(
    context: RecordingContext, tmp_path: Path, width: int, height: int
) -> None:
    Pillow.new("RGB", (width, height), (10, 20, 30)).save(tmp_path / "odd.png")
    image = read_image(tmp_path / "odd.png", context)
    assert (image.width, image.height) == (width, height)
    video = read(LoadVideo, tmp_path / "odd.png", context)
    assert isinstance(video, Clip)
    assert (video.width, video.height, iter_frames(video)) == (width, height, [1])


def test_the_first_frame_of_a_video_is_a_picture_too(
    context: RecordingContext, tmp_path: Path
) -> None:
    path = tmp_path / "video.mp4"
    write_video(clip(3), path, VideoSettings(preset="ultrafast", hardware="off"))
    assert read_image(path, context).pixels_HWC.max() < 5


def test_an_animation_is_a_video(context: RecordingContext, tmp_path: Path) -> None:
    frames = [Pillow.new("RGB", (16, 16), (level, 0, 0)) for level in (0, 120, 240)]
    path = tmp_path / "dance.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    video = read(LoadVideo, path, context)
    assert isinstance(video, Clip)
    assert (video.frames, video.fps) == (3, Fraction(10))


@pytest.mark.parametrize("reader", [LoadAudio])
def test_a_silent_file_says_so(
    context: RecordingContext, tmp_path: Path, reader: type[Node]
) -> None:
    Pillow.new("RGB", (8, 8)).save(tmp_path / "silent.png")
    with pytest.raises(InvalidMedia, match=r"silent\.png.* no sound"):
        read(reader, tmp_path / "silent.png", context)
