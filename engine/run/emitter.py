"""The way from a running node to a listener: coalesced, and free when nobody listens."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from engine.run.events import Event, NodeChanged, NodeState, Noted, Previewed, Progressed
from engine.run.runner import Listener
from engine.values import Image

_log = logging.getLogger(__name__)

INTERVAL: Final = 1 / 20
_JPEG_QUALITY: Final = 85


class Emitter:
    """Hands events to a listener, always on the thread that made the emitter.

    What other threads emit waits until that thread passes by, in `emit` or in `deliver`.  A
    listener that raises is not called again; the run goes on.  Pictures are made only where
    `previews` asks for them.
    """

    def __init__(
        self, listener: Listener | None, clock: Callable[[], float], *, previews: bool = False
    ) -> None:
        self.listening = listener is not None
        self._previews = previews
        self._listener = listener
        self._clock = clock
        self._thread = threading.get_ident()
        self._waiting: deque[Event] = deque()
        self._progressed: dict[str, float] = {}
        self._held: dict[str, Progressed] = {}
        self._previewed: dict[str, float] = {}

    def emit(self, event: Event) -> None:
        """Hand over an event, after those that waited."""
        if not self.listening:
            return
        self._waiting.append(event)
        self.deliver()

    def deliver(self) -> None:
        """Hand over what other threads left, if this is the right thread."""
        if not self._waiting or threading.get_ident() != self._thread:
            return
        while self._waiting:
            event = self._waiting.popleft()
            try:
                if self._listener is not None:
                    self._listener(event)
            except Exception:  # noqa: BLE001 - whoever looks on cannot break the work
                _log.exception("The listener failed; it is not called again.")
                self.listening, self._listener = False, None

    def node(self, node: str, state: NodeState, seconds: float = 0.0, message: str = "") -> None:
        """A node entered a state; progress held back is told before."""
        if not self.listening:
            return
        self._release(node)
        self.emit(NodeChanged(node, state, round(seconds, 6), message))

    def finish(self) -> None:
        """Tell what is still held back."""
        for node in list(self._held):
            self._release(node)

    def _release(self, node: str) -> None:
        held = self._held.pop(node, None)
        if held is not None:
            self.emit(held)

    def note(self, node: str, sentence: str) -> None:
        """A sentence for the user."""
        if self.listening:
            self.emit(Noted(node, sentence))

    def progress(self, node: str, done: int, total: int, unit: str) -> None:
        """How far a node is: told at most every INTERVAL, and the last one always."""
        if not self.listening:
            return
        now = self._clock()
        event = Progressed(node, done, total, unit)
        if done != total and now - self._progressed.get(node, -INTERVAL) < INTERVAL:
            self._held[node] = event
            return
        self._held.pop(node, None)
        self._progressed[node] = now
        self.emit(event)

    def preview(self, node: str, make: Callable[[], Image]) -> None:
        """A picture of the work so far, made at most every INTERVAL.

        One that cannot be made is a matter for the log, not a reason to stop the work.
        """
        if not self.listening or not self._previews:
            return
        now = self._clock()
        if now - self._previewed.get(node, -INTERVAL) < INTERVAL:
            return
        self._previewed[node] = now
        try:
            jpeg = _jpeg(make())
        except Exception:  # noqa: BLE001 - neither can a preview
            _log.exception("No preview of node '%s'.", node)
            return
        self.emit(Previewed(node, jpeg))


def _jpeg(image: Image) -> bytes:
    import cv2

    pixels_HWC = image.pixels_HWC[:, :, ::-1]
    _, encoded = cv2.imencode(".jpg", pixels_HWC, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()
