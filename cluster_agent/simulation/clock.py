"""Simulated time: actions in the order of their moments, ties as they were set."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final

Action = Callable[[], None]
EPOCH: Final = 1_800_000_000.0
"""What the clock on the wall says when a simulation begins."""


class Clock:
    """Seconds since the simulation began; `wall` may be set wrong, as clocks are."""

    def __init__(self) -> None:
        self.now = 0.0
        self.skew = 0.0
        self._set: list[tuple[float, int, Action]] = []
        self._number = 0

    @property
    def wall(self) -> float:
        """Seconds since 1970, as the machine believes."""
        return EPOCH + self.now + self.skew

    def at(self, moment: float, action: Action) -> None:
        """Do something at a moment, or now if that is over."""
        self._number += 1
        heappush(self._set, (max(moment, self.now), self._number, action))

    def after(self, seconds: float, action: Action) -> None:
        """Do something in a while."""
        self.at(self.now + seconds, action)

    def run(self, until: float, done: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, until a moment or until it is done."""
        while self._set and self._set[0][0] <= until and not done():
            self.now, _, action = heappop(self._set)
            action()
        if not done():
            self.now = max(self.now, until)
