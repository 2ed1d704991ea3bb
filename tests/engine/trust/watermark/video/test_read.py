"""The number in the picture is read after what happens to videos, and in nothing else."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.reading import Reading
from engine.trust.watermark.video.mark import STRONGEST, USUAL, mark_frames, unfit
from engine.trust.watermark.video.read import read_frames
from tests.engine.trust.watermark.attacks import ATTACKS, Footage, crop, encode, scale, trim
from tests.engine.trust.watermark.scenes import Size, Video, footage

KEY, OTHER = MarkKey(bytes(range(32))), MarkKey(bytes(range(1, 33)))
NUMBER = 0x123456789ABC
FPS = Fraction(24)
CLIP = footage(8, Size(360, 640), 48)


def marked(video: Video, strength: float = USUAL) -> Video:
    chunks = iter([video[:13], video[13:]])
    made = [*mark_frames(chunks, id=NUMBER, key=KEY, fps=FPS, strength=strength)]
    assert [len(chunk) for chunk in made] == [13, len(video) - 13]
    return np.concatenate(made)


def marked_with(video: Video, strength: float) -> Video:
    return next(mark_frames(iter([video]), id=NUMBER, key=KEY, fps=FPS, strength=strength))


def read(clip: Footage, key: MarkKey = KEY) -> Reading | None:
    return read_frames(iter([clip.video]), key=key, fps=Fraction(clip.fps))


@pytest.fixture(scope="module")
def video() -> Video:
    return marked(CLIP)


@pytest.mark.parametrize("attack", ["crf 23", "crop 10 %", "half rate", "flip", "rotate 3 degrees"])
def test_it_survives(video: Video, attack: str) -> None:
    found = read(ATTACKS[attack](Footage(video, 24), 1))
    assert found is not None
    assert found.id == NUMBER
    assert found.confidence > 7


def test_it_survives_that_its_beginning_is_cut_off() -> None:
    long = marked(np.concatenate([CLIP, CLIP, CLIP, CLIP]))
    found = read(trim(Footage(long, 24), 3))
    assert found is not None
    assert found.id == NUMBER


@pytest.fixture(scope="module")
def worn(video: Video) -> Footage:
    """A copy in which too little is left to read a number."""
    return encode(Footage(video, 24), 34)


def test_a_known_number_is_recognised_where_it_cannot_be_read(worn: Footage) -> None:
    frames, fps = worn.video, FPS
    assert read_frames(iter([frames]), key=KEY, fps=fps, changed=False) is None
    known = [*range(500), NUMBER]
    found = read_frames(iter([frames]), key=KEY, fps=fps, changed=False, known=known)
    assert found is not None
    assert found.id == NUMBER


def test_no_known_number_is_recognised_where_there_is_another_or_none(worn: Footage) -> None:
    known = range(2000)
    for frames in (worn.video, CLIP):
        assert read_frames(iter([frames]), key=KEY, fps=FPS, changed=False, known=known) is None


def test_the_scene_that_moves_is_taken_from_before_the_mark() -> None:
    """A camera that shakes: what codecs leave of the mark lies under the scene."""
    shaken = Footage(marked(footage(12, Size(360, 640), 48)), 24)
    found = read_frames(iter([encode(shaken, 30).video]), key=KEY, fps=FPS, changed=False)
    assert found is not None
    assert found.id == NUMBER
    assert found.confidence > 10, "7.7 with the scene"


def test_nothing_is_read_without_a_mark_or_with_another_key(video: Video) -> None:
    assert read(Footage(CLIP, 24)) is None
    assert read_frames(iter([video]), key=OTHER, fps=FPS, changed=False) is None
    assert read(Footage(video[:0], 24)) is None


@pytest.mark.parametrize("size", [Size(360, 640), Size(720, 1280), Size(540, 300)])
def test_the_same_tile_lies_everywhere(size: Size) -> None:
    grey = np.full((1, *size, 3), 128, np.uint8)
    added = marked_with(grey, 4.0)[0, ..., 0].astype(float) - 128
    step = max(size) // 5
    for across in range(0, size.width - step + 1, step):
        for down in range(0, size.height - step + 1, step):
            tile = added[down : down + step, across : across + step]
            assert np.corrcoef(tile.ravel(), added[:step, :step].ravel())[0, 1] > 0.95


@pytest.mark.parametrize(("strength", "decibels"), [(USUAL, 48), (STRONGEST, 44)])
def test_it_is_fainter_than_is_seen(strength: float, decibels: float) -> None:
    error = np.square(marked(CLIP, strength).astype(float) - CLIP).mean()
    assert decibels <= 10 * np.log10(255**2 / error) < decibels + 1


def test_odd_and_upright_sizes_carry_it() -> None:
    upright = footage(3, Size(641, 361), 48)
    found = read(Footage(marked(upright), 24))
    assert found is not None
    assert found.id == NUMBER


def test_a_cut_is_found_where_it_lies(video: Video) -> None:
    found = read(crop(scale(Footage(video, 24), 0.75), 0.1, seed=3))
    assert found is not None
    assert found.id == NUMBER


def test_what_is_too_small_or_too_short_is_told() -> None:
    assert unfit(1280, 720, 3.0) == ""
    assert unfit(255, 144, 3.0).startswith("too small (255 x 144 pixels; from 256 on)")
    assert unfit(512, 288, 0.2).startswith("too short (0.2 s; from 0.5 s on)")
