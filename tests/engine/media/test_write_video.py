from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import Cancelled, InvalidInput, InvalidMedia, StorageFailed
from engine.media.read_video import read_video
from engine.media.settings import CODECS, VideoSettings
from engine.media.write_video import write_video
from engine.values import Clip
from tests.engine.media.samples import (
    PURE_COLOURS,
    click,
    clip_of,
    colour_fields,
    field_centres,
    frames_of,
    loudest,
    pictures,
    run_with_file_limit,
)

KINDS = [(container, codec) for container, codecs in CODECS.items() for codec in codecs]


def fast(container: str = "mp4", codec: str = "h264", **others: object) -> VideoSettings:
    return VideoSettings(container, codec, preset="ultrafast", **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(("container", "codec"), KINDS)
def test_what_was_written_comes_back(container: str, codec: str, tmp_path: Path) -> None:
    frames = pictures(12, 72, 96)
    path = tmp_path / f"clip.{container}"
    write_video(clip_of(frames), path, fast(container, codec, crf=10))
    back = read_video(path, tmp_path)

    assert (back.frames, back.width, back.height, back.fps) == (12, 96, 72, 24)
    assert np.abs(frames_of(back).astype(int) - frames).mean() < 4
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("container", "codec"), KINDS)
def test_pure_colours_come_back_and_are_tagged(container: str, codec: str, tmp_path: Path) -> None:
    path = tmp_path / f"colours.{container}"
    frame = colour_fields(64)
    write_video(clip_of(np.stack([frame] * 3)), path, fast(container, codec, crf=5))

    back = frames_of(read_video(path, tmp_path))[1]
    assert np.abs(field_centres(back, 64) - PURE_COLOURS).max() <= 3
    with av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        tags = (context.color_primaries, context.color_trc, context.colorspace)
        assert tags == (1, 1, 1), "BT.709"
        assert context.color_range == 1, "limited"


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p10le"])
def test_finer_pixel_formats_are_what_was_asked_for(pixel_format: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    settings = fast(codec="hevc", pixel_format=pixel_format, crf=5)
    write_video(clip_of(np.stack([colour_fields(64)] * 2)), path, settings)

    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.pix_fmt == pixel_format
    back = frames_of(read_video(path, tmp_path))[0]
    assert np.abs(field_centres(back, 64) - PURE_COLOURS).max() <= 3


@pytest.mark.parametrize("container", ["mp4", "webm"])
@pytest.mark.parametrize(
    "fps", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(16), Fraction(25, 2)]
)
def test_the_frame_rate_is_exact(container: str, fps: Fraction, tmp_path: Path) -> None:
    path = tmp_path / f"clip.{container}"
    write_video(clip_of(pictures(30, 64, 64), fps), path, fast(container, CODECS[container][0]))

    with av.open(str(path)) as file:
        assert file.streams.video[0].average_rate == fps
    assert read_video(path, tmp_path).fps == fps


@pytest.mark.parametrize("size", [(63, 65), (64, 65), (63, 64), (1, 1)])
def test_an_odd_size_gets_one_more_row_or_column(size: tuple[int, int], tmp_path: Path) -> None:
    height, width = size
    path = tmp_path / "clip.mp4"
    write_video(clip_of(pictures(3, height, width)), path, fast(crf=1))
    back = frames_of(read_video(path, tmp_path)).astype(int)

    assert back.shape == (3, height + height % 2, width + width % 2, 3)
    assert np.abs(back[:, -1] - back[:, height - 1]).max() <= 10, "a copy, chroma interpolated"
    assert np.abs(back[:, :, -1] - back[:, :, width - 1]).max() <= 10


