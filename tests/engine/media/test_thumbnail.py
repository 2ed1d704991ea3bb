from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidMedia
from engine.media.read_image import read_image
from engine.media.thumbnail import representative_frame, write_thumbnail
from engine.values import Clip
from tests.engine.media.samples import clip_of, pictures


def test_a_fade_from_black_does_not_stand_for_the_clip() -> None:
    frames = pictures(40, 24, 32)
    frames[:10] = 0
    frames[38:] = 255
    chosen = representative_frame(clip_of(frames))
    assert any(np.array_equal(chosen, frame) for frame in frames[10:38])


def test_a_thumbnail_keeps_the_shape_and_is_small(tmp_path: Path) -> None:
    write_thumbnail(clip_of(pictures(3, 480, 640)), tmp_path / "a.jpg", longest_side=160)
    image = read_image(tmp_path / "a.jpg")
    assert (image.width, image.height) == (160, 120)


def test_a_small_clip_is_not_blown_up(tmp_path: Path) -> None:
    write_thumbnail(clip_of(pictures(1, 24, 32)), tmp_path / "a.jpg")
    assert read_image(tmp_path / "a.jpg").width == 32


def test_a_clip_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidMedia):
        write_thumbnail(Clip(lambda: iter([]), 0, 8, 8, Fraction(24)), tmp_path / "a.jpg")
