from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import Cancelled, InvalidMedia
from engine.media.embed import read_embedded
from engine.media.read_audio import read_audio
from engine.media.read_image import read_image
from engine.media.write_frames import SOUND_FILE, write_frames
from engine.values import Clip
from tests.engine.media.samples import click, clip_of, loudest, pictures

FRAMES = pictures(12, 31, 47)


def test_every_frame_is_an_exact_numbered_picture(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    seen: list[int] = []
    write_frames(clip_of(FRAMES), folder, progress=seen.append)

    paths = sorted(folder.iterdir())
    assert [path.name for path in paths] == [f"frame_{n:06}.png" for n in range(1, 13)]
    for path, frame in zip(paths, FRAMES, strict=True):
        assert np.array_equal(read_image(path).pixels_HWC, frame)
    assert seen[-1] == 12


def test_sound_and_graph_lie_beside(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    write_frames(clip_of(FRAMES, audio=click(9_000)), folder, document='{"a": 1}')

    assert read_embedded(folder) == '{"a": 1}'
    assert loudest(read_audio(folder / SOUND_FILE)) == pytest.approx(9_000, abs=1)


def test_a_new_folder_takes_the_place_of_the_old_one_only_when_complete(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    write_frames(clip_of(FRAMES), folder)

    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        write_frames(clip_of(FRAMES[:3]), folder, check=check)
    assert len(list(folder.iterdir())) == 12
    write_frames(clip_of(FRAMES[:3]), folder)
    assert len(list(folder.iterdir())) == 3
    assert list(tmp_path.iterdir()) == [folder]


def test_a_clip_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidMedia, match="no frames"):
        write_frames(Clip(lambda: iter([]), 0, 8, 8, Fraction(24)), tmp_path / "frames")
    assert list(tmp_path.iterdir()) == []