@pytest.mark.parametrize("container", CODECS)
@pytest.mark.parametrize("rate", [48_000, 16_000, 22_050])
def test_sound_stays_in_time_to_the_sample(container: str, rate: int, tmp_path: Path) -> None:
    path = tmp_path / f"clip.{container}"
    sound = click(at=rate // 2, samples=rate, rate=rate)
    write_video(
        clip_of(pictures(24, 64, 64), audio=sound), path, fast(container, CODECS[container][0])
    )
    back = read_video(path, tmp_path).audio

    assert back is not None
    assert abs(Fraction(loudest(back), back.rate) - Fraction(1, 2)) <= Fraction(2, rate)
    assert back.duration == 1
    assert back.samples_CN.shape[0] == 2


@pytest.mark.parametrize("seconds", [Fraction(1, 4), Fraction(3)])
def test_sound_is_as_long_as_the_picture(seconds: Fraction, tmp_path: Path) -> None:
    sound = click(at=100, samples=int(seconds * 48_000), channels=1)
    write_video(clip_of(pictures(24, 64, 64), audio=sound), tmp_path / "a.mp4", fast())

    with av.open(str(tmp_path / "a.mp4")) as file:
        stream = file.streams.audio[0]
        assert stream.duration * stream.time_base == 1
        assert stream.codec_context.channels == 1


def test_sound_that_is_not_a_number_is_silence(tmp_path: Path) -> None:
    sound = click(at=24_000)
    sound.samples_CN[:, :100] = np.nan
    write_video(clip_of(pictures(24, 64, 64), audio=sound), tmp_path / "a.mp4", fast())

    back = read_video(tmp_path / "a.mp4", tmp_path).audio
    assert back is not None
    assert np.isfinite(back.samples_CN).all()
    assert abs(loudest(back) - 24_000) <= 1


def test_playing_can_start_before_all_is_there(tmp_path: Path) -> None:
    write_video(clip_of(pictures(24, 64, 64)), tmp_path / "a.mp4", fast())
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(("container", "codec"), KINDS)
@pytest.mark.parametrize("side", [64, 96])
def test_the_same_clip_gives_the_same_file(
    container: str, codec: str, side: int, tmp_path: Path
) -> None:
    clip = clip_of(pictures(24, side, side), audio=click(9_000))
    files = []
    for number in range(4):
        path = tmp_path / f"{number}.{container}"
        write_video(clip, path, VideoSettings(container, codec, preset="medium"))  # type: ignore[arg-type]
        files.append(path.read_bytes())
    assert len(set(files)) == 1


def test_chunks_may_be_views_of_any_layout(tmp_path: Path) -> None:
    frames = pictures(6, 64, 96)
    mirrored = clip_of(frames[:, :, ::-1])
    write_video(mirrored, tmp_path / "a.mp4", fast(crf=5))

    back = frames_of(read_video(tmp_path / "a.mp4", tmp_path))
    assert np.abs(back.astype(int) - frames[:, :, ::-1]).mean() < 4


def test_progress_counts_up_to_all_frames(tmp_path: Path) -> None:
    seen: list[int] = []
    write_video(clip_of(pictures(23, 64, 64)), tmp_path / "a.mp4", fast(), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 23


def test_stopping_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("older")
    threads = threading.active_count()
    chunks = iter(range(3))

    def check() -> None:
        if next(chunks, None) is None:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_video(clip_of(pictures(60, 64, 64)), path, fast(), check=check)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]
    assert threading.active_count() == threads


def test_a_clip_without_frames_is_refused(tmp_path: Path) -> None:
    empty = Clip(lambda: iter([]), 0, 64, 64, Fraction(24))
    with pytest.raises(InvalidMedia, match=r"no frames to write to '.*a\.mp4'"):
        write_video(empty, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("codec", ["hevc", "av1"])
def test_a_size_that_the_codec_cannot_hold_is_refused(codec: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=f"{codec} needs at least 64 pixels") as failure:
        write_video(clip_of(pictures(2, 32, 96)), tmp_path / "a.mp4", fast(codec=codec))
    assert failure.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize(("container", "codec"), KINDS)
def test_a_clip_of_one_or_two_frames_is_a_video_too(
    container: str, codec: str, frames: int, tmp_path: Path
) -> None:
    path = tmp_path / f"a.{container}"
    for _ in range(4):
        write_video(clip_of(pictures(frames, 96, 96)), path, fast(container, codec))
        assert len(frames_of(read_video(path, tmp_path))) == frames


@pytest.mark.parametrize(("container", "codec"), KINDS)
def test_whoever_seeks_decodes_no_more_than_two_seconds(
    container: str, codec: str, tmp_path: Path
) -> None:
    path = tmp_path / f"long.{container}"
    write_video(clip_of(pictures(108, 72, 96)), path, fast(container, codec))
    with av.open(str(path)) as file:
        packets = file.demux(file.streams.video[0])
        keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    assert max(np.diff([*keys, 108])) <= 48


@pytest.mark.parametrize("place", ["/proc", "/proc/version/folder"])
def test_an_unwritable_place_is_known_before_any_frame_is_made(place: str) -> None:
    def stream() -> None:
        pytest.fail("frames are expensive")

    clip = Clip(stream, 9, 64, 64, Fraction(24))  # type: ignore[arg-type]
    with pytest.raises(StorageFailed, match="cannot be written"):
        write_video(clip, Path(place) / "a.mp4")


@pytest.mark.parametrize("limit", [0, 20_000, 300_000])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(limit: int, tmp_path: Path) -> None:
    program = """
import sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from engine.errors import StorageFailed
from engine.media.write_video import write_video
from engine.values import Clip
noise = np.random.default_rng(0).integers(0, 255, (60, 128, 128, 3), np.uint8)
try:
    write_video(Clip(lambda: iter([noise]), 60, 128, 128, Fraction(24)), Path(sys.argv[1]))
except StorageFailed as error:
    print(error)
"""
    said = run_with_file_limit(limit, program, tmp_path / "a.mp4")
    assert "no room left to write" in said
    assert list(tmp_path.iterdir()) == []
