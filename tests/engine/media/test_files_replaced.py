"""A clip finds its file by content: a copy may take its place, another file may not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidMedia
from engine.media import read_video as reading
from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from tests.engine.media.samples import clip_of, frames_of, pictures


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return made(tmp_path / "a.mp4", 5)


def made(path: Path, frames: int) -> Path:
    settings = VideoSettings(preset="ultrafast", hardware="off")
    write_video(clip_of(pictures(frames, 64, 64)), path, settings)
    return path


def test_a_copy_in_its_place_is_the_same_file(path: Path, tmp_path: Path) -> None:
    clip = reading.read_video(path, tmp_path)
    before = frames_of(clip)
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))
    assert np.array_equal(frames_of(clip), before)


def test_a_file_that_is_gone_and_comes_back_is_read_again(path: Path, tmp_path: Path) -> None:
    clip = reading.read_video(path, tmp_path)
    shutil.copy(path, tmp_path / "b.mp4")
    path.unlink()
    with pytest.raises(InvalidMedia, match="No such file"):
        frames_of(clip)
    made(path, 7)
    with pytest.raises(InvalidMedia, match="has changed"):
        frames_of(clip)
    os.replace(tmp_path / "b.mp4", path)
    assert len(frames_of(clip)) == 5


def test_other_content_under_the_time_and_size_of_the_old_is_noticed(
    path: Path, tmp_path: Path
) -> None:
    clip = reading.read_video(path, tmp_path)
    status, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(InvalidMedia, match="has changed"):
        frames_of(clip)


def test_a_file_that_changes_while_it_is_scanned_is_noticed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = reading._scan

    def disturbed(path: Path) -> reading._Scan:
        try:
            return scan(path)
        finally:
            made(path, 7)

    monkeypatch.setattr(reading, "_scan", disturbed)
    with pytest.raises(InvalidMedia, match="has changed"):
        reading.read_video(path, tmp_path)
