"""Ctrl-C and SIGTERM: the first asks the run to stop, the second ends the program at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from engine.errors import Cancelled

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def cancelled_by_signals(on_first: Callable[[], None]) -> Iterator[threading.Event]:
    """A flag that the first SIGINT or SIGTERM sets, calling `on_first`; a second one exits.

    Python runs signal handlers in the main thread, so this must be entered there; the work itself
    belongs in another thread, or a long call into a library would delay the second signal.
    """
    flag = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if flag.is_set():
            os.write(2, b"\x1b[?25h\n" if os.isatty(2) else b"")  # the cursor, if a bar hid it
            os._exit(Cancelled.exit_code)
        flag.set()
        on_first()

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
