"""A thread that decodes: the frame that is wanted now, those that come next, then the rest.

The window says what it wants by replacing one frozen object, and finds pictures in a dictionary;
neither side ever waits for the other.  Everything of PyAV stays on this thread.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from engine.errors import ReelwrightError
from studio.viewer.frame_cache import FrameCache, Playhead
from studio.viewer.frame_source import Facts, FrameIndex
from studio.viewer.pixels import Output, Pixels
from studio.viewer.webp_source import Source, open_source

if TYPE_CHECKING:
    import av

AHEAD: Final = 6
"""Pictures that are ready before their time while playing."""

_LARGEST_BUDGET: Final = 1 << 30
_SHARE_OF_MEMORY: Final = 16
_REPORT_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 2.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the window wants: a frame (of the constant rate), and where playing goes from it.

    `output` None takes frames at their own size.  `original` asks for the exact values too.
    """

    frame: int = 0
    direction: int = 1
    playing: bool = False
    first: int = 0
    last: int | None = None
    loop: bool = True
    output: Output | None = None
    original: bool = False


def memory_budget() -> int:
    """How many bytes of decoded frames one file may hold: a sixteenth of the memory, or 1 GiB."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return _LARGEST_BUDGET // 2
    return min(_LARGEST_BUDGET, memory // _SHARE_OF_MEMORY)


class Decoder:
    """Decodes one file.  `wake` is called on its thread whenever there is something new.

    `facts` are None until the file is open, `error` tells why it cannot be shown; `cached` are
    the stretches of frames (first, last) that are decoded; `notice` says what is missing.
    """

    def __init__(self, path: Path, wake: Callable[[], None], budget: int | None = None) -> None:
        self.path = path
        self.facts: Facts | None = None
        self.error: ReelwrightError | None = None
        self.cached: tuple[tuple[int, int], ...] = ()
        self.notice = ""
        self._wake = wake
        self._wish = Wish()
        self._changed = Event()
        self._closed = False
        self._cache: FrameCache[av.VideoFrame] = FrameCache(budget or memory_budget())
        self._ready: dict[int, Pixels] = {}
        self._source: Source | None = None
        self._index: FrameIndex | None = None
        self._output: Output | None = None
        self._original: tuple[int, Pixels] | None = None
        self._spoilt: set[int] = set()
        self._reported = 0.0
        self._thread = Thread(target=self._run, name=f"decode {path.name}", daemon=True)

    def start(self) -> None:
        """Open the file and begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop soon; nothing is waited for."""
        self._closed = True
        source = self._source
        if source is not None:
            source.stopped = True
        self._changed.set()

    def join(self) -> None:
        """Wait until the thread has let go of the file."""
        self._thread.join(_PATIENCE_SECONDS)

    @property
    def wish(self) -> Wish:
        """What is wanted now."""
        return self._wish

    def want(self, wish: Wish) -> None:
        """Replace what is wanted."""
        if wish != self._wish:
            self._wish = wish
            self._changed.set()

    def ready(self, frame: int) -> Pixels | None:
        """The picture of a frame as it was last wanted, if it is there."""
        return self._ready.get(0 if self._index is None else self._index.order(frame))

    def original(self, frame: int) -> Pixels | None:
        """A frame's own pixels in exact values, if they were asked for and are there."""
        found, index = self._original, self._index
        if found is None or index is None:
            return None
        return found[1] if found[0] == index.order(frame) else None

    def _run(self) -> None:
        try:
            source = open_source(self.path)
        except ReelwrightError as error:
            self._fail(error)
            return
        self._source = source
        source.stopped = self._closed
        try:
            self._work(source)
        except ReelwrightError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - a file may break the library in any way
            _log.exception("A file could not be decoded.")
            remedy = "It may be damaged: export it again."
            self._fail(
                ReelwrightError(f"'{self.path.name}' cannot be played: {error}.", remedy=remedy)
            )
        finally:
            self._source = None
            source.close()
            self._cache.clear()

    def _fail(self, error: ReelwrightError) -> None:
        self.error = error
        self._tell()

    def _tell(self) -> None:
        if not self._closed:
            self._wake()

    def _work(self, source: Source) -> None:
        facts = source.scan(lambda frame, facts: self._show_first(source, frame, facts))
        self.notice = facts.notice
        self._index = source.index
        self.facts = facts
        self._tell()
        while not self._closed:
            self._changed.clear()
            if not self._step(source, self._wish):
                self._report(source, now=True)
                self._changed.wait()

    def _show_first(self, source: Source, frame: av.VideoFrame, facts: Facts) -> None:
        """A picture before the file is read through, which may take a while."""
        self._keep(0, frame, Playhead(0, 1, 0, 0))
        self._output = self._wish.output or Output(facts.width, facts.height)
        self._ready = {0: source.converted(frame, self._output)}
        self._tell()

    def _step(self, source: Source, wish: Wish) -> bool:
        """Do the most urgent thing; False if there is none."""
        playhead = self._playhead(source, wish)
        self._follow(source, wish)
        for steps in range(AHEAD + 1 if wish.playing else 1):
            order = playhead.next(steps)
            if order is None:
                break
            if order not in self._ready:
                self._make_ready(source, order, playhead, wish)
                return True
        if wish.original and (self._original is None or self._original[0] != playhead.at):
            self._make_original(source, playhead)
            return True
        wanted = self._cache.wanted(playhead, source.stored)
        if wanted is None:
            return False
        self._decode(source, wanted, playhead, wish, hurry=False)
        self._report(source)
        return wanted in self._cache.frames

    def _playhead(self, source: Source, wish: Wish) -> Playhead:
        assert self.facts is not None
        last = self.facts.frames - 1 if wish.last is None else wish.last
        orders = [source.index.order(frame) for frame in (wish.frame, wish.first, last)]
        return Playhead(orders[0], wish.direction, orders[1], orders[2], wish.loop)

    def _follow(self, source: Source, wish: Wish) -> None:
        """Another size or look: what was made ready is of no use."""
        assert self.facts is not None
        output = wish.output or Output(self.facts.width, self.facts.height)
        if output != self._output:
            self._output = output
            self._ready = {}

    def _make_ready(self, source: Source, order: int, playhead: Playhead, wish: Wish) -> None:
        frame = self._cache.frames.get(order)
        if frame is None:
            hurry = not wish.playing and order == playhead.at
            frame = self._decode(source, order, playhead, wish, hurry=hurry)
        if frame is None or self._output is None:
            return
        wanted = [playhead.next(steps) for steps in range(AHEAD + 1)]
        kept = {o: p for o, p in self._ready.items() if o in wanted or o == playhead.at}
        kept[order] = source.converted(frame, self._output)
        self._ready = kept
        self._tell()

    def _make_original(self, source: Source, playhead: Playhead) -> None:
        frame = self._cache.frames.get(playhead.at)
        if frame is not None and self.facts is not None:
            exact = Output(self.facts.width, self.facts.height, exact=True)
            self._original = playhead.at, source.converted(frame, exact)
            self._tell()

    def _decode(
        self, source: Source, order: int, playhead: Playhead, wish: Wish, *, hurry: bool
    ) -> av.VideoFrame | None:
        """Decode up to a frame and keep what passes; None if something else is wanted first."""
        if not source.near(order):
            source.seek(order)
        before: av.VideoFrame | None = None
        last = -1
        while (found := source.advance(order if hurry else 0)) is not None:
            number, frame = found
            if before is not None and not hurry:
                self._stand_in(range(last + 1, min(number, order)), before, playhead)
            self._keep(number, frame, playhead)
            if number > order:
                before = before or self._cache.frames.get(order - 1) or frame
                self._stand_in(range(order, order + 1), before, playhead)
                return before
            if number == order:
                return frame
            last, before = number, frame
            if self._closed or (self._wish is not wish and not self._still_wanted(source, order)):
                return None
        stand_in = before or next(iter(self._cache.frames.values()), None)
        if stand_in is not None:
            self._stand_in(
                range(max(last + 1, 0) if before else order, order + 1), stand_in, playhead
            )
        return stand_in

    def _still_wanted(self, source: Source, order: int) -> bool:
        """Whether going on serves what is wanted meanwhile: that frame is there, or on the way."""
        wish = self._wish
        at = source.index.order(wish.frame)
        return (at in self._ready and wish.output in (None, self._output)) or at == order

    def _stand_in(self, orders: range, frame: av.VideoFrame, playhead: Playhead) -> None:
        """Frames that cannot be decoded show the one before, as nodes see it."""
        for order in orders:
            self._keep(order, frame, playhead)
            self._spoilt.add(order)
        if orders and not (self.facts and self.facts.notice):
            count = len(self._spoilt)
            what = "1 frame" if count == 1 else f"{count} frames"
            verb = "is" if count == 1 else "are"
            self.notice = (
                f"{what} of '{self.path.name}' {verb} damaged; the frame before is shown instead. "
                "Export it again."
            )

    def _keep(self, order: int, frame: av.VideoFrame, playhead: Playhead) -> None:
        size = sum(plane.buffer_size for plane in frame.planes)
        self._cache.put(order, frame, size, playhead)

    def _report(self, source: Source, *, now: bool = False) -> None:
        """Tell which frames are decoded, a few times a second."""
        if not now and monotonic() - self._reported < _REPORT_SECONDS:
            return
        self._reported = monotonic()
        ranges = self._cache.ranges()
        cached = tuple((source.index.span(a)[0], source.index.span(b)[1]) for a, b in ranges)
        if cached != self.cached:
            self.cached = cached
            self._tell()
