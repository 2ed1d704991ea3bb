"""Frames read apart from playing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, InvalidMedia, StorageFailed
from engine.media.embed import read_embedded
from engine.media.read_image import read_image
from engine.media.read_video import read_video
from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from studio.viewer.stills import contact_stills, export_frame, spread
from tests.engine.media.samples import clip_of, pictures
from tests.studio.viewer.conftest import number_in


def test_frames_are_spread_from_the_first_to_the_last() -> None:
    assert spread(101, 5) == (0, 25, 50, 75, 100)
    assert spread(3, 20) == (0, 1, 2)
    assert spread(1, 20) == (0,)


def test_a_contact_sheet_has_the_frames_it_says(video: Path) -> None:
    stills = contact_stills(video, cells=6)
    assert [still.frame for still in stills] == list(spread(60, 6))
    assert [number_in(still.pixels) for still in stills] == list(spread(60, 6))


def test_a_contact_sheet_that_nobody_wants_any_more_is_not_made(video: Path) -> None:
    assert contact_stills(video, stopped=lambda: True) == ()


def test_an_exported_frame_has_the_values_that_nodes_see_and_its_graph(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    settings = VideoSettings(preset="ultrafast", hardware="off")
    write_video(clip_of(pictures(8, 48, 64)), path, settings, document='{"nodes":{}}')
    target = export_frame(path, 5, tmp_path / "frame.png")
    expected = np.concatenate(list(read_video(path, tmp_path)))[5]
    found = read_image(target).pixels_HWC
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1
    assert read_embedded(target) == '{"nodes":{}}'


def test_exporting_fails_in_one_sentence(video: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"\.tga"):
        export_frame(video, 0, tmp_path / "a.tga")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageFailed):
        export_frame(video, 0, tmp_path / "file" / "a.png")
    with pytest.raises(InvalidMedia, match="missing"):
        export_frame(tmp_path / "missing.mp4", 0, tmp_path / "a.png")
