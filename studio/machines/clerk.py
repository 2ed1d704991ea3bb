"""Writes down runs, and does whatever else of the desk takes longer than a window may wait."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from engine.errors import ReelwrightError
from studio.machines.ledger import Ledger
from studio.runs import Run

SETTLED: Final = 5.0
"""Seconds within which mere progress of runs is written as one."""
_log = logging.getLogger(__name__)


class Clerk:
    """One thread that does errands in turn; between them it writes down what changed.

    A run that enters another state, or has files, is written at once; how far it is, now and then.
    """

    def __init__(self, ledger: Ledger, failed: Callable[[str], None]) -> None:
        self._ledger = ledger
        self._failed = failed
        self._errands: deque[Callable[[], None]] = deque()
        self._changed: dict[str, Run] = {}
        self._standing: dict[str, tuple[object, ...]] = {}
        self._urgent = False
        self._lock = threading.Lock()
        self._alarm = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def do(self, errand: Callable[[], None]) -> None:
        """Have something done soon."""
        self._errands.append(errand)
        self._alarm.set()

    def note(self, run: Run) -> None:
        """Have it written down how a run is."""
        standing = run.state, run.id, run.files
        with self._lock:
            self._changed[run.key] = run
            self._urgent |= self._standing.get(run.key) != standing
            self._standing[run.key] = standing
        if self._urgent:
            self._alarm.set()

    def close(self) -> None:
        """Do what is left, write everything down, and end."""
        self._closing = True
        self._alarm.set()
        if self._thread.is_alive():
            self._thread.join()
        self._ledger.close()

    # On its thread

    def _run(self) -> None:
        written = time.monotonic()
        while not self._closing or self._errands:
            self._alarm.wait(SETTLED)
            self._alarm.clear()
            while self._errands:
                self._one(self._errands.popleft())
            if self._urgent or time.monotonic() - written >= SETTLED:
                self._one(self._write)
                written = time.monotonic()
        self._one(self._write)

    def _write(self) -> None:
        with self._lock:
            changed, self._changed, self._urgent = self._changed, {}, False
        if changed:
            self._ledger.save(list(changed.values()))

    def _one(self, errand: Callable[[], None]) -> None:
        try:
            errand()
        except ReelwrightError as error:
            self._failed(str(error))
        except Exception:  # noqa: BLE001 - the next errand may go well
            _log.exception("An errand of the desk failed.")
