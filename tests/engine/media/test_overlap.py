from __future__ import annotations

import threading

import pytest

from engine.media.overlap import overlapped


def test_items_are_consumed_in_order_in_another_thread() -> None:
    seen: list[tuple[int, int]] = []
    with overlapped(lambda item: seen.append((item, threading.get_ident())), depth=2) as put:
        for item in range(100):
            put(item)

    assert [item for item, _ in seen] == list(range(100))
    assert {thread for _, thread in seen}.isdisjoint({threading.get_ident()})


def test_making_and_consuming_overlap() -> None:
    started, release = threading.Event(), threading.Event()

    def consume(item: int) -> None:
        started.set()
        assert release.wait(10)

    with overlapped(consume, depth=1) as put:
        put(1)
        assert started.wait(10), "the first item is being consumed"
        put(2)  # returns although nothing was finished
        release.set()


def test_an_error_of_the_consumer_reaches_the_maker() -> None:
    made: list[int] = []
    seen: list[int] = []

    def consume(item: int) -> None:
        seen.append(item)
        if item == 3:
            raise RuntimeError("item three")

    def make() -> None:
        with overlapped(consume, depth=8) as put:
            for item in range(1000):
                put(item)
                made.append(item)

    with pytest.raises(RuntimeError, match="item three"):
        make()
    assert len(made) < 1000
    assert seen == [0, 1, 2, 3], "what was waiting is dropped"


def test_an_error_at_the_last_item_is_not_lost() -> None:
    def consume(item: int) -> None:
        raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"), overlapped(consume, depth=4) as put:
        put(1)


def test_an_error_of_the_maker_ends_the_consumer_and_is_raised() -> None:
    seen: list[int] = []
    before = threading.active_count()

    def make() -> None:
        with overlapped(seen.append, depth=8) as put:
            for item in range(5):
                put(item)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make()
    assert seen == list(range(len(seen)))
    assert threading.active_count() == before
