"""How well playing goes: frames presented, frames left out, and how late they came."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

_REMEMBERED: Final = 48


@dataclass
class Meter:
    """Counts since `begin`; the rate is that of the last two seconds or so."""

    presented: int = 0
    dropped: int = 0
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def begin(self) -> None:
        """Forget what was."""
        self.presented = self.dropped = 0
        self._times.clear()

    def present(self, now: float, skipped: int) -> None:
        """One more frame was shown; `skipped` were due since the last one and never seen."""
        self.presented += 1
        self.dropped += skipped
        self._times.append(now)

    @property
    def rate(self) -> float:
        """Frames a second, 0 while there are too few to tell."""
        if len(self._times) < 2 or self._times[-1] <= self._times[0]:
            return 0.0
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])
