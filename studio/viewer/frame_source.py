"""A video or picture file, frame by frame in any order; belongs to the thread that opened it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.viewer.pixels import Converter, Output, Pixels

if TYPE_CHECKING:
    import av

    from engine.media.to_rgb import Display

# More threads gain little for one stream, and each holds back a frame after a seek.
_MOST_THREADS = 4
_LONGEST_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file is: upright size in square pixels, frames on a constant rate, when it begins.

    Frames are counted as nodes see them: a variable rate is laid on a constant one (see
    engine.media.timeline).  `start` is the first frame's time in the file, in seconds.  `notice`
    is a sentence on what cannot be shown.
    """

    width: int
    height: int
    frames: int
    fps: Fraction
    start: Fraction = Fraction(0)
    notice: str = ""
    alpha: bool = False


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """Stored frames, numbered in the order they are shown, and when each is shown.

    `stamps` are their time stamps, `appears` the frames of the constant rate at which they
    appear, `keys` the time stamps of keyframes.  Without time stamps (`timed` false) they are
    only counted.
    """

    stamps: tuple[int, ...]
    appears: tuple[int, ...]
    keys: tuple[int, ...]
    frames: int
    timed: bool

    def order(self, frame: int) -> int:
        """Which stored frame is shown at a frame of the constant rate."""
        return max(0, bisect_right(self.appears, frame) - 1)

    def span(self, order: int) -> tuple[int, int]:
        """The first and last frame of the constant rate at which a stored frame is shown."""
        first = 0 if order == 0 else self.appears[order]
        more = order + 1 < len(self.appears)
        last = self.appears[order + 1] - 1 if more else self.frames - 1
        return first, max(first, last)

    def key(self, order: int) -> int:
        """The stored frame at which decoding must begin to reach another."""
        if not self.keys or not self.timed:
            return 0
        at = bisect_right(self.keys, self.stamps[order]) - 1
        return 0 if at < 0 else self.place(self.keys[at])

    def place(self, stamp: int) -> int:
        """The stored frame with a time stamp, or the next one."""
        return min(bisect_left(self.stamps, stamp), len(self.stamps) - 1)


