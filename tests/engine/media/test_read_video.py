from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray
from PIL import Image as PillowImage

from engine.errors import InvalidMedia
from engine.media.read_video import read_video
from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from tests.engine.media.samples import (
    FIXTURES,
    PURE_COLOURS,
    click,
    clip_of,
    colour_fields,
    encode,
    field_centres,
    frames_of,
    loudest,
    pictures,
    rgb_frame,
)


def reads(path: Path) -> NDArray[np.uint8]:
    return frames_of(read_video(path, path.parent / "work"))


def timed(times: list[int], tick: Fraction) -> list[av.VideoFrame]:
    """Frames whose brightness tells their number, at given times."""
    frames = []
    for number, time in enumerate(times):
        frame = rgb_frame(np.full((64, 64, 3), 10 + 20 * (number % 12), np.uint8))
        frame.pts, frame.time_base = time, tick
        frames.append(frame)
    return frames


def numbers(frames_THWC: NDArray[np.uint8]) -> list[int]:
    return [round((int(frame[32, 32, 0]) - 10) / 20) for frame in frames_THWC]


def test_every_pass_decodes_the_same_frames_and_names_where_they_come_from(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(clip_of(pictures(30, 64, 96)), path)
    clip = read_video(path, tmp_path)

    assert np.array_equal(frames_of(clip), frames_of(clip))
    assert clip.origin.ingredients == (str(path),)
    assert os.listdir(tmp_path) == ["a.mp4"], "a file can be decoded again, so nothing is spooled"


def test_an_abandoned_pass_leaves_the_next_one_whole(tmp_path: Path) -> None:
    write_video(clip_of(pictures(30, 64, 96)), tmp_path / "a.mp4")
    clip = read_video(tmp_path / "a.mp4", tmp_path)
    passing = iter(clip)
    next(passing)
    passing.close()  # type: ignore[attr-defined]
    assert len(frames_of(clip)) == 30


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_a_variable_rate_is_laid_on_a_constant_one_by_its_timestamps(
    suffix: str, tmp_path: Path
) -> None:
    frames = timed([0, 50, 100, 250, 300], Fraction(1, 1000))
    path = encode(tmp_path / f"a.{suffix}", frames, "libx264", time_base=Fraction(1, 1000))
    clip = read_video(path, tmp_path)

    assert clip.fps == 20
    assert numbers(frames_of(clip))[:7] == [0, 1, 2, 2, 2, 3, 4]


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_an_animation_plays_at_the_pace_of_its_delays(kind: str, tmp_path: Path) -> None:
    images = [PillowImage.new("RGB", (20, 10), (10 + 60 * n, 0, 0)) for n in range(3)]
    path = tmp_path / f"a.{kind}"
    images[0].save(
        path, save_all=True, append_images=images[1:], duration=[100, 50, 150], lossless=True
    )
    clip = read_video(path, tmp_path / "work")

    assert (clip.fps, clip.frames) == (20, 6)
    for _ in range(2):
        assert frames_of(clip)[:, 5, 5, 0].tolist() == [10, 10, 70, 130, 130, 130]


def test_a_still_picture_is_one_frame(tmp_path: Path) -> None:
    PillowImage.new("RGB", (20, 10), (9, 8, 7)).save(tmp_path / "a.png")
    assert reads(tmp_path / "a.png").tolist() == [[[[9, 8, 7]] * 20] * 10]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_rotation_is_honoured(turn: int, tmp_path: Path) -> None:
    picture = pictures(1, 64, 96)[0]
    path = encode(tmp_path / "a.mp4", [rgb_frame(picture)], "libx264", rotation=turn)
    back = reads(path)[0].astype(int)

    assert np.abs(back - np.rot90(picture, turn // 90)).mean() < 6


def test_pixels_become_square(tmp_path: Path) -> None:
    frames = [rgb_frame(pictures(1, 64, 96)[0])]
    path = encode(tmp_path / "a.mp4", frames, "libx264", sample_aspect_ratio=Fraction(4, 3))
    assert reads(path).shape == (1, 64, 128, 3)


@pytest.mark.parametrize("size", [(33, 47), (1, 1), (3, 64)])
def test_odd_sizes_are_read_as_they_are(size: tuple[int, int], tmp_path: Path) -> None:
    picture = pictures(1, *size)[0]
    path = encode(tmp_path / "a.mkv", [rgb_frame(picture, "yuv444p")], "ffv1")
    assert reads(path).shape == (1, *size, 3)
    assert np.abs(reads(path)[0].astype(int) - picture).mean() < 3


def tagged(
    path: Path, matrix: int, limits: int, pixel_format: str, *, height: int = 64, tag: bool = True
) -> Path:
    """Lossless pure colours, converted with one matrix and range, and tagged so or not at all."""
    picture = np.repeat(colour_fields(32), height // 32, axis=0)
    frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
        format=pixel_format,
        dst_colorspace=matrix,
        src_color_range=ColorRange.JPEG,
        dst_color_range=limits,
    )
    attributes: dict[str, object] = {}
    if tag:
        spaces = {Colorspace.ITU709: 1, Colorspace.ITU601: 6, Colorspace.BT2020: 9}
        attributes = {"colorspace": spaces[Colorspace(matrix)], "color_range": limits}
    else:
        frame.colorspace, frame.color_range = 2, 0
    return encode(path, [frame], "ffv1", **attributes)


@pytest.mark.parametrize("matrix", [Colorspace.ITU709, Colorspace.ITU601, Colorspace.BT2020])
@pytest.mark.parametrize("limits", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuv420p10le"])
def test_matrix_and_range_follow_the_tags(
    matrix: int, limits: int, pixel_format: str, tmp_path: Path
) -> None:
    path = tagged(tmp_path / "a.mkv", matrix, limits, pixel_format)
    assert np.abs(field_centres(reads(path)[0]) - PURE_COLOURS).max() <= 3


@pytest.mark.parametrize(("height", "matrix"), [(576, Colorspace.ITU601), (736, Colorspace.ITU709)])
def test_without_tags_the_height_decides(height: int, matrix: int, tmp_path: Path) -> None:
    path = tagged(tmp_path / "a.mkv", matrix, ColorRange.MPEG, "yuv420p", height=height, tag=False)
    assert np.abs(field_centres(reads(path)[0]) - PURE_COLOURS).max() <= 3


def test_hdr_is_brought_to_the_range_of_a_screen(tmp_path: Path) -> None:
    levels = {"white": 0.58, "grey": 0.427, "black": 0.0}  # PQ codes of 203, 38 and 0 nits
    luma = np.repeat(np.array(list(levels.values())), 32)[None].repeat(64, axis=0)
    frame = av.VideoFrame(96, 64, "yuv420p10le")
    rows = np.frombuffer(frame.planes[0], np.uint16).reshape(64, -1)
    rows[:, :96] = np.round(64 + 876 * luma)
    for plane in frame.planes[1:]:
        np.frombuffer(plane, np.uint16)[:] = 512
    path = encode(
        tmp_path / "a.mkv",
        [frame],
        "ffv1",
        colorspace=9,
        color_range=ColorRange.MPEG,
        color_trc=ColorTrc.SMPTE2084,
        color_primaries=ColorPrimaries.BT2020,
    )
    white, grey, black = reads(path)[0][32, 16::32].astype(int)

    assert min(white) >= 245, "diffuse white is not dim"
    assert np.abs(grey - 120).max() <= 15
    assert max(black) <= 3


def test_transparency_is_composited_over_black(tmp_path: Path) -> None:
    pixels = np.full((16, 32, 4), 255, np.uint8)
    pixels[..., 3] = np.linspace(0, 255, 32).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, "rgba").reformat(format="argb")
    path = encode(tmp_path / "a.mov", [frame], "qtrle")

    assert np.abs(reads(path)[0].astype(int) - pixels[..., 3:]).max() <= 1


@pytest.mark.parametrize(("picture", "sound"), [(5, 0), (0, 5)])
def test_sound_starts_with_the_first_frame(picture: int, sound: int, tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"  # one of the two begins a quarter of a second late
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=20)
        audio = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        video.width, video.height = 64, 64
        samples = click(at=8_000, samples=16_000, channels=1).samples_CN * 32_000
        heard = av.AudioFrame.from_ndarray(samples.astype(np.int16), format="s16", layout="mono")
        heard.rate, heard.pts = 16_000, sound * 800
        for number, frame in enumerate(timed([*range(20)], Fraction(1, 20))):
            frame.pts = number + picture
            container.mux(video.encode(frame))
            if number == 0:
                container.mux(audio.encode(heard))
        container.mux(audio.encode(None))
        container.mux(video.encode(None))
    clip = read_video(path, tmp_path)

    assert clip.audio is not None
    expected = 8_000 + (sound - picture) * 800
    assert abs(loudest(clip.audio) - expected) <= 16, "timestamps are in milliseconds"
    assert clip.audio.duration == min(1, Fraction(20 + sound - picture, 20))


def test_a_frame_that_is_damaged_is_replaced_by_the_one_before(tmp_path: Path) -> None:
    frames = timed([*range(10)], Fraction(1, 24))
    path = encode(tmp_path / "a.avi", [frame.reformat(format="rgb24") for frame in frames], "png")
    pieces = path.read_bytes().split(b"\x89PNG")
    pieces[5] = pieces[5][:4] + bytes(24) + pieces[5][28:]
    path.write_bytes(b"\x89PNG".join(pieces))
    clip = read_video(path, tmp_path)

    seen = numbers(frames_of(clip))
    assert seen[:5] == [0, 1, 2, 3, 3]
    assert seen[6:] == [6, 7, 8, 9], "what follows stays in its place"


def test_a_file_that_was_cut_off_says_how_much_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(clip_of(pictures(40, 64, 64)), path, VideoSettings(crf=5))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])

    with pytest.raises(InvalidMedia, match=r"cut short: \d+ of 40 frames") as failure:
        read_video(path, tmp_path)
    assert failure.value.remedy


def test_a_file_that_changes_while_in_use_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(clip_of(pictures(10, 64, 64)), path)
    clip = read_video(path, tmp_path)
    write_video(clip_of(pictures(12, 64, 64)), path)

    with pytest.raises(InvalidMedia, match="has changed"):
        frames_of(clip)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b"hello, this is text\n" * 50, "damaged or of an unknown kind"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n#EXT-X-ENDLIST\n", "damaged or of an unknown"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "damaged or of an unknown kind"),
        (b"RIFF\x04\0\0\0WEBP", "no frame that can be decoded"),
        (b"GIF89a\x10\0\x10\0\0\0\0;", "no frame that can be decoded"),
    ],
)
def test_what_is_no_video_is_refused_by_name(
    content: bytes | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidMedia, match=message) as failure:
        read_video(path, tmp_path)
    assert str(path) in str(failure.value)
    assert failure.value.remedy


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidMedia, match="is a folder"):
        read_video(tmp_path, tmp_path)


def test_a_sound_file_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.rate = 8_000
        container.mux(stream.encode(frame))
    with pytest.raises(InvalidMedia, match="has no picture"):
        read_video(tmp_path / "a.wav", tmp_path)


def test_a_size_beyond_any_camera_is_refused(tmp_path: Path) -> None:
    PillowImage.new("1", (9_000, 9_000)).save(tmp_path / "a.png")
    with pytest.raises(InvalidMedia, match="larger than 67 megapixels"):
        read_video(tmp_path / "a.png", tmp_path)


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the public fixtures are not here")
def test_public_fixtures_are_read_or_refused(tmp_path: Path) -> None:
    clip = read_video(FIXTURES / "video1.mp4", tmp_path)
    assert (clip.frames, clip.fps, clip.width, clip.height) == (60, 30, 720, 1280)
    assert len(next(iter(clip))) > 0
    for name in ("nested_moov_1000.mp4", "dash1.m4s", "dashinit.mp4", "test_roots.pem"):
        with pytest.raises(InvalidMedia, match=name):
            read_video(FIXTURES / name, tmp_path)
