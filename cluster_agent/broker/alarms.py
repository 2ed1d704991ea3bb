"""Alarms of jobs: at most one each, on the monotonic clock."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Final

SPARE_ENTRIES: Final = 64


class Alarms:
    """When something is due, by the number of a job; entries that are void are dropped lazily."""

    def __init__(self) -> None:
        self._at: dict[int, float] = {}
        self._heap: list[tuple[float, int]] = []

    def __contains__(self, number: int) -> bool:
        return number in self._at

    def set(self, number: int, at: float) -> None:
        """Due at a time, instead of whenever it was before."""
        self._at[number] = at
        heappush(self._heap, (at, number))
        if len(self._heap) > 2 * len(self._at) + SPARE_ENTRIES:
            self._heap = [(when, each) for each, when in self._at.items()]
            heapify(self._heap)

    def clear(self, number: int) -> None:
        """Not due any more."""
        self._at.pop(number, None)

    def due(self, now: float) -> Iterator[int]:
        """The jobs whose time has come, each once, earliest first."""
        while self._heap and self._heap[0][0] <= now:
            at, number = heappop(self._heap)
            if self._at.get(number) == at:
                del self._at[number]
                yield number

    def next(self) -> float:
        """When the earliest may be due."""
        return self._heap[0][0] if self._heap else float("inf")
