"""The fastest way that fits is taken, and what cannot fit is refused with what would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.models.memory.plan import (
    ALL_STAY,
    WAYS,
    Need,
    Part,
    least,
    most_frames,
    peak,
    place,
    placement_or_refusal,
    ways_of,
)

PARTS = (
    Part("text_encoder", "encode", 10_000, 1_000),
    Part("transformer", "sample", 4_000, 400),
    Part("vae", "decode", 300, 200),
)


def need_at(frames: int) -> Need:
    return Need(PARTS, {"encode": 50, "sample": 10 * frames, "decode": 40 * frames}, 20 * 10)


def test_with_room_everything_stays() -> None:
    placement = place(need_at(10), 14_700)
    assert placement is not None
    assert placement.way is ALL_STAY
    assert placement.peak == 14_300 + 400


@pytest.mark.parametrize(
    ("free", "way"),
    [
        (14_699, WAYS[1]),
        (14_499, WAYS[2]),
        (10_049, WAYS[4]),
        (4_099, WAYS[5]),
    ],
)
def test_less_room_takes_a_slower_way(free: int, way: object) -> None:
    placement = place(need_at(10), free)
    assert placement is not None
    assert placement.way == way
    assert placement.peak <= free


def test_tiles_are_taken_for_a_long_decode() -> None:
    placement = place(need_at(1_000), 14_300)
    assert placement is not None
    assert placement.way == WAYS[3]


def test_what_was_too_much_is_not_taken_again() -> None:
    placement = place(need_at(10), 1 << 40, after=WAYS[2])
    assert placement is not None
    assert placement.way == WAYS[3]
    assert place(need_at(10), 1 << 40, after=WAYS[-1]) is None


def test_without_tiles_no_way_speaks_for_them_alone() -> None:
    need = Need(PARTS, {"decode": 10})
    assert [way.tiled for way in ways_of(need)] == [False, False, True, True]
    assert peak(need, WAYS[-1]) == 1_000  # the text encoder's blocks


@given(
    sizes=st.lists(st.integers(1, 10**6), min_size=3, max_size=3),
    working=st.lists(st.integers(0, 10**6), min_size=3, max_size=3),
    tiled=st.none() | st.integers(0, 10**6),
    free=st.integers(0, 10**7),
)
def test_a_placement_fits_and_no_faster_one_would(
    sizes: list[int], working: list[int], tiled: int | None, free: int
) -> None:
    parts = tuple(
        Part(part.name, part.phase, size, max(1, size // 10))
        for part, size in zip(PARTS, sizes, strict=True)
    )
    encode, sample, decode = working
    need = Need(parts, {"encode": encode, "sample": sample, "decode": decode}, tiled)
    placement = place(need, free)
    if placement is None:
        assert least(need) > free
        return
    assert placement.peak == peak(need, placement.way) <= free
    faster = ways_of(need)[: ways_of(need).index(placement.way)]
    assert all(peak(need, way) > free for way in faster)


def test_the_longest_that_fits_is_found() -> None:
    lengths = range(1, 400, 4)
    free = 1_000 + 10 * 57
    fitting = most_frames(need_at, lengths, free)
    assert fitting is not None
    assert place(need_at(fitting), free) is not None
    assert place(need_at(fitting + 4), free) is None
    assert most_frames(need_at, lengths, 10) is None


def test_a_refusal_says_what_would_fit() -> None:
    lengths = range(1, 400, 4)
    assert placement_or_refusal("It", need_at, 9, lengths, 20_000).way is ALL_STAY
    with pytest.raises(InvalidInput) as refused:
        placement_or_refusal("The model 'x'", need_at, 397, lengths, 1_570)
    assert "The model 'x' needs" in str(refused.value)
    assert "at most 117 frames" in str(refused.value.remedy)
    with pytest.raises(InvalidInput) as refused:
        placement_or_refusal("The model 'x'", need_at, 397, lengths, 10)
    assert "smaller model" in str(refused.value.remedy)
