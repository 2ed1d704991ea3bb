from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from engine.errors import Cancelled, InvalidInput, InvalidMedia, StorageFailed
from engine.media.embed import read_embedded
from engine.media.read_video import read_video
from engine.media.write_animation import write_animation
from engine.values import Clip
from tests.engine.media.samples import (
    PURE_COLOURS,
    clip_of,
    colour_fields,
    field_centres,
    frames_of,
    pictures,
)

KINDS = ["gif", "webp"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(40, 60), (41, 63)])
def test_frames_come_back(kind: str, size: tuple[int, int], tmp_path: Path) -> None:
    frames = pictures(12, *size)
    path = tmp_path / f"a.{kind}"
    seen: list[int] = []
    write_animation(clip_of(frames, Fraction(20)), path, progress=seen.append)
    back = read_video(path, tmp_path / "work")

    assert (back.frames, back.fps) == (12, 20)
    assert np.abs(frames_of(back).astype(int) - frames).mean() < (10 if kind == "gif" else 4)
    assert seen[-1] == 12


@pytest.mark.parametrize("kind", KINDS)
def test_pure_colours_come_back(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    write_animation(clip_of(np.stack([colour_fields()] * 3)), path)
    back = frames_of(read_video(path, tmp_path / "work"))
    assert np.abs(field_centres(back[2]) - PURE_COLOURS).max() <= 3


def test_what_changes_slowly_does_change(tmp_path: Path) -> None:
    fade = np.arange(60, dtype=np.uint8)[:, None, None, None] + np.full((32, 32, 3), 60, np.uint8)
    write_animation(clip_of(fade), tmp_path / "a.webp")
    back = frames_of(read_video(tmp_path / "a.webp", tmp_path / "work"))
    assert np.abs(back[[0, 30, 59], 16, 16].astype(int).mean(axis=1) - [60, 90, 119]).max() <= 2


@pytest.mark.parametrize("kind", KINDS)
def test_it_repeats_for_ever_and_keeps_pace(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    write_animation(clip_of(pictures(48, 16, 16), Fraction(24000, 1001)), path)

    with PillowImage.open(path) as image:
        assert image.info["loop"] == 0
        shown = 0
        for frame in range(image.n_frames):
            image.seek(frame)
            image.load()
            shown += image.info["duration"]
    assert abs(shown - 48 * 1001 / 24) <= 10


def test_a_gif_leaves_out_frames_that_no_viewer_would_show_in_time(tmp_path: Path) -> None:
    write_animation(clip_of(pictures(20, 16, 16), Fraction(100)), tmp_path / "a.gif")
    with PillowImage.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 10
        assert image.info["duration"] == 20


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_is_embedded(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    write_animation(clip_of(pictures(3, 16, 16)), path, document='{"a": "é"}')
    assert read_embedded(path) == '{"a": "é"}'
    assert read_video(path, tmp_path / "work").frames == 3


@pytest.mark.parametrize("kind", KINDS)
def test_stopping_leaves_nothing(kind: str, tmp_path: Path) -> None:
    calls = iter([None, None])

    def check() -> None:
        if next(calls, "stop"):
            raise Cancelled

    with pytest.raises(Cancelled):
        write_animation(clip_of(pictures(40, 16, 16)), tmp_path / f"a.{kind}", check=check)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_written_is_named(kind: str, tmp_path: Path) -> None:
    empty = Clip(lambda: iter([]), 0, 8, 8, Fraction(24))
    with pytest.raises(InvalidMedia, match="no frames"):
        write_animation(empty, tmp_path / f"a.{kind}")
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match=rf"a\.{kind}' cannot be written"):
        write_animation(clip_of(pictures(3, 16, 16)), tmp_path / "file" / f"a.{kind}")
    with pytest.raises(InvalidInput, match=r"Use \.gif or \.webp"):
        write_animation(clip_of(pictures(3, 16, 16)), tmp_path / "a.txt")
