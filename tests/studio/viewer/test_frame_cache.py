"""Which frames are kept, and which is fetched next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studio.viewer.frame_cache import FrameCache, Playhead


def filled(frames: range, playhead: Playhead, room: int = 1000) -> FrameCache[str]:
    cache: FrameCache[str] = FrameCache(room)
    for frame in frames:
        cache.put(frame, str(frame), 1, playhead)
    return cache


def test_what_is_played_soonest_is_wanted_first() -> None:
    playhead = Playhead(at=50, direction=1, first=0, last=99)
    assert filled(range(50, 60), playhead).wanted(playhead, 100) == 60


def test_playing_backwards_the_frames_before_are_wanted() -> None:
    playhead = Playhead(at=50, direction=-1, first=0, last=99)
    assert filled(range(45, 51), playhead).wanted(playhead, 100) == 44


def test_ahead_of_the_end_of_a_loop_lies_its_beginning() -> None:
    playhead = Playhead(at=19, direction=1, first=10, last=20)
    assert filled(range(19, 21), playhead).wanted(playhead, 100) == 10


def test_without_a_loop_what_is_behind_comes_last() -> None:
    playhead = Playhead(at=97, direction=1, first=0, last=99, loop=False)
    assert filled(range(97, 100), playhead).wanted(playhead, 100) == 96


def test_frames_outside_the_range_are_fetched_when_there_is_room() -> None:
    playhead = Playhead(at=10, direction=1, first=10, last=12)
    assert filled(range(10, 13), playhead).wanted(playhead, 100) == 9


def test_nothing_is_wanted_once_all_is_there() -> None:
    playhead = Playhead(at=3, direction=1, first=0, last=9)
    assert filled(range(10), playhead).wanted(playhead, 10) is None


def test_what_was_played_long_ago_makes_room() -> None:
    before = Playhead(at=0, direction=1, first=0, last=99, loop=False)
    cache = filled(range(10), before, room=10)
    now = Playhead(at=9, direction=1, first=0, last=99, loop=False)
    assert cache.put(10, "10", 1, now)
    assert sorted(cache.frames) == list(range(1, 11))


def test_a_frame_that_is_wanted_later_than_all_is_not_kept() -> None:
    playhead = Playhead(at=0, direction=1, first=0, last=99, loop=False)
    cache = filled(range(10), playhead, room=10)
    assert not cache.put(50, "50", 1, playhead)
    assert sorted(cache.frames) == list(range(10))


def test_a_full_cache_fetches_forwards_frame_by_frame() -> None:
    cache = filled(range(20), Playhead(0, 1, 0, 99, loop=False), room=20)
    assert cache.wanted(Playhead(4, 1, 0, 99, loop=False), 100) is None
    assert cache.wanted(Playhead(7, 1, 0, 99, loop=False), 100) == 20


def test_a_full_cache_fetches_backwards_in_large_portions() -> None:
    cache = filled(range(80, 100), Playhead(99, -1, 0, 99, loop=False), room=20)
    wanted = [cache.wanted(Playhead(at, -1, 0, 99, loop=False), 100) for at in range(99, 79, -1)]
    waiting = wanted.index(79)
    assert waiting >= 10
    assert set(wanted[:waiting]) == {None}


def test_stretches_are_told_from_first_to_last() -> None:
    playhead = Playhead(0, 1, 0, 99)
    cache = filled(range(3), playhead)
    cache.put(7, "7", 1, playhead)
    assert cache.ranges() == ((0, 2), (7, 7))


@given(
    budget=st.integers(1, 40),
    puts=st.lists(st.tuples(st.integers(0, 99), st.integers(1, 9)), max_size=60),
    at=st.integers(0, 99),
    direction=st.sampled_from([1, -1]),
)
def test_the_budget_is_kept(
    budget: int, puts: list[tuple[int, int]], at: int, direction: int
) -> None:
    cache: FrameCache[int] = FrameCache(budget)
    sizes: dict[int, int] = {}
    for number, size in puts:
        if number not in cache.frames:
            sizes[number] = size
        cache.put(number, number, size, Playhead(at, direction, 0, 99))
        held = sum(sizes[n] for n in cache.frames)
        assert held <= budget or len(cache.frames) == 1
