"""Decoded frames around the playhead, within a budget; which to fetch next, and which to let go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

# A frame behind the playhead is worth one this many times as far ahead of it.
_BEHIND: Final = 3


@dataclass(frozen=True, slots=True)
class Playhead:
    """Where playing is and where it goes, in stored frames; `first` to `last` are played.

    `direction` is 1 or -1.  With `loop`, what lies ahead of the end is the beginning.
    """

    at: int
    direction: int
    first: int
    last: int
    loop: bool = True

    def ahead(self, frame: int) -> int | None:
        """How many frames until this one is played; None if it is behind, or never comes."""
        if not self.first <= frame <= self.last:
            return None
        distance = (frame - self.at) * self.direction
        if distance >= 0:
            return distance
        return distance + self.last - self.first + 1 if self.loop else None

    def rank(self, frame: int) -> int:
        """How soon a frame may be wanted: the smaller, the sooner."""
        behind = abs(frame - self.at) * _BEHIND
        ahead = self.ahead(frame)
        return behind if ahead is None else min(ahead, behind)

    def next(self, steps: int) -> int | None:
        """The frame that is played after so many; None past an end that does not loop."""
        frame = self.at + steps * self.direction
        if self.first <= frame <= self.last:
            return frame
        if not self.loop or not self.first <= self.at <= self.last:
            return None
        return self.first + (frame - self.first) % (self.last - self.first + 1)


@dataclass
class FrameCache(Generic[T]):
    """Frames by their number.  Over the budget in bytes, those wanted last go first."""

    budget: int
    _frames: dict[int, T] = field(default_factory=dict)
    _sizes: dict[int, int] = field(default_factory=dict)
    _held: int = 0

    @property
    def frames(self) -> Mapping[int, T]:
        """What is there."""
        return self._frames

    @property
    def full(self) -> bool:
        """Whether another frame of the usual size would need room."""
        usual = self._held // len(self._frames) if self._frames else 0
        return self._held + usual > self.budget

    def put(self, number: int, frame: T, size: int, playhead: Playhead) -> bool:
        """Keep a frame if it is wanted sooner than what would have to go; whether it was kept."""
        if number in self._frames:
            return True
        while self._frames and self._held + size > self.budget:
            worst = max(self._frames, key=playhead.rank)
            if playhead.rank(worst) <= playhead.rank(number):
                return False
            self.drop(worst)
        self._frames[number] = frame
        self._sizes[number] = size
        self._held += size
        return True

    def drop(self, number: int) -> None:
        """Let one go."""
        del self._frames[number]
        self._held -= self._sizes.pop(number)

    def clear(self) -> None:
        """Let all go."""
        self._frames.clear()
        self._sizes.clear()
        self._held = 0

    def wanted(self, playhead: Playhead, stored: int) -> int | None:
        """The frame to fetch next when there is time; None if all that fits is there.

        With a full cache the frames that are soonest needed replace those that are not, but going
        backwards only in large portions: each needs everything from the keyframe on.
        """
        if not self.full:
            return self._soonest(playhead, stored)
        reach = len(self._frames) * _BEHIND // (_BEHIND + 1)
        if playhead.direction < 0:
            reach //= 2
        for steps in range(reach):
            number = playhead.next(steps)
            if number is None:
                return None
            if number not in self._frames:
                return number
        return None

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """What is there, as stretches from first to last."""
        found: list[list[int]] = []
        for number in sorted(self._frames):
            if found and number == found[-1][1] + 1:
                found[-1][1] = number
            else:
                found.append([number, number])
        return tuple((first, last) for first, last in found)

    def _soonest(self, playhead: Playhead, stored: int) -> int | None:
        if len(self._frames) >= stored:
            return None
        for steps in range(playhead.last - playhead.first + 1):
            number = playhead.next(steps)
            if number is None:
                break
            if number not in self._frames:
                return number
        behind = (n for n in range(stored) if n not in self._frames)
        return min(behind, key=playhead.rank, default=None)
