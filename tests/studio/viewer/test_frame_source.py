"""Frames of real files in any order, exactly."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import InvalidMedia
from engine.media.write_animation import write_animation
from engine.values import Clip
from studio.viewer.frame_source import Facts, FrameSource
from studio.viewer.pixels import Output, rgb_from_rows
from studio.viewer.webp_source import open_source
from tests.engine.media.samples import clip_of, encode, pictures, rgb_frame
from tests.studio.viewer.conftest import HEIGHT, WIDTH, number_in, numbered, write_numbered


@contextmanager
def scanned(path: Path) -> Iterator[tuple[FrameSource, Facts]]:
    source = FrameSource(path)
    try:
        yield source, source.scan(lambda frame, facts: None)
    finally:
        source.close()


def shown(source: FrameSource, frame: int) -> int | None:
    decoded = source.exact(source.index.order(frame))
    assert decoded is not None
    return number_in(source.converted(decoded, Output(WIDTH, HEIGHT)))


def test_a_file_says_what_it_is(video: Path) -> None:
    with scanned(video) as (_, facts):
        assert facts == Facts(WIDTH, HEIGHT, 60, Fraction(24))


def test_the_first_frame_is_there_before_the_rest_is_read(video: Path) -> None:
    source = FrameSource(video)
    told: list[tuple[int, int]] = []
    source.scan(lambda frame, facts: told.append((facts.width, facts.frames)))
    source.close()
    assert told == [(WIDTH, 1)]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "mov"])
def test_any_frame_in_any_order_is_exactly_that_frame(suffix: str, tmp_path: Path) -> None:
    path = write_numbered(tmp_path / f"a.{suffix}", frames=40)
    order = random.Random(0).sample(range(40), 40)
    with scanned(path) as (source, _):
        assert [shown(source, frame) for frame in order] == order


def passing(source: FrameSource, needed: int) -> list[int]:
    found: list[int] = []
    while (step := source.advance(needed)) is not None:
        found.append(step[0])
    return found


def test_frames_before_the_needed_one_may_be_left_out_but_never_that_one(tmp_path: Path) -> None:
    frames = [rgb_frame(numbered(n)) for n in range(60)]
    options = {"x264-params": "scenecut=0:b-adapt=0:bframes=3:keyint=30:b-pyramid=none:crf=10"}
    path = encode(tmp_path / "b.mp4", frames, "libx264", options=options)
    with scanned(path) as (source, _):
        source.seek(28)
        assert len([number for number in passing(source, 28) if number < 28]) < 15
        for needed in (26, 27, 17, 59, 44, 1):
            source.seek(needed)
            assert needed in passing(source, needed)
            assert shown(source, needed) == needed


def test_a_variable_rate_repeats_frames_as_nodes_see_them(tmp_path: Path) -> None:
    frames = [rgb_frame(numbered(n)) for n in range(4)]
    for frame, at in zip(frames, (0, 40, 160, 200), strict=True):
        frame.pts, frame.time_base = at, Fraction(1, 1000)
    path = encode(tmp_path / "v.mkv", frames, "libx264", rate=Fraction(25))
    with scanned(path) as (source, facts):
        assert facts.fps == 25
        assert [shown(source, frame) for frame in range(6)] == [0, 1, 1, 1, 2, 3]
        assert source.index.span(1) == (1, 3)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_file_is_shown_upright(turn: int, tmp_path: Path) -> None:
    from engine.media.read_video import read_video

    picture = pictures(1, 48, 64)[0]
    path = encode(tmp_path / "t.mp4", [rgb_frame(picture)], "libx264", rotation=turn)
    expected = next(iter(read_video(path, tmp_path)))[0]
    with scanned(path) as (source, facts):
        frame = source.exact(0)
        assert frame is not None
        output = Output(facts.width, facts.height, exact=True)
        seen = rgb_from_rows(source.converted(frame, output))
    assert seen.shape == expected.shape
    assert np.abs(seen.astype(int) - expected.astype(int)).max() <= 2


def test_exact_values_are_those_that_nodes_see(video: Path, tmp_path: Path) -> None:
    from engine.media.read_video import read_video

    expected = np.concatenate(list(read_video(video, tmp_path)))[33]
    with scanned(video) as (source, _):
        frame = source.exact(33)
        assert frame is not None
        seen = rgb_from_rows(source.converted(frame, Output(WIDTH, HEIGHT, exact=True)))
    assert np.abs(seen.astype(int) - expected.astype(int)).max() <= 1


def test_a_file_of_one_frame(tmp_path: Path) -> None:
    with scanned(write_numbered(tmp_path / "one.mp4", frames=1)) as (source, facts):
        assert facts.frames == 1
        assert shown(source, 0) == 0
        assert shown(source, 0) == 0


def test_a_picture_is_a_file_of_one_frame(tmp_path: Path) -> None:
    from engine.media.write_image import write_image
    from engine.values import Image

    write_image(Image(numbered(9)), tmp_path / "p.png")
    with scanned(tmp_path / "p.png") as (source, facts):
        assert (facts.width, facts.height, facts.frames) == (WIDTH, HEIGHT, 1)
        assert shown(source, 0) == 9


def test_transparency_is_kept_for_the_checker(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 4), 120, np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, "rgba")
    path = encode(tmp_path / "a.png", [frame], "png")
    with scanned(path) as (source, facts):
        decoded = source.exact(0)
        assert decoded is not None
        assert facts.alpha
        assert source.converted(decoded, Output(8, 8)).alpha


def test_an_animation_plays(tmp_path: Path) -> None:
    clip: Clip = clip_of(np.stack([numbered(n) for n in range(5)]), Fraction(10))
    write_animation(clip, tmp_path / "a.gif")
    with scanned(tmp_path / "a.gif") as (source, facts):
        assert (facts.frames, facts.fps) == (5, 10)
        assert [shown(source, frame) for frame in (4, 0, 2)] == [4, 0, 2]


def test_an_animated_webp_plays_too(tmp_path: Path) -> None:
    clip: Clip = clip_of(np.stack([numbered(n) for n in range(5)]), Fraction(10))
    write_animation(clip, tmp_path / "a.webp")
    with closing(open_source(tmp_path / "a.webp")) as source:
        facts = source.scan(lambda frame, facts: None)
        assert (facts.frames, facts.fps) == (5, 10)
        for frame in (4, 0, 2):
            decoded = source.exact(source.index.order(frame))
            assert decoded is not None
            assert number_in(source.converted(decoded, Output(WIDTH, HEIGHT))) == frame


def test_a_file_that_was_cut_short_shows_what_is_there(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "cut.mp4", frames=60)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 85 // 100])
    with scanned(path) as (source, facts):
        assert 5 < facts.frames < 60
        assert facts.notice.startswith("'cut.mp4' is cut short: ")
        assert "of 60 frames are there" in facts.notice
        assert [shown(source, frame) for frame in (5, 0, 3)] == [5, 0, 3]


def test_rubbish_and_missing_files_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "rubbish.mp4").write_bytes(b"nothing of the kind" * 100)
    for name in ("rubbish.mp4", "missing.mp4"):
        with pytest.raises(InvalidMedia, match=name):
            FrameSource(tmp_path / name)
