"""The playhead: which frame is due when, by the sound's clock or by the steady one.

Pure: `now` (seconds, monotonic) is an argument of everything that depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final, Literal

Loop = Literal["loop", "once", "bounce"]
LOOPS: Final[tuple[Loop, ...]] = ("loop", "once", "bounce")
SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)

LATE_FRAMES: Final = 12
"""How late, in frames, a picture may be and still be shown."""

# Sound and picture: a smaller distance is closed little by little, a larger one at once.
_JUMP_SECONDS: Final = 0.08
_CLOSED_IN_SECONDS: Final = 0.5
# Positions are floats: a frame's very beginning belongs to it.
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Tick:
    """What is due: the frame, whether playing has just ended, whether the way began anew."""

    frame: int
    ended: bool = False
    wrapped: bool = False


class Clock:
    """A playhead on frames 0 to `frames` - 1 at a constant rate; `first` to `last` are played.

    Speed is a number of times the rate, negative when playing backwards.
    """

    def __init__(self, frames: int = 1, fps: Fraction = Fraction(24)) -> None:
        self.frames = max(1, frames)
        self.fps = fps
        self.first = 0
        self.last = self.frames - 1
        self.loop: Loop = "loop"
        self.speed = 1.0
        self.playing = False
        self._anchor = 0.0  # frames, at the moment _since
        self._since = 0.0
        self._checked = 0.0
        self._laps = 0

    @property
    def direction(self) -> int:
        """1 when playing goes, or would go, forwards; else -1."""
        return 1 if self.speed > 0 else -1

    @property
    def wants_sound(self) -> bool:
        """Whether sound can go along: at its own speed, forwards, and not bouncing back."""
        return self.playing and self.speed == 1.0 and self.loop != "bounce"

    def position(self, now: float) -> float:
        """Where the playhead is, in frames and parts of one."""
        return self._folded(self._unfolded(now))[0]

    def frame(self, now: float) -> int:
        """The frame that is to be seen."""
        return min(self.frames - 1, floor(self.position(now) + _ROUNDING))

    def seconds(self, now: float) -> float:
        """Where the playhead is, in seconds from the first frame."""
        return self.position(now) / float(self.fps)

    def heading(self, now: float) -> int:
        """Where the next frame lies: 1 or -1; differs from `direction` when bouncing back."""
        return self._folded(self._unfolded(now))[2] if self.playing else self.direction

    def tick(self, now: float, sound: float | None = None) -> Tick:
        """Move on; `sound` is where the sound is heard to be, in seconds from the first frame."""
        if not self.playing:
            return Tick(self.frame(now))
        if sound is not None and self.wants_sound:
            self._follow(sound * float(self.fps), now)
        self._checked = now
        position, laps, _ = self._folded(self._unfolded(now))
        wrapped, self._laps = laps != self._laps, laps
        ended = self.loop == "once" and laps != 0
        if ended:
            self._set(position, now)
            self.playing = False
        return Tick(self.frame(now), ended, wrapped and not ended)

    def wait(self, now: float) -> float | None:
        """Seconds until another frame is due; None while paused."""
        if not self.playing:
            return None
        position = self._folded(self._unfolded(now))[0]
        inside = position - floor(position + _ROUNDING)
        part = 1 - inside if self.heading(now) > 0 else inside
        return max(0.0, part) / (abs(self.speed) * float(self.fps))

    def before(self, frame: int, steps: int) -> int | None:
        """The frame that was due some steps before another one; None if none was."""
        earlier = frame - steps * self.direction
        if self.first <= earlier <= self.last:
            return earlier
        if self.loop != "loop" or not self.first <= frame <= self.last:
            return None
        return self.first + (earlier - self.first) % (self.last - self.first + 1)

    def play(self, now: float, delay: float = 0.0) -> None:
        """Go on; from the end begin again.  `delay`: when sound that starts now will be heard."""
        if self.playing:
            return
        at = self.frame(now)
        start, end = (self.first, self.last) if self.speed > 0 else (self.last, self.first)
        outside = not self.first <= at <= self.last
        if outside or (at == end and self.loop != "bounce"):
            at = start
        self.playing = True
        self._set(self._entry(at), now)
        self._since += delay

    def pause(self, now: float) -> None:
        """Stay on the frame that is shown."""
        at = self.frame(now)
        self.playing = False
        self._set(at, now)

    def seek(self, frame: int, now: float) -> None:
        """Go to a frame, playing or not."""
        low, high = (self.first, self.last) if self.playing else (0, self.frames - 1)
        self._set(self._entry(min(max(frame, low), high)), now)

    def step(self, count: int, now: float) -> None:
        """Stop, and go some frames on or back."""
        self.pause(now)
        self.seek(self.frame(now) + count, now)

    def set_speed(self, speed: float, now: float) -> None:
        """Change the speed without moving; negative plays backwards.  Zero is no speed."""
        if not speed:
            raise ValueError("a speed of 0 is a pause")
        position = self.position(now)
        turned = (speed > 0) != (self.speed > 0)
        self.speed = min(max(abs(speed), SPEEDS[0]), SPEEDS[-1]) * (1 if speed > 0 else -1)
        self._set(self._entry(floor(position + _ROUNDING)) if turned else position, now)

    def faster(self, direction: int) -> float:
        """J and L: the speed that way; when already going that way, twice as fast."""
        same = self.playing and self.direction == direction
        speed = min(abs(self.speed) * 2, SPEEDS[-1]) if same else 1.0
        return speed * direction

    def set_range(self, first: int, last: int, now: float) -> None:
        """Play only from `first` to `last`; the playhead stays, or is brought inside if playing."""
        at = self.position(now)
        first = min(max(first, 0), self.frames - 1)
        self.first, self.last = first, min(max(last, first), self.frames - 1)
        if self.playing and not self.first <= at < self.last + 1:
            at = self._entry(self.first if self.speed > 0 else self.last)
        self._set(at, now)

    def set_loop(self, loop: Loop, now: float) -> None:
        """Change what happens at the ends."""
        at = self.position(now)
        self.loop = loop
        self._set(at, now)

    def _set(self, position: float, now: float) -> None:
        self._anchor, self._since, self._checked, self._laps = position, now, now, 0

    def _entry(self, frame: int) -> float:
        """Where to stand on a frame so that it is seen for its whole length."""
        return frame + 1 - _ROUNDING * 2 if self.playing and self.speed < 0 else float(frame)

    def _unfolded(self, now: float) -> float:
        if not self.playing:
            return self._anchor
        return self._anchor + max(0.0, now - self._since) * float(self.fps) * self.speed

    def _folded(self, position: float) -> tuple[float, int, int]:
        """A position inside the range, how often an end was passed, and the heading there."""
        length = self.last - self.first + 1
        laps, within = divmod(position - self.first, length)
        if length - within < _ROUNDING:  # the last frame is over, as any other would be
            laps, within = laps + 1, 0.0
        if not self.playing or laps == 0:
            return position, 0, self.direction
        if self.loop == "loop":
            return self.first + within, int(laps), self.direction
        if self.loop == "once":
            return float(self.last if self.speed > 0 else self.first), int(laps), self.direction
        back = int(laps) % 2 == 1
        at = self.first + (length - within if back else within)
        heading = -self.direction if back else self.direction
        return min(at, self.last + 1 - _ROUNDING * 2), int(laps), heading

    def _follow(self, sound: float, now: float) -> None:
        """Bring the playhead to where the sound is: small distances gently, large ones at once."""
        length = self.last - self.first + 1
        here = self._folded(self._unfolded(now))[0]
        apart = sound - here
        if self.loop == "loop" and abs(apart) > length / 2:  # one has looped, the other will
            apart -= length if apart > 0 else -length
        if abs(apart) > _JUMP_SECONDS * float(self.fps):
            self._anchor += apart
        else:
            self._anchor += apart * min(1.0, (now - self._checked) / _CLOSED_IN_SECONDS)


def to_present(
    due: int,
    shown: int | None,
    ready: Callable[[int], bool],
    before: Callable[[int], int | None],
) -> int | None:
    """Dropping: the frame to show now, given the one that is due and which are ready.

    The due one if it is ready.  Else the latest ready one on the way from what is shown: a late
    picture is better than none.  Never one that was passed already.  `before` gives the frame
    that was due so many steps ago.
    """
    for steps in range(LATE_FRAMES):
        candidate = before(steps) if steps else due
        if candidate is None or candidate == shown:
            return None
        if ready(candidate):
            return candidate
    return None
