"""The memory cache stays under its budget and forgets what was unused for longest."""

from __future__ import annotations

import threading

import numpy as np

from engine.run.cache import MemoryCache, size_of
from engine.values import Image


def image(nbytes: int) -> dict[str, object]:
    return {"result": Image(np.zeros((1, nbytes // 3, 3), np.uint8))}


def test_what_was_put_is_found() -> None:
    cache = MemoryCache(10_000)
    outputs = image(300)
    cache.put("a", outputs)
    assert cache.get("a") is outputs
    assert cache.get("b") is None


def test_what_was_unused_for_longest_goes_first() -> None:
    cache = MemoryCache(10_000)
    for name in "abc":
        cache.put(name, image(3000))
    cache.get("a")
    cache.put("d", image(3000))
    assert [name for name in "abcd" if cache.get(name)] == ["a", "c", "d"]


def test_the_budget_holds_at_all_times() -> None:
    cache = MemoryCache(10_000)
    for number in range(50):
        cache.put(str(number), image(300 * (number % 7 + 1)))
        assert 0 < cache.nbytes <= 10_000


def test_what_exceeds_the_whole_budget_costs_nobody_a_place() -> None:
    cache = MemoryCache(10_000)
    cache.put("a", image(3000))
    cache.put("huge", image(30_000))
    assert cache.get("huge") is None
    assert cache.get("a") is not None


def test_putting_again_counts_once() -> None:
    cache = MemoryCache(10_000)
    cache.put("a", image(3000))
    size = cache.nbytes
    cache.put("a", image(3000))
    assert cache.nbytes == size


def test_discarding_frees_what_was_counted() -> None:
    cache = MemoryCache(10_000)
    cache.put("a", image(3000))
    cache.put("b", image(3000))
    cache.discard("a")
    cache.discard("a")
    cache.clear()
    assert cache.nbytes == 0
    assert cache.get("b") is None


def test_sizes_are_what_values_say_of_themselves() -> None:
    pixels = np.zeros((10, 10, 3), np.uint8)
    assert size_of(Image(pixels)) == 300
    assert size_of([Image(pixels), Image(pixels)]) > 600
    assert size_of("x" * 1000) > 1000
    assert size_of(1) > 0


def test_threads_keep_the_count_right() -> None:
    cache = MemoryCache(5_000)

    def work(name: str) -> None:
        for number in range(300):
            cache.put(f"{name}{number % 5}", image(300))
            cache.get(f"{name}{number % 3}")
            cache.discard(f"{name}{number % 4}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in "abcd":
        for number in range(5):
            cache.discard(f"{name}{number}")
    assert cache.nbytes == 0
