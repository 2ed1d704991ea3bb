"""What the parts of the desk share: the book, the stations, and which run is which job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.errors import InvalidInput
from studio.machines.ledger import Entry
from studio.machines.news import Ask
from studio.machines.places import Need, Place
from studio.machines.station import Station
from studio.runs import Run, RunBook


@dataclass
class Office:
    """State of the window's thread.

    `ours` are the runs that were asked for here, `needs` what they need of a machine, as far as
    that is known; `withdrawn` are those cancelled before they were sent, `bringing` those whose
    files are on their way.
    """

    book: RunBook
    stations: dict[str, Station] = field(default_factory=dict)
    ours: dict[str, Entry] = field(default_factory=dict)
    needs: dict[str, Need] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    bringing: set[str] = field(default_factory=set)
    _by_id: dict[tuple[str, str], str] = field(default_factory=dict)

    def run(self, key: str) -> Run:
        """The run of a key.  Raises InvalidInput."""
        run = self.book.get(key)
        if run is None:
            raise InvalidInput("This run is not known any more.", remedy="Start it again.")
        return run

    def keep(self, run: Run) -> None:
        """Write a run into the book, and remember which job it is."""
        if run.id:
            self._by_id[run.place, run.id] = run.key
        self.book.put(run)

    def key_of(self, place: str, job: str) -> str:
        """The run that is a broker's job, or ''."""
        return self._by_id.get((place, job), "")

    def ask(self, run: Run, ask: Callable[[str], Ask]) -> None:
        """Have something done to a run where it is; nothing for one that was not sent yet."""
        station = self.stations.get(run.place)
        if run.id and station is not None:
            station.order(ask(run.key))

    def is_wanted(self, key: str) -> bool:
        """Any thread: whether a run was not cancelled before it was sent."""
        return key not in self.withdrawn

    def is_front(self, key: str) -> bool:
        """Any thread: whether a run of ours was put before others."""
        entry = self.ours.get(key)
        return entry is not None and entry.front

    @property
    def places(self) -> tuple[Place, ...]:
        """This computer, then the clusters."""
        return tuple(station.place for station in self.stations.values())
