"""A bell that wakes a thread which waits on sockets."""

from __future__ import annotations

import socket
from contextlib import suppress


class Bell:
    """Makes a poll return; may be rung from any thread and from a signal handler."""

    def __init__(self) -> None:
        self._ear, self._hand = socket.socketpair()
        self._ear.setblocking(False)
        self._hand.setblocking(False)

    def fileno(self) -> int:
        """What to wait on."""
        return self._ear.fileno()

    def ring(self) -> None:
        """Wake who waits, or who will wait next."""
        with suppress(OSError):  # full: it rings already; closed: nobody listens
            self._hand.send(b"\0")

    def hush(self) -> None:
        """It was heard."""
        with suppress(BlockingIOError):
            self._ear.recv(4096)

    def close(self) -> None:
        """Give it up; ringing it then does nothing."""
        self._ear.close()
        self._hand.close()
