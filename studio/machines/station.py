"""What serves one place: its line, its porter, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.machines.line import Line
from studio.machines.news import News, Order, PlaceNews
from studio.machines.places import Place
from studio.machines.porter import Porter

if TYPE_CHECKING:
    from cluster_agent.client.connection import Client
    from cluster_agent.keys import KeyPair, KnownServer

Find = Callable[[], "tuple[KnownServer, KeyPair]"]


class Station:
    """A place with its threads.  Orders wait until it can be called, and outlive its lines."""

    def __init__(
        self,
        place: Place,
        output: Callable[[], Path],
        tell: Callable[[News], None],
        wanted: Callable[[str], bool],
        is_front: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.place = place
        self.porter = Porter(place.name, output, tell, wanted)
        self.porter.start()
        self._tell = tell
        self._is_front = is_front
        self._line: Line | None = None
        self._last: Line | None = None

    def call(self, find: Find) -> None:
        """Speak to the broker that `find` names, from now on."""
        self.hang_up()
        self._line = Line(
            self.place.name, find, self._tell, self._stands, self._last, self._is_front
        )
        self._line.start()

    def hang_up(self) -> None:
        """Speak to nobody; what was not said is kept for the next line."""
        if self._line is not None:
            self._line.close()
            self._last, self._line = self._line, None
        self.porter.reached(None)

    def order(self, order: Order) -> None:
        """Have something done there, as soon as it can be said."""
        if self._line is None and self._last is None:
            # Nobody was called yet: a line that is never started keeps it for the first.
            self._last = Line(self.place.name, _nobody, self._tell)
        line = self._line or self._last
        assert line is not None
        line.order(order)

    def take(self, news: PlaceNews) -> bool:
        """Note how it is reached; whether that is new."""
        machines = self.place.machines if news.machines is None else news.machines
        if news.state != "ready":
            machines = tuple(replace(each, state="offline", free=0) for each in machines)
            self.porter.reached(None)
        before = self.place
        self.place = replace(before, state=news.state, sentence=news.sentence, machines=machines)
        return self.place != before

    def close(self) -> None:
        """End its threads; those that are at a file end with the program."""
        if self._line is not None:
            self._line.close()
        self.porter.close()

    def join(self, patience: float) -> None:
        """Wait a moment for its line to hang up."""
        if self._line is not None:
            self._line.join(patience)

    def _stands(self, client: Client, server: KnownServer, own: KeyPair) -> None:
        """On the line's thread: files can be carried now."""
        from cluster_agent.addresses import beside
        from cluster_agent.blobs.client import BlobClient

        address = beside(client.welcome.blobs, server.address)
        self.porter.reached(lambda: BlobClient(address, own, server.key))


def _nobody() -> tuple[KnownServer, KeyPair]:
    raise AssertionError("a line that is not started calls nobody")
