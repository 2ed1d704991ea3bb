"""The child ends by itself when it has nothing left to do and no window is open any more."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import ReelwrightError

if TYPE_CHECKING:
    from cluster_agent.keys import KeyPair

EVERY: Final = 15.0
"""Seconds between two looks; it ends at the second one that finds it idle and alone."""
WINDOW: Final = "window"
_log = logging.getLogger(__name__)


class Presence:
    """Says to the child of a folder that a window is open, for as long as this process lives."""

    def __init__(self, folder: Path) -> None:
        self._handle: int | None = None
        with suppress(OSError):  # then the child ends when it is idle, and is started again
            folder.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(folder / WINDOW, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def close(self) -> None:
        """The window is gone."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Alone(threading.Thread):
    """Looks now and then whether anybody or anything still needs this process.

    `server` is the broker's public key; the child's has the same as its agent.
    """

    def __init__(
        self,
        folder: Path,
        address: str,
        own: KeyPair,
        *,
        server: str = "",
        every: float = EVERY,
        end: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGTERM),
    ) -> None:
        super().__init__(name="alone", daemon=True)
        self._folder = folder
        self._address = address
        self._own = own
        self._server = server or own.public
        self._every = every
        self._end = end
        self._never = threading.Event()

    def run(self) -> None:
        """Until this process is needed no more."""
        idle = 0
        while idle < 2:
            self._never.wait(self._every)
            idle = 0 if self._needed() else idle + 1
        _log.info("Nothing is left to do, and no window is open.")
        self._end()

    def _needed(self) -> bool:
        if not self._folder.is_dir():  # whoever removed it wants nothing more of it
            return False
        if is_open(self._folder):
            return True
        try:
            return self._has_work()
        except ReelwrightError as error:
            _log.warning("Whether there is work cannot be told: %s", error)
            return True

    def _has_work(self) -> bool:
        """Whether a job runs or waits; those that are paused wait for their user, not for us."""
        from cluster_agent.client.connection import Client
        from cluster_agent.client.listing import find_jobs
        from cluster_agent.transport import Connection
        from studio.machines.line import OPEN

        with Connection(self._address, self._own, self._server) as wire:
            client = Client(wire, "this-computer", "reelwright-child")
            return any(not job.paused for job in find_jobs(client, states=OPEN, limit=1000))


def is_open(folder: Path) -> bool:
    """Whether a studio has a window open on a child's folder."""
    try:
        handle = os.open(folder / WINDOW, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