class FrameSource:
    """Decodes exact frames: to the keyframe before, then forward.

    `scan` comes first.  Stored frames are counted from 0 in the order they are shown; `index`
    tells which is shown at a frame of the constant rate.

    Raises InvalidMedia for a file that is missing, or of which nothing can be shown.
    """

    def __init__(self, path: Path) -> None:
        from engine.media.read_video import video_stream
        from engine.media.source import MAX_VIDEO_PIXELS, opened

        self.path = path
        self.stopped = False
        """Set by any thread: what reads the file through ends early."""
        self._stack = ExitStack()
        self._at: int | None = None  # the last stored frame that came out
        self._packets: Iterator[av.Packet] = iter(())
        self._waiting: list[av.VideoFrame] = []
        with ExitStack() as stack:
            self._file = stack.enter_context(opened(path, MAX_VIDEO_PIXELS))
            self._stream = video_stream(self._file, path, MAX_VIDEO_PIXELS)
            self._codec = self._stream.codec_context
            self._codec.thread_type = "AUTO"
            self._codec.thread_count = _MOST_THREADS
            self._stack = stack.pop_all()

    def close(self) -> None:
        """Let go of the file."""
        self._waiting.clear()
        self._packets = iter(())
        self._stack.close()

    def scan(self, shown: Callable[[av.VideoFrame, Facts], None]) -> Facts:
        """Read every packet's time stamp; `shown` gets the first frame before the rest is read."""
        from engine.media.read_video import decoded
        from engine.media.source import MAX_VIDEO_PIXELS, undecodable

        first: av.VideoFrame | None = None
        stamps: list[int | None] = []
        keys: list[int] = []
        last = 0
        for packet in self._packets_from_start():
            if packet.size and not packet.is_discard:
                stamps.append(packet.pts)
                last = packet.duration or last
                if packet.is_keyframe and packet.pts is not None:
                    keys.append(packet.pts)
            if first is None:
                first = next(iter(decoded(packet)), None)
                if first is not None:
                    self._prepare(first)
                    shown(first, self._facts_of(first, Fraction(25), 1, Fraction(0)))
        if first is None or not stamps:
            raise undecodable(self.path, MAX_VIDEO_PIXELS)
        return self._settle(first, stamps, sorted(keys), last)

    @property
    def stored(self) -> int:
        """How many frames are stored."""
        return len(self.index.stamps)

    def near(self, order: int) -> bool:
        """Whether decoding on leads to a stored frame faster than a seek would."""
        if self._at is None or order <= self._at:
            return False
        return self.index.key(order) <= self._at + 1

    def seek(self, order: int) -> None:
        """Go to the keyframe at or before a stored frame; `advance` gives frames from there."""
        self._waiting.clear()
        key = self.index.key(order)
        if not self.index.timed or key == 0:
            self._rewind()
        else:
            self._file.seek(self.index.stamps[key], stream=self._stream, backward=True)
            self._packets = self._demuxed()
        self._at = key - 1

    def advance(self, needed: int = 0) -> tuple[int, av.VideoFrame] | None:
        """The next stored frame and its number; None after the last one.

        Frames before `needed` that no other frame is built on may be left out.
        """
        from engine.media.read_video import decoded

        while not self._waiting:
            packet = next(self._packets, None)
            if packet is None:
                return None
            if self.index.timed:
                early = packet.pts is not None and packet.pts < self.index.stamps[needed]
                self._codec.skip_frame = "NONREF" if early else "DEFAULT"
            self._waiting = decoded(packet)
        frame = self._waiting.pop(0)
        self._at = self._number(frame)
        return self._at, frame

    def converted(self, frame: av.VideoFrame, output: Output) -> Pixels:
        """A decoded frame as pixels."""
        return self._convert(frame, output)

    def exact(self, order: int) -> av.VideoFrame | None:
        """One stored frame, wherever the source stands; None if it cannot be decoded."""
        if not self.near(order):
            self.seek(order)
        before: av.VideoFrame | None = None
        while (found := self.advance(order)) is not None:
            if found[0] >= order:
                return found[1] if found[0] == order or before is None else before
            before = found[1]
        return before

    def _prepare(self, first: av.VideoFrame) -> None:
        from engine.media.orientation import orientation_of
        from engine.media.to_rgb import Display

        aspect = self._stream.sample_aspect_ratio or Fraction(1)
        if not Fraction(1, 8) <= aspect <= 8:
            aspect = Fraction(1)
        width = max(1, round(first.width * aspect))
        self._display: Display = Display(width, first.height, orientation_of(first, self.path))
        self._convert = Converter(self._display)

    def _facts_of(
        self, frame: av.VideoFrame, fps: Fraction, frames: int, start: Fraction, notice: str = ""
    ) -> Facts:
        alpha = any(component.is_alpha for component in frame.format.components)
        display = self._display
        return Facts(display.width, display.height, frames, fps, start, notice, alpha)

    def _settle(
        self, first: av.VideoFrame, stamps: list[int | None], keys: list[int], last: int
    ) -> Facts:
        from engine.media.timeline import constant_rate

        timed = None not in stamps
        rate = self._stream.average_rate or self._stream.guessed_rate or Fraction(25)
        nominal = (self._stream.average_rate, self._stream.guessed_rate, self._stream.base_rate)
        tick = self._stream.time_base if timed else 1 / rate
        known = sorted({stamp for stamp in stamps if stamp is not None})
        if not timed:
            known = list(range(len(stamps)))
        timeline = constant_rate(known, last if timed else 1, tick, nominal if timed else (rate,))
        frames = min(timeline.frames, int(_LONGEST_SECONDS * timeline.fps))
        start = timeline.start * timeline.tick if timed else Fraction(0)
        notice = self._notice(len(stamps))
        appears = tuple(timeline.index(stamp) for stamp in known)
        self.index = FrameIndex(tuple(known), appears, tuple(keys), frames, timed)
        return self._facts_of(first, timeline.fps, frames, start, notice)

    def _notice(self, present: int) -> str:
        """MP4 says up front where each frame lies: a file that was cut off shows."""
        promised = len(self._stream.index_entries)
        size = self.path.stat().st_size
        there = sum(entry.pos + entry.size <= size for entry in self._stream.index_entries)
        if not there < promised:
            return ""
        return (
            f"'{self.path.name}' is cut short: {min(there, present)} of {promised} frames are "
            "there and shown. Copy or export it again."
        )

    def _packets_from_start(self) -> Iterator[av.Packet]:
        self._packets = self._demuxed()
        return self._packets

    def _demuxed(self) -> Iterator[av.Packet]:
        """Packets up to the end, or up to where the file cannot be read."""
        import av

        try:
            for packet in self._file.demux(self._stream):
                if self.stopped:
                    return
                yield packet
        except av.FFmpegError:
            return

    def _rewind(self) -> None:
        import av

        try:
            if self.stored == 1:
                self._reopen()  # pictures cannot be sought in
            start = self.index.stamps[0] if self.index.timed else 0
            self._file.seek(start, stream=self._stream, backward=True)
        except av.FFmpegError:  # a format without seeking
            self._reopen()
        self._packets = self._demuxed()

    def _reopen(self) -> None:
        from engine.media.read_video import video_stream
        from engine.media.source import MAX_VIDEO_PIXELS, opened

        self._stack.close()
        self._file = self._stack.enter_context(opened(self.path, MAX_VIDEO_PIXELS))
        self._stream = video_stream(self._file, self.path, MAX_VIDEO_PIXELS)
        self._codec = self._stream.codec_context

    def _number(self, frame: av.VideoFrame) -> int:
        following = 0 if self._at is None else self._at + 1
        if not self.index.timed or frame.pts is None:
            return min(following, self.stored - 1)
        return self.index.place(frame.pts)
