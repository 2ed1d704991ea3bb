"""The front of the room: the window asks it for runs, and it keeps the book of them.

It lives on the window's thread and never waits there.  Its threads put news into an inbox and call
`wake`; the application then calls `pump`, where news reach the book.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from psygnal import Signal

from studio.machines import asking, words
from studio.machines.alone import Presence, is_open
from studio.machines.clerk import Clerk
from studio.machines.intake import FORGOTTEN, Intake
from studio.machines.keeper import Keeper
from studio.machines.launch import Start
from studio.machines.ledger import Ledger
from studio.machines.news import ChildNews, Known, Look, News, No, NotBrought, PlaceNews, ToFront
from studio.machines.office import Office
from studio.machines.places import ChildState, Need, Place, fits_anywhere
from studio.machines.sending import Asked, Sender, Variation
from studio.machines.station import Station
from studio.run_states import closed, interrupted
from studio.runs import ENDED, HERE, Run, RunBook

if TYPE_CHECKING:
    from engine.graph.document import Document
    from engine.graph.registry import Registry
    from studio.document import OpenDocument

PUMP_BUDGET: Final = 0.004
"""Seconds of the window's thread that one pump may take."""
WARM: Final = Start(preload="starter")
"""A child that has the starter model ready before it is asked."""
_PAGE: Final = 100
_GOODBYE: Final = 1.5
_A_WHILE: Final = 120.0
_TOO_OFTEN: Final = 4
"""So many deaths of an idle child in a while, and it is left to its user to start it again."""
_log = logging.getLogger(__name__)


