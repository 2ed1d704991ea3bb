"""A run as programs follow it: one JSON object a line on standard output."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import IO

from engine.run.events import Event, Previewed, to_json


class JsonLines:
    """Writes events; `on_closed` is called once when nobody reads any more."""

    def __init__(self, stream: IO[str], on_closed: Callable[[], None]) -> None:
        self._stream = stream
        self._on_closed = on_closed
        self._open = True
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Previewed):  # pictures are for screens
            self._write(to_json(event))

    def variation(self, index: int, total: int, settings: Mapping[str, str]) -> None:
        """Say which run of a sweep the following events belong to."""
        record = {"kind": "variation", "index": index, "total": total, "settings": settings}
        self._write(json.dumps(record))

    def _write(self, line: str) -> None:
        with self._lock:
            if not self._open:
                return
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except BrokenPipeError:
                self._open = False
                self._on_closed()
