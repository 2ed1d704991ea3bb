from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageOps

from engine.errors import InvalidMedia
from engine.media.read_image import read_image
from engine.media.write_video import write_video
from tests.engine.media.samples import clip_of, pictures

PICTURE = pictures(1, 40, 60)[0]


def saved(path: Path, pixels: NDArray[np.uint8] = PICTURE, **options: object) -> Path:
    PillowImage.fromarray(pixels).save(path, **options)  # type: ignore[arg-type]
    return path


def pixels(path: Path) -> NDArray[np.int64]:
    return read_image(path).pixels_HWC.astype(np.int64)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "ppm", "ico"])
def test_lossless_formats_come_back_exactly(suffix: str, tmp_path: Path) -> None:
    options = {"sizes": [(60, 40)]} if suffix == "ico" else {}
    assert np.array_equal(pixels(saved(tmp_path / f"a.{suffix}", **options)), PICTURE)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("jpg", {"quality": 95}),
        ("jpg", {"quality": 95, "progressive": True}),
        ("webp", {"quality": 95}),
        ("webp", {"lossless": True}),
        ("avif", {"quality": 95}),
        ("gif", {}),
    ],
)
def test_other_formats_come_back_nearly(
    suffix: str, options: dict[str, object], tmp_path: Path
) -> None:
    path = saved(tmp_path / f"a.{suffix}", **options)
    assert np.abs(pixels(path) - PICTURE).mean() < (8 if suffix == "gif" else 3)


def test_an_image_says_where_it_comes_from(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png")
    assert read_image(path).origin.ingredients == (str(path),)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_camera_is_honoured(
    suffix: str, orientation: int, tmp_path: Path
) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"a.{suffix}", exif=exif, quality=95)
    with PillowImage.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))

    assert pixels(path).shape == expected.shape
    assert np.abs(pixels(path) - expected).mean() < 3


@pytest.mark.parametrize("suffix", ["png", "webp", "tiff"])
def test_transparency_is_composited_over_black(suffix: str, tmp_path: Path) -> None:
    alpha = np.linspace(0, 255, 60).astype(np.uint8)[None].repeat(40, axis=0)
    path = saved(tmp_path / f"a.{suffix}", np.dstack([PICTURE, alpha]), lossless=True, exact=True)
    expected = PICTURE * (alpha[..., None] / 255)
    assert np.abs(pixels(path) - expected).max() <= 1


def test_greys_palettes_and_deep_colours_become_plain_rgb(tmp_path: Path) -> None:
    grey = PICTURE[..., 0]
    assert np.array_equal(pixels(saved(tmp_path / "grey.png", grey)), np.dstack([grey] * 3))

    deep = grey.astype(np.uint16) * 257
    assert np.abs(pixels(saved(tmp_path / "deep.png", deep)) - grey[..., None]).max() <= 1

    PillowImage.fromarray(PICTURE).quantize(256).save(tmp_path / "palette.png")
    assert np.abs(pixels(tmp_path / "palette.png") - PICTURE).mean() < 8


def test_print_colours_are_converted(tmp_path: Path) -> None:
    image = PillowImage.fromarray(PICTURE).convert("CMYK")
    image.save(tmp_path / "a.jpg", quality=95)
    assert np.abs(pixels(tmp_path / "a.jpg") - PICTURE).mean() < 3


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_of_an_animation_it_is_the_first_frame(suffix: str, tmp_path: Path) -> None:
    images = [PillowImage.new("RGB", (20, 10), (n, 0, 0)) for n in (50, 100)]
    path = tmp_path / f"a.{suffix}"
    images[0].save(path, save_all=True, append_images=images[1:], duration=100, lossless=True)
    assert pixels(path)[5, 5].tolist() == [50, 0, 0]


def test_of_a_video_it_is_the_first_frame(tmp_path: Path) -> None:
    frames = pictures(5, 64, 64)
    write_video(clip_of(frames), tmp_path / "a.mp4")
    assert np.abs(pixels(tmp_path / "a.mp4") - frames[0]).mean() < 4


def test_a_name_with_a_pattern_in_it_is_only_a_name(tmp_path: Path) -> None:
    saved(tmp_path / "a%03d.jpg", np.zeros((8, 8, 3), np.uint8))
    saved(tmp_path / "a001.jpg", np.full((8, 8, 3), 255, np.uint8))
    assert pixels(tmp_path / "a%03d.jpg").max() == 0


def png_of_size(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, data)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_an_absurd_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_of_size(60_000, 60_000))
    with pytest.raises(InvalidMedia, match="larger than 268 megapixels"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b"just text", "is damaged"),
        (b"\x89PNG\r\n\x1a\n", "no frame that can be decoded"),
        (b"\xff\xd8\xff\xe0", "damaged|no frame"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\x02" + bytes(40), "animation cannot be decoded"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(
    content: bytes | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidMedia, match=message) as failure:
        read_image(path)
    assert str(path) in str(failure.value)
    assert failure.value.remedy