class RunDesk:
    """Sends runs to places, follows them, and fetches what they make.

    `folder` is the room's own (the ledger, and the child's folder), `output` where finished files
    go from now on.  `start` says how the child is started.
    """

    places_changed = Signal()
    child_changed = Signal(object)
    """ChildState"""
    went_wrong = Signal(str)
    """A sentence about something that belongs to no single run."""

    def __init__(
        self,
        book: RunBook,
        folder: Path,
        output: Path,
        *,
        wake: Callable[[], None] = lambda: None,
        start: Start = WARM,
    ) -> None:
        self.book = book
        self.output = output
        self.wake = wake
        self.child = ChildState()
        self._inbox: SimpleQueue[News] = SimpleQueue()
        self._woken = threading.Event()
        self._ledger = Ledger(folder / "runs.db")
        self._clerk = Clerk(self._ledger, lambda sentence: self._tell(No("", sentence)))
        self._room = folder / "child"
        self._presence = Presence(self._room)
        self._keeper = Keeper(self._room, start, self._tell)
        self._office = Office(book)
        self._sender = Sender(self._office, self._clerk, self._ledger, self._tell)
        self._intake = Intake(self._office, self._sender)
        self._open(Place(HERE, "This computer", "starting"))
        self._closed = False
        self._worker = 0
        self._deaths: list[float] = []
        self._file_trouble = ""
        book.run_changed.connect(self._on_run)

    # The window's side

    def start(self) -> None:
        """Begin, in the background: what is remembered, the child, the clusters."""
        self._clerk.start()
        self._clerk.do(lambda: asking.recall(self._ledger, self._tell, _PAGE))
        self._clerk.do(self._keeper.start)
        self.refresh_places()

    def close(self, keep_working: bool) -> None:
        """End the desk; the child ends too, or works on until nothing is left to do."""
        if self._closed:
            return
        self._closed = True
        for station in self._office.stations.values():
            station.close()
        for station in self._office.stations.values():
            station.join(_GOODBYE)
        self._presence.close()
        needed = (keep_working and self.has_work) or is_open(self._room)  # by another window
        self._keeper.close(stop=not needed)
        self._clerk.close()

    @property
    def has_work(self) -> bool:
        """Whether this computer has anything left to do."""
        waiting = ("sending", "queued", "running")
        return any(run.place == HERE and run.state in waiting for run in self.book.runs())

    @property
    def places(self) -> tuple[Place, ...]:
        """This computer, then the clusters."""
        return self._office.places

    def refresh_places(self) -> None:
        """Look again which clusters are known here."""
        self._clerk.do(lambda: self._tell(asking.known_servers()))

    def restart_child(self) -> None:
        """Start the process that runs graphs here again."""
        self._keeper.restart()

    def submit(
        self,
        open_document: OpenDocument,
        outputs: Sequence[str] | None = None,
        place: str = HERE,
        front: bool = False,
        documents: Sequence[Variation] | None = None,
        fresh: bool = False,
    ) -> tuple[str, ...]:
        """Run a document, or several variations of it (what is special about each, and itself).

        The keys of the runs, which are in the book at once.  Raises InvalidInput for a place that
        is not known.
        """
        how = Asked(None if outputs is None else tuple(outputs), place, front, fresh)
        return self._sender.submit(open_document, how, documents)

    def cancel(self, key: str) -> None:
        """Stop a run; what it made and kept stays."""
        run = self._office.run(key)
        if run.id:
            self._office.ask(run, asking.cancel(run.id))
        elif run.active:
            self._office.withdrawn.add(key)
            self.book.put(replace(closed(run, "cancelled"), ended=time.time(), note=""))

    def pause(self, key: str) -> None:
        """Take a run out of the queue; one at work stops at a checkpoint."""
        run = self._office.run(key)
        self._office.ask(run, asking.pause(run.id))

    def resume(self, key: str) -> None:
        """Go on with a run that was paused, whose process died, or that failed."""
        run = self._office.run(key)
        if run.state == "paused":
            self._office.ask(run, asking.resume(run.id))
        elif run.state == "lost":
            self.restart_child()
        elif run.state in ENDED:
            self.retry(key)

    def retry(self, key: str) -> None:
        """Try a run again that ended without result; from its checkpoints, if there are any.

        Of one that is done the files are fetched that could not be before.
        """
        run = self._office.run(key)
        if run.state == "lost":  # it is in the queue still, which nobody serves
            self.restart_child()
        elif run.state == "done":
            self._office.stations[run.place].order(Look((run.id,)))
        elif run.id and run.note != FORGOTTEN:
            self._office.ask(run, asking.retry(run.id))
        else:
            self._sender.again(replace(run, id="", state="sending", error="", note="", ended=None))

    def move(self, key: str, index: int) -> None:
        """Put a waiting run at a place among those that wait; 0 is next."""
        self.move_together([key], index)

    def move_together(self, keys: Sequence[str], index: int) -> None:
        """Put waiting runs of one place, in this order, at a place among the others there."""
        runs = [run for run in map(self._office.run, keys) if run.id]
        if runs:
            self._office.ask(runs[0], asking.move(tuple(run.id for run in runs), index))

    def to_front(self, key: str) -> None:
        """Put a waiting run behind those that were put to the front before, and before the rest."""
        run = self._office.run(key)
        station = self._office.stations.get(run.place)
        if run.id and station is not None:
            station.order(ToFront(key, run.id))
            entry = self._office.ours.get(key)
            if entry is not None:
                self._office.ours[key] = replace(entry, front=True)
                self._clerk.do(lambda: self._ledger.put_to_front(key))

    def forget(self, key: str) -> None:
        """Strike an ended run out of the history; its files stay."""
        self.book.forget(key)
        self._office.ours.pop(key, None)
        self._clerk.do(lambda: self._ledger.remove([key]))

    def run_of_job(self, place: str, job: str) -> Run | None:
        """The run that is a broker's job; None for one of somebody else."""
        return self.book.get(self._office.key_of(place, job))

    def document_of(self, key: str) -> Document:
        """The graph of a run as it was sent.  Reads the disk: for the background.

        Raises InvalidInput for a run that was not asked for here, StorageFailed.
        """
        return asking.document_of(self._ledger, key)

    def why_not(self, need: Need, place: str) -> str | None:
        """Why a place cannot take a run, in a sentence; None if it can."""
        return fits_anywhere(need, self._office.stations[place].place)

    def why_not_run(self, key: str, place: str) -> str | None:
        """The same for a run that was sent; of one whose needs are not known only what is plain."""
        return self.why_not(self._office.needs.get(key, Need()), place)

    def run_elsewhere(self, key: str, place: str) -> str:
        """Take a run from where it is and send its graph to another place; the key of the new run.

        Raises InvalidInput for a place or a run that is not known.
        """
        again = self._sender.elsewhere(self._office.run(key), place)
        if self._office.run(key).active:
            self.cancel(key)
        return again

    @staticmethod
    def need_of(
        document: Document, registry: Registry, outputs: Sequence[str] | None = None
    ) -> Need:
        """What a document needs of a machine.  For the background.  Raises InvalidDocument."""
        return asking.need_of(document, registry, outputs)

    # News

    def pump(self) -> None:
        """Take in what the threads have to tell, as far as the window's time allows."""
        self._woken.clear()
        until = time.perf_counter() + PUMP_BUDGET
        while time.perf_counter() < until:
            try:
                news = self._inbox.get_nowait()
            except Empty:
                return
            if not self._closed:
                self._take(news)
        self._ring()

    def _tell(self, news: News) -> None:
        """Any thread."""
        self._inbox.put(news)
        self._ring()

    def _ring(self) -> None:
        if not self._woken.is_set():
            self._woken.set()
            self.wake()

    def _take(self, news: News) -> None:
        match news:
            case ChildNews():
                self._hear_child(news)
            case PlaceNews():
                station = self._office.stations.get(news.place)
                if station is not None and station.take(news):
                    self.places_changed.emit()
            case Known():
                self._know(news)
            case No(key="", sentence=sentence):
                self.went_wrong.emit(sentence)
            case NotBrought():
                self._intake.take(news)
                self._tell_of_files(news)
            case _:
                self._intake.take(news)

    def _tell_of_files(self, news: NotBrought) -> None:
        """One disk that is full is told once, however many runs want to write to it."""
        run = self.book.get(news.key)
        if run is not None and news.sentence != self._file_trouble:
            self._file_trouble = news.sentence
            self.went_wrong.emit(
                f"'{run.label}' was made, and its files are not here yet: {news.sentence} "
                "'Try again' in the results fetches them."
            )

    def _hear_child(self, news: ChildNews) -> None:
        self.child = news.state
        station = self._office.stations[HERE]
        if news.address:
            station.call(asking.child_at(news.address, news.key, self._room / "keys"))
        elif news.state.phase == "up":
            self._worker = news.worker
            self._note_peak(news.worker)
        elif news.state.phase in ("dead", "failed"):
            station.hang_up()
            station.take(PlaceNews(HERE, "stopped", news.state.sentence))
            self._lose_runs(news.state.sentence)
            if news.state.phase == "failed":
                self.went_wrong.emit(news.state.sentence)
        elif news.state.phase == "starting":
            station.take(PlaceNews(HERE, "starting", "It is starting."))
        self.child_changed.emit(news.state)
        if news.state.phase != "up" or news.address:
            self.places_changed.emit()

    def _note_peak(self, worker: int) -> None:
        for run in self.book.runs():
            if run.place == HERE and run.state == "running":
                self.book.hold(run.key, worker)

    def _lose_runs(self, how: str) -> None:
        """What the child's end means for its runs; with nothing at work it is just started anew."""
        at_work = [r for r in self.book.runs() if r.place == HERE and r.state == "running"]
        for run in at_work:
            error = words.child_died(run, how)
            self.book.put(replace(interrupted(run, "lost"), node=run.node, error=error))
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < _A_WHILE] + [now]
        if not at_work and self.child.phase == "dead" and len(self._deaths) < _TOO_OFTEN:
            self.restart_child()

    def _know(self, news: Known) -> None:
        if news.sentence:
            self.went_wrong.emit(news.sentence)
        for name, find in news.servers.items():
            if name not in self._office.stations:
                title = name.removeprefix("@")
                self._open(Place(name, title, "starting", "It is being called.")).call(find)
        self._intake.send_left()
        self.places_changed.emit()

    def _open(self, place: Place) -> Station:
        office = self._office
        station = Station(place, lambda: self.output, self._tell, office.is_wanted, office.is_front)
        self._office.stations[place.name] = station
        return station

    def _on_run(self, run: Run) -> None:
        if self._worker and _is_unmeasured(run):
            self.book.hold(run.key, self._worker)
        elif run.key in self._office.ours:
            self._clerk.note(run)


def _is_unmeasured(run: Run) -> bool:
    """Whether nobody looked yet at the memory of a run here, or of its node at work."""
    if run.place != HERE or run.state != "running":
        return False
    node = run.nodes.get(run.node)
    return not run.peak or (node is not None and node.state == "running" and not node.memory)
