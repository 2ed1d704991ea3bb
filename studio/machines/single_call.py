"""A wire for one call: when it breaks, whoever called is told instead of being called back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cluster_agent.client.connection import Wire


class Over(Exception):
    """The line is closed."""


class SingleCall:
    """A wire that is not called again: the line does that, and says so."""

    def __init__(self, wire: Wire, closing: Callable[[], bool]) -> None:
        self._inner = wire
        self._closing = closing

    @property
    def broken(self) -> bool:
        return self._inner.broken

    @property
    def turned_away(self) -> bool:
        return self._inner.turned_away

    def ready(self, timeout_s: float) -> bool:
        """An order that wakes it is no reason to give up what is asked."""
        until = time.monotonic() + timeout_s
        while not self._inner.ready(max(0.0, until - time.monotonic())):
            self._check()
            if self.broken or self.turned_away or time.monotonic() >= until:
                return False
        return True

    def send(self, frame: bytes) -> bool:
        return self._inner.send(frame)

    def receive(self, most: int) -> list[bytes]:
        return self._inner.receive(most)

    def poll(self, timeout_s: float) -> bool:
        self._check()
        return self._inner.poll(timeout_s)

    def reconnect(self) -> None:
        """Raises Unreachable."""
        from cluster_agent.client.errors import Unreachable

        self._check()
        raise Unreachable("The connection was lost; it is called again.")

    def close(self) -> None:
        self._inner.close()

    def _check(self) -> None:
        if self._closing():
            raise Over
