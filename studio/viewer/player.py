"""Playing: joins the playhead, the decoders of what is shown and compared, and the sound.

Knows no widget: the panel calls `tick` when something may be due, and draws what it finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from engine.errors import ReelwrightError
from studio.viewer.clock import Clock, Loop, to_present
from studio.viewer.decoding import Wish
from studio.viewer.frame_source import Facts
from studio.viewer.media import Media
from studio.viewer.meter import Meter
from studio.viewer.pixels import Output, Pixels
from studio.viewer.sound import SoundPlayer
from studio.viewer.sound_feed import Sound, Stretch
from studio.viewer.timecode import SOUND_RATE


class Decoding(Protocol):
    """What a decoder is to the player; see decoding.Decoder."""

    facts: Facts | None
    error: ReelwrightError | None
    notice: str
    cached: tuple[tuple[int, int], ...]

    def start(self) -> None: ...
    def close(self) -> None: ...
    def want(self, wish: Wish) -> None: ...
    def ready(self, frame: int) -> Pixels | None: ...
    def original(self, frame: int) -> Pixels | None: ...


START_PICTURES: Final = 3
START_SECONDS: Final = 0.25
"""Playing begins when so many pictures are ready, or after so long."""

_STARTING_STEP: Final = 0.01

OpenDecoder = Callable[[Media], Decoding]


@dataclass(frozen=True, slots=True)
class View:
    """What is on the screen: a frame's number, its picture, and the compared one's."""

    frame: int
    picture: Pixels | None
    other: Pixels | None = None


class Player:
    """One file being played, and perhaps another compared with it.

    Times are monotonic seconds.  `shown` is what was last found ready.
    """

    def __init__(self, open_decoder: OpenDecoder, sound: SoundPlayer) -> None:
        self.media: Media | None = None
        self.other_media: Media | None = None
        self.clock = Clock()
        self.meter = Meter()
        self.shown = View(0, None)
        self.sound = sound
        self._open = open_decoder
        self._decoder: Decoding | None = None
        self._other: Decoding | None = None
        self._output: Output | None = None
        self._original = False
        self._settled = False
        self._latest: int | None = None
        self._begin_at = 0
        self._eager = False
        self._starting: float | None = None

    @property
    def facts(self) -> Facts | None:
        """What the file is, once it is open."""
        return None if self._decoder is None else self._decoder.facts

    @property
    def error(self) -> ReelwrightError | None:
        """Why the file cannot be shown."""
        return None if self._decoder is None else self._decoder.error

    @property
    def other_error(self) -> ReelwrightError | None:
        """Why the compared file cannot be shown."""
        return None if self._other is None else self._other.error

    @property
    def notice(self) -> str:
        """What of the file is missing, as a sentence."""
        return "" if self._decoder is None else self._decoder.notice

    @property
    def cached(self) -> tuple[tuple[int, int], ...]:
        """The stretches of frames that show at once."""
        return () if self._decoder is None else self._decoder.cached

    def load(self, media: Media | None, now: float, at: int = 0) -> None:
        """Show another file from a frame on, or nothing.  What was compared goes too."""
        self.compare(None)
        if self._decoder is not None:
            self._decoder.close()
        self.media, self._decoder = media, None
        clock, self.clock = self.clock, Clock()
        self.clock.speed, self.clock.loop = clock.speed, clock.loop
        self.shown = View(0, None)
        self._begin_at = at
        self._eager, self._starting = False, None
        self._settled, self._latest = False, None
        self.sound.load(None)  # tells the panel, which must not find the file before
        if media is not None and media.kind != "audio":
            self._decoder = self._open(media)
            self._wish(now)
            self._decoder.start()

    def compare(self, media: Media | None) -> None:
        """Show another file beside this one, frame by frame; None shows this one alone."""
        if self._other is not None:
            self._other.close()
        self.other_media, self._other = media, None
        self.shown = View(self.shown.frame, self.shown.picture)
        if media is not None and self.media is not None:
            self._other = self._open(media)
            self._other.start()

    def take_sound(self, sound: Sound | None, now: float) -> None:
        """The file's sound was read.  A file of nothing but sound gets its time line from it."""
        self.sound.load(sound)
        if sound is not None and self.media is not None and self.media.kind == "audio":
            self._begin(Clock(max(1, round(sound.seconds * SOUND_RATE)), SOUND_RATE), now)

    def show_at(self, output: Output | None, now: float) -> None:
        """The size and look in which pictures are wanted from now on."""
        self._output = output
        self._wish(now)

    def want_original(self, wanted: bool, now: float) -> None:
        """Whether the exact values of the frame are wanted too, while it stands still."""
        self._original = wanted
        self._wish(now)

    def original(self) -> Pixels | None:
        """The exact values of the frame that is shown, if they are there."""
        return None if self._decoder is None else self._decoder.original(self.shown.frame)

    @property
    def playing(self) -> bool:
        """Whether it plays, or is about to."""
        return self.clock.playing or self._starting is not None

    def wait(self, now: float) -> float | None:
        """Seconds until `tick` is to be called again; None if nothing will happen by itself."""
        return _STARTING_STEP if self._starting is not None else self.clock.wait(now)

    def tick(self, now: float) -> bool:
        """Move on; True if `shown` changed."""
        self._settle(now)
        self._start(now)
        tick = self.clock.tick(now, self.sound.heard())
        if tick.ended:
            self.sound.pause()
        self._sound_along(now)
        self._wish(now)
        return self._present(tick.frame, now)

    def play(self, now: float) -> None:
        """Go on, as soon as the file is open and the next pictures are there."""
        self._settle(now)
        self._eager = not self._settled
        if self.playing or self.clock.frames == 1:
            return
        self._starting = now + START_SECONDS
        self._wish(now)
        self._start(now)

    def pause(self, now: float) -> None:
        """Stay."""
        self._eager, self._starting = False, None
        self.clock.pause(now)
        self._after(now)

    def toggle(self, now: float) -> None:
        """Play, or stay."""
        (self.pause if self.playing else self.play)(now)

    def seek(self, frame: int, now: float) -> None:
        """Go to a frame."""
        self._settle(now)
        self.clock.seek(frame, now)
        self._after(now)

    def step(self, count: int, now: float) -> None:
        """Stop, and go some frames on or back."""
        self._starting = None
        self.clock.step(count, now)
        self._after(now)

    def shuttle(self, direction: int, now: float) -> None:
        """Play forwards or backwards, faster each time."""
        self.clock.set_speed(self.clock.faster(direction), now)
        if self.clock.playing:
            self._after(now)
        else:
            self.play(now)

    def set_speed(self, speed: float, now: float) -> None:
        """Change the speed."""
        self.clock.set_speed(speed, now)
        self._after(now)

    def set_loop(self, loop: Loop, now: float) -> None:
        """Change what happens at the ends."""
        self.clock.set_loop(loop, now)
        self._after(now)

    def set_range(self, first: int, last: int, now: float) -> None:
        """Play only a part."""
        self.clock.set_range(first, last, now)
        self._after(now)

    def close(self) -> None:
        """Let go of files and the sound device."""
        self.compare(None)
        if self._decoder is not None:
            self._decoder.close()
        self.sound.close()

    def _settle(self, now: float) -> None:
        """Once the file is open its length and rate are known."""
        facts = self.facts
        if self._settled or facts is None:
            return
        clock = Clock(facts.frames, facts.fps)
        self._begin(clock, now)

    def _start(self, now: float) -> None:
        """Begin once the next pictures are there, so that none is dropped; but begin."""
        if self._starting is None:
            return
        frame = self.clock.frame(now)
        ahead = (self.clock.before(frame, -steps) for steps in range(1, START_PICTURES + 1))
        ready = all(frame is None or self._picture(frame) is not None for frame in ahead)
        if self._decoder is not None and not ready and now < self._starting:
            return
        self._starting = None
        self.meter.begin()
        self.clock.play(now, self.sound.latency if self.clock.speed == 1.0 else 0.0)
        self._after(now)

    def _begin(self, clock: Clock, now: float) -> None:
        self._settled = True
        clock.speed, clock.loop = self.clock.speed, self.clock.loop
        clock.seek(self._begin_at, now)
        self.clock = clock
        if self._eager:
            self.play(now)

    def _after(self, now: float) -> None:
        """The playhead was moved by hand."""
        self.sound.pause()
        self._latest = None
        self._sound_along(now)
        self._wish(now)

    def _sound_along(self, now: float) -> None:
        """Sound starts where the playhead is when it is heard, and stops when it cannot follow."""
        clock = self.clock
        if not clock.wants_sound:
            if self.sound.playing:
                self.sound.pause()
        elif not self.sound.playing and self.sound.sound is not None:
            rate = float(clock.fps)
            stretch = Stretch(clock.first / rate, (clock.last + 1) / rate, clock.loop == "loop")
            self.sound.play(clock.seconds(now + self.sound.latency), stretch)

    def _wish(self, now: float) -> None:
        clock = self.clock
        known = self._settled
        wish = Wish(
            frame=clock.frame(now),
            direction=clock.heading(now),
            playing=self.playing,
            first=clock.first,
            last=clock.last if known else None,
            loop=clock.loop == "loop",
            output=self._output,
            original=self._original and not self.playing,
        )
        if self._decoder is not None:
            self._decoder.want(wish)
        if self._other is not None:
            self._other.want(_fitted(wish, self._other.facts))

    def _present(self, due: int, now: float) -> bool:
        if self._decoder is None:
            changed = self.shown.frame != due
            self.shown = View(due, None)
            return changed
        frame = (
            due
            if not self.clock.playing
            else to_present(
                due,
                self._latest,
                lambda frame: self._picture(frame) is not None,
                lambda steps: self.clock.before(due, steps),
            )
        )
        picture = None if frame is None else self._picture(frame)
        if frame is None or picture is None:
            return self._present_other()
        other = self._other_picture(frame) or self.shown.other
        view = View(frame, picture, other if self._other is not None else None)
        changed = view != self.shown
        if self.clock.playing and frame != self._latest:
            self.meter.present(now, self._skipped(frame))
            self._latest = frame
        self.shown = view
        return changed

    def _present_other(self) -> bool:
        """The compared picture may come later than this one."""
        other = self._other_picture(self.shown.frame)
        if other is None or other is self.shown.other:
            return False
        self.shown = View(self.shown.frame, self.shown.picture, other)
        return True

    def _skipped(self, frame: int) -> int:
        """How many frames between the last one presented and this one were never seen."""
        if self._latest is None:
            return 0
        for steps in range(1, self.clock.frames + 1):
            if self.clock.before(frame, steps) in (self._latest, None):
                return steps - 1
        return 0

    def _picture(self, frame: int) -> Pixels | None:
        return None if self._decoder is None else self._decoder.ready(frame)

    def _other_picture(self, frame: int) -> Pixels | None:
        if self._other is None:
            return None
        facts = self._other.facts
        return self._other.ready(frame if facts is None else min(frame, facts.frames - 1))


def _fitted(wish: Wish, facts: Facts | None) -> Wish:
    """A wish that fits a file that may be shorter than the playhead's, or of another shape."""
    if facts is None or wish.last is None:
        return wish
    end = facts.frames - 1
    return replace(
        wish,
        frame=min(wish.frame, end),
        first=min(wish.first, end),
        last=min(wish.last, end),
        output=None if wish.output is None else _shaped(wish.output, facts),
    )


def _shaped(output: Output, facts: Facts) -> Output:
    """The largest size of the file's own shape that fits into another."""
    scale = min(output.width / facts.width, output.height / facts.height)
    width, height = round(facts.width * scale), round(facts.height * scale)
    return replace(output, width=max(1, width), height=max(1, height))
