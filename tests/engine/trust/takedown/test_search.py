"""Near copies of registered material are found, other material is not; hashes hold no picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.models.starter.training.scene import Scene
from engine.models.starter.training.world import render
from engine.trust.takedown.frame_signs import (
    NUM_FREQUENCIES,
    NUM_WINDOWS,
    frequencies,
    mirrored,
    shrunk,
    signs,
    windowed_frequencies,
)
from engine.trust.takedown.passages import FRAMES, MOST_PASSAGES, passages_of, unpacked
from engine.trust.takedown.search import Index, Search, search
from engine.values import Image
from tests.engine.trust.takedown.clips import as_clip, clip, copies, encoded, textured

REGISTERED = range(12)


@pytest.fixture(scope="module")
def index() -> Index:
    return Index({number: passages_of(clip(number)) for number in REGISTERED})


@pytest.mark.parametrize("number", REGISTERED)
def test_near_copies_are_found(index: Index, number: int) -> None:
    for name, make in list(copies(textured(number), number).items())[:3]:
        match = search(index, as_clip(make()))
        assert match is not None, name
        assert match.request == number
        assert not match.mirrored


def test_others_are_not(index: Index) -> None:
    assert [n for n in range(100, 180) if search(index, clip(n)) is not None] == []


def test_the_benchmark_holds_its_bars_in_small() -> None:
    from tests.benchmarks.takedown import run

    hits, false = run(15, 60)
    assert [hits[name] for name in ("x264 crf 35", "scale 50 %", "crop 10 %")] == [15] * 3
    assert false["scene taken"] + false["texture taken"] == 0


SCENE = Scene(
    colour="orange", shape="star", count=1, motion="left", background="meadow", speed="slow",
    radius=9.0, offset_x=1.0, offset_y=-1.0, travel=18.0,
)  # fmt: skip


@pytest.mark.parametrize(
    "other", [{"shape": "ring"}, {"shape": "triangle"}, {"colour": "blue"}, {"motion": "up"}]
)
def test_another_thing_in_the_same_place_is_no_copy(other: dict[str, str]) -> None:
    index = Index({1: passages_of(as_clip(render(SCENE, 16).numpy()))})
    assert search(index, as_clip(encoded(render(SCENE, 16).numpy(), 35))) is not None
    assert search(index, as_clip(render(replace(SCENE, **other), 16).numpy())) is None  # type: ignore[arg-type]


def test_the_same_picture_in_another_motion_is_no_copy() -> None:
    steps = np.arange(16) * 3
    there = np.stack([np.roll(textured(4)[0], step, 1) for step in steps])
    back = np.stack([np.roll(textured(4)[0], -step, 1) for step in steps])
    assert search(Index({1: passages_of(as_clip(there))}), as_clip(back)) is None


def test_a_mirrored_copy_is_found(index: Index) -> None:
    match = search(index, as_clip(textured(3)[:, :, ::-1]))
    assert match is not None
    assert (match.request, match.mirrored) == (3, True)


@pytest.mark.parametrize("fps", [8, 24, 30, 60])
def test_another_frame_rate_hides_nothing(fps: int) -> None:
    long = textured(4, frames=64)
    index = Index({1: passages_of(as_clip(long))})
    places = np.minimum(np.arange(4 * fps) * 16 // fps, 63)
    assert search(index, as_clip(long[places], fps=fps)) is not None


def test_a_part_within_another_video_is_found_and_where(index: Index) -> None:
    registered = textured(5, frames=48)
    own = Index({7: passages_of(as_clip(registered))})
    size = registered.shape[2], registered.shape[1]
    import cv2

    around = np.stack([cv2.resize(each, size) for each in textured(205, frames=160)])
    video = np.concatenate([around, registered[8:44], around])
    match = search(own, as_clip(video))
    assert match is not None
    assert 9 < match.seconds < 13
    assert search(own, as_clip(np.concatenate([around, around]))) is None


def test_a_block_is_known_before_the_video_ends() -> None:
    registered = textured(6, frames=32)
    own = Index({1: passages_of(as_clip(registered))})
    looking = Search(own, as_clip(registered).fps)
    seen = 0
    rest = np.concatenate([registered, *[registered[-1:]] * 400])
    for frame in rest:
        seen += 1
        if looking.see(frame[None]) is not None:
            break
    assert seen < 160


def test_memory_does_not_grow_with_the_video(index: Index) -> None:
    looking = Search(index, as_clip(textured(301)).fps)
    for _ in range(60):
        looking.see(textured(301))
    assert len(looking._strengths) < 200


def test_a_picture_of_the_material_is_found(index: Index) -> None:
    picture = encoded(textured(2), 23)[8]
    assert search(index, Image(picture)) is not None
    assert search(index, Image(textured(150)[8])) is None


def test_a_registered_picture_is_found_again() -> None:
    picture = textured(8)[0]
    index = Index({1: passages_of(Image(picture))})
    assert search(index, Image(encoded(picture[None], 28)[0])) is not None
    assert search(index, Image(textured(151)[0])) is None


@pytest.mark.parametrize("level", [0, 128, 255])
def test_plain_material_is_refused_and_never_met(index: Index, level: int) -> None:
    plain = np.full((16, 64, 64, 3), level, np.uint8)
    with pytest.raises(InvalidInput, match="too plain"):
        passages_of(as_clip(plain))
    assert search(index, as_clip(plain)) is None


def test_an_empty_register_finds_nothing() -> None:
    index = Index({})
    assert not index
    assert search(index, clip(1)) is None


def test_a_long_video_keeps_a_bounded_number_of_hashes() -> None:
    scene = textured(9, frames=8)
    long = as_clip(np.concatenate([scene] * 40), fps=1)
    assert len(passages_of(long)) <= 320 // FRAMES
    longer = as_clip(np.concatenate([scene] * 100), fps=1)
    assert 50 <= len(passages_of(longer)) <= MOST_PASSAGES


def test_a_frame_smaller_than_a_hash_is_hashed_too() -> None:
    assert windowed_frequencies(shrunk(textured(1)[0][:2, :3])).shape == (
        NUM_WINDOWS,
        NUM_FREQUENCIES,
    )


def test_a_mirrored_frame_has_mirrored_signs() -> None:
    frame = textured(1)[0]
    flipped = signs(frequencies(shrunk(np.ascontiguousarray(frame[:, ::-1]))))
    assert (flipped == signs(frequencies(shrunk(frame))) * mirrored()).mean() > 0.99


def test_brightness_alone_changes_no_sign_of_luma() -> None:
    frame = np.clip(textured(1)[0], 0, 200)
    assert (signs(frequencies(shrunk(frame))) == signs(frequencies(shrunk(frame + 20))))[
        :255
    ].mean() > 0.99


def test_what_was_registered_before_there_was_a_second_look_still_blocks() -> None:
    early = [replace(each, layout_KGG=None).packed() for each in passages_of(clip(3))]
    index = Index({1: [unpacked(data) for data in early]})
    assert search(index, as_clip(encoded(textured(3), 28))) is not None
    assert [n for n in range(100, 120) if search(index, clip(n)) is not None] == []


@settings(max_examples=200)
@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_passage_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"passage"):
        unpacked(data)


@settings(max_examples=100)
@given(place=st.integers(0, 3_000), value=st.integers(0, 255))
def test_a_damaged_passage_is_refused_or_reads_as_one(place: int, value: int) -> None:
    data = bytearray(PACKED)
    data[place % len(data)] = value
    try:
        passage = unpacked(bytes(data))
    except ValueError:
        return
    assert passage.appearance_KWF.shape[1:] == (NUM_WINDOWS, NUM_FREQUENCIES)


def test_a_bomb_is_not_unfolded() -> None:
    import zlib

    bomb = PACKED[:8] + zlib.compress(b"\0" * 50_000_000)
    with pytest.raises(ValueError, match="another length"):
        unpacked(bomb)


PACKED = passages_of(clip(1))[0].packed()
