"""A line to a broker, on a thread of its own: orders go in, news come out, whatever happens to it.

It calls again for ever and says in a sentence how it stands.  Everything that is ordered can be
asked again, so an order whose answer was lost with the line is simply repeated on the next.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput, ReelwrightError
from studio.machines.news import (
    Ask,
    Look,
    News,
    No,
    Order,
    PlaceNews,
    Seen,
    Send,
    Sent,
    ToFront,
    Told,
)
from studio.machines.places import Machine, PlaceState, machine_of
from studio.machines.single_call import Over, SingleCall

if TYPE_CHECKING:
    from cluster_agent.client.connection import Client, Event
    from cluster_agent.keys import KeyPair, KnownServer
    from cluster_agent.protocol.messages import JobView, State
    from cluster_agent.transport import Connection

IDLE: Final = 0.5
MACHINES_EVERY: Final = 0.5
QUEUE_EVERY: Final = 0.25
LONGEST_WAIT: Final = 5.0
RECENT: Final = 200
"""Ended jobs that are looked at when a line stands anew: they may have ended meanwhile."""
MOST_OPEN: Final = 20_000
_log = logging.getLogger(__name__)

OPEN: Final[tuple[State, ...]] = (
    "PENDING", "QUEUED", "ASSIGNED", "ENCODING", "GENERATING", "VAE_DECODING", "AUDIO_GENERATING",
    "SAFETY_CHECKING", "TRANSCODING", "UPLOADING",
)  # fmt: skip


class Line:
    """A thread that speaks to one broker.

    `find` says whom to call and as whom; it may raise ReelwrightError, and is asked again at every
    call.  `stands` is told the client whenever a line stands.  `before` is a line that was closed:
    what was not said there is said here.  `is_front` knows, by their keys, the runs that were put
    before others, perhaps by an earlier session.
    """

    def __init__(
        self,
        place: str,
        find: Callable[[], tuple[KnownServer, KeyPair]],
        tell: Callable[[News], None],
        stands: Callable[[Client, KnownServer, KeyPair], None] = lambda *_: None,
        before: Line | None = None,
        is_front: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.place = place
        self._find = find
        self._tell = tell
        self._on_stands = stands
        self._before = before
        self._is_front = is_front
        self._orders: deque[Order] = deque()
        self._keys: dict[str, str] = {}
        self._waiting: set[str] = set()
        self._front: list[str] = []
        self._seq: int | None = None
        self._machines_at = self._queue_at = float("inf")
        self._queue_every = QUEUE_EVERY
        self._wire: Connection | None = None
        self._alarm = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"line to {place}", daemon=True)

    def start(self) -> None:
        """Begin to call."""
        self._thread.start()

    def order(self, order: Order) -> None:
        """Have something done, now or as soon as the line stands.  Any thread."""
        self._orders.append(order)
        self._ring()

    def close(self) -> None:
        """Hang up.  Any thread; `join` waits for the end."""
        self._closing = True
        self._ring()

    def join(self, patience: float = 3.0) -> None:
        """Wait until it has hung up."""
        if self._thread.is_alive():
            self._thread.join(patience)

    def _ring(self) -> None:
        self._alarm.set()
        wire = self._wire
        if wire is not None:
            wire.wake()

    # On its thread

    def _run(self) -> None:
        self._inherit()
        wait = 0.1
        while not self._closing:
            began = time.monotonic()
            try:
                self._call()
            except Over:
                return
            except ReelwrightError as error:
                refused = self._was_turned_away(error)
                state: PlaceState = "refused" if refused else "unreachable"
                self._tell(PlaceNews(self.place, state, str(error)))
            except Exception as error:  # noqa: BLE001 - the next call may go well
                _log.warning("The line to '%s' broke.", self.place, exc_info=True)
                self._tell(PlaceNews(self.place, "unreachable", f"The line broke: {error}."))
            wait = 0.1 if time.monotonic() - began > 10.0 else min(LONGEST_WAIT, 2 * wait)
            self._alarm.wait(wait)
            self._alarm.clear()

    def _inherit(self) -> None:
        before, self._before = self._before, None
        if before is not None:
            before.join(LONGEST_WAIT)
            self._orders.extendleft(reversed(before._orders))

    def _call(self) -> None:
        from cluster_agent.client.connection import Client
        from cluster_agent.transport import Connection

        server, own = self._find()
        with Connection(server.address, own, server.key) as wire:
            self._wire = wire
            try:
                client = Client(SingleCall(wire, lambda: self._closing), server.name, _software())
                self._stand(client)
                self._on_stands(client, server, own)
                while True:
                    self._turn(client, wire)
            finally:
                self._wire = None

    def _stand(self, client: Client) -> None:
        """Hear from now on what changes, and see how everything is."""
        watching = client.watch(["jobs", "agents"], self._seq)
        self._seq = watching.seq
        self._see(self._list(client, OPEN, MOST_OPEN), all_open=True)
        self._front = self._known_front()
        self._see(self._list(client, ("COMPLETED", "FAILED", "BLOCKED", "CANCELLED"), RECENT))
        self._tell(PlaceNews(self.place, "ready", "", self._ask_machines(client)))
        self._machines_at = float("inf")

    def _turn(self, client: Client, wire: Connection) -> None:
        """Carry out what is ordered, hear what has happened, and wait for either."""
        if self._closing:
            raise Over
        while self._orders:
            self._carry_out(client, self._orders[0])
            self._orders.popleft()
        events = client.events(0.001)
        self._hear(client, events)
        now = time.monotonic()
        if now >= self._machines_at:
            self._machines_at = float("inf")
            self._tell(PlaceNews(self.place, "ready", "", self._ask_machines(client)))
        if now >= self._queue_at:
            self._look_at_queue(client)
        if not events and not self._orders:
            due = min(self._machines_at, self._queue_at) - time.monotonic()
            wire.poll(max(0.001, min(IDLE, due)))

    # Orders

    def _carry_out(self, client: Client, order: Order) -> None:
        try:
            match order:
                case Send():
                    self._send(client, order)
                case Ask():
                    from cluster_agent.protocol.messages import Done

                    done = client.ask(order.message, Done)
                    self._look(client, done.jobs)
                    self._queue_at = time.monotonic()
                case ToFront(job=job):
                    self._to_front(client, job)
                    self._queue_at = time.monotonic()
                case Look(jobs):
                    self._look(client, jobs)
        except ReelwrightError as error:
            if self._is_lost(error):
                raise
            for key in _keys(order):
                self._tell(No(key, str(error), final=isinstance(order, Send)))

    def _send(self, client: Client, order: Send) -> None:
        from cluster_agent.protocol.messages import Submit, Submitted

        submitted = client.ask(Submit(jobs=(order.spec,)), Submitted)
        job = submitted.jobs[0]
        self._keys[job] = order.key
        self._tell(Sent(order.key, job))
        if order.front and not submitted.known[0]:
            try:
                self._to_front(client, job)
            except InvalidInput:
                _log.debug("Job %s began before it could be moved.", job)
        self._waiting.add(job)
        self._look(client, (job,))

    def _known_front(self) -> list[str]:
        """Those that wait at the front; not those that are only about to be put there."""
        ordered = {order.key for order in self._orders if isinstance(order, Send | ToFront)}
        there = (job for job in self._waiting if self._is_front(self._keys[job]))
        return [job for job in there if self._keys[job] not in ordered]

    def _to_front(self, client: Client, job: str) -> None:
        """Those that were put to the front before keep their places before it."""
        from cluster_agent.protocol.messages import Done, Move

        before = [each for each in self._front if each in self._waiting and each != job]
        self._front = [*before, job]
        client.ask(Move(jobs=(job,), index=len(before)), Done)

    def _look(self, client: Client, jobs: Sequence[str]) -> None:
        from cluster_agent.protocol.messages import GetJobs, JobList, Many

        for start in range(0, len(jobs), Many):
            asked = tuple(jobs[start : start + Many])
            found = client.ask(GetJobs(jobs=asked), JobList).jobs
            known = {job.id for job in found}
            self._see(found, missing=tuple(id for id in asked if id not in known))

    # What is heard

    def _hear(self, client: Client, events: Sequence[Event]) -> None:
        from cluster_agent.protocol.messages import AgentChanged, Changed, Progress

        changed: dict[str, None] = {}
        for event in events:
            if isinstance(event, Changed):
                self._seq = event.seq
                if event.user == client.welcome.user:
                    changed[event.job] = None
                    self._count(event.job, event.state)
            elif isinstance(event, Progress):
                self._pass_on(event)
            elif isinstance(event, AgentChanged):
                self._later_machines()
        if changed:
            self._look(client, tuple(changed))
            self._later_machines()
            now = time.monotonic()
            self._queue_at = min(self._queue_at, now + self._queue_every)

    def _count(self, job: str, state: str) -> None:
        if state == "QUEUED":
            self._waiting.add(job)
        else:
            self._waiting.discard(job)

    def _pass_on(self, progress: object) -> None:
        from cluster_agent.protocol.messages import Progress
        from engine.run.events import RunEnded, from_json

        assert isinstance(progress, Progress)
        key = self._keys.get(progress.job)
        if key is None:
            return
        events = []
        for line in progress.events:
            try:
                event = from_json(line)
            except InvalidInput:
                continue  # of a newer engine
            # The broker says how a job ends: after this its files are still on their way.
            if not isinstance(event, RunEnded):
                events.append(event)
        if events:
            self._tell(Told(key, tuple(events), time.monotonic()))

    def _see(
        self, jobs: Sequence[JobView], *, all_open: bool = False, missing: tuple[str, ...] = ()
    ) -> None:
        for job in jobs:
            self._keys[job.id] = job.key
            self._count(job.id, job.state)
        self._tell(Seen(self.place, tuple(jobs), all_open, missing))

    def _look_at_queue(self, client: Client) -> None:
        """Places in the line change for all when one goes; of a long line this is told less."""
        self._queue_at = float("inf")
        if not self._waiting:
            return
        began = time.monotonic()
        self._see(self._list(client, ("QUEUED",), MOST_OPEN))
        self._queue_every = max(QUEUE_EVERY, 5.0 * (time.monotonic() - began))

    def _list(self, client: Client, states: tuple[State, ...], most: int) -> list[JobView]:
        from cluster_agent.client.listing import find_jobs

        return find_jobs(client, states=states, user=client.welcome.user, limit=most)

    def _ask_machines(self, client: Client) -> tuple[Machine, ...]:
        from cluster_agent.protocol.messages import AgentList, ListAgents

        return tuple(map(machine_of, client.ask(ListAgents(), AgentList).agents))

    def _later_machines(self) -> None:
        self._machines_at = min(self._machines_at, time.monotonic() + MACHINES_EVERY)

    @staticmethod
    def _is_lost(error: ReelwrightError) -> bool:
        from cluster_agent.client.errors import Unreachable

        return isinstance(error, Unreachable)

    @staticmethod
    def _was_turned_away(error: ReelwrightError) -> bool:
        return "does not know your key" in str(error)


def _keys(order: Order) -> tuple[str, ...]:
    if isinstance(order, Look):
        return ()
    return order.keys if isinstance(order, Ask) else (order.key,)


def _software() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"reelwright-studio/{version('reelwright')}"
    except PackageNotFoundError:
        return "reelwright-studio/0"
