"""The broker's shell: one thread that hears, lets the machine decide, commits, and then answers.

What came in during one turn is one group: the machine sees all of it, its changes are committed
together, and only then is anything said.  Each turn takes a bounded number of messages, so that
nobody can keep the machine from its clock.

When the disk fails, what was decided is kept and written again; meanwhile people are told to come
back, and agents are kept alive but told nothing that is not durable.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from cluster_agent.broker.delivery import frames, page_frame
from cluster_agent.broker.machine import Broker
from cluster_agent.broker.outcome import Now
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.questions import Questions
from cluster_agent.broker.references import References
from cluster_agent.broker.sessions import Sessions
from cluster_agent.broker.unsaved import Unsaved
from cluster_agent.protocol.message import LARGEST
from cluster_agent.protocol.messages import (
    FromAgent,
    FromClient,
    GetJobs,
    Hello,
    ListJobs,
    Message,
    Refused,
    Status,
)
from cluster_agent.protocol.wire import FROM_PEER, Malformed, decode, encode
from cluster_agent.store.protocol import Store

LARGEST_HEARD: Final = LARGEST - (1 << 20)
"""Bytes of a message: what is made of it for others is larger, and must fit too."""
BATCH: Final = 512
"""Messages heard in one turn."""
REVIEW: Final = 2.0
"""Seconds between looks at who is connected."""
RETENTION: Final = 3600.0
FORGOTTEN_AT_ONCE: Final = 500
REFERENCES: Final = 6 * 3600.0
"""Seconds between looks at which blobs are still needed."""
BREATH: Final = 0.02
"""Seconds between two pages of such a look, if nothing else is to be done."""
ANSWERING: Final = 0.02
"""Seconds of a turn that may be spent on pages of jobs."""

_log = logging.getLogger(__name__)


class Heard(Protocol):
    """What is needed of `transport.Received`."""

    @property
    def route(self) -> bytes: ...
    @property
    def identity(self) -> str: ...
    @property
    def frame(self) -> bytes: ...


class Ears(Protocol):
    """What is needed of `transport.Listener`."""

    dropped: int

    def poll(self, timeout_s: float) -> bool: ...
    def receive(self, most: int) -> Sequence[Heard]: ...
    def send(self, route: bytes, frame: bytes) -> bool: ...
    def wake(self) -> None: ...


def clock() -> Now:
    """The time as this machine knows it."""
    return Now(time.monotonic(), time.time())


def understood(frame: bytes) -> FromClient | FromAgent:
    """The message in a frame.  Raises Malformed."""
    if len(frame) > LARGEST_HEARD:
        raise Malformed(f"{len(frame)} bytes are over the limit of {LARGEST_HEARD}")
    return decode(frame, FROM_PEER)


class Daemon:
    """Runs a machine behind a listener, on a store that was opened for it."""

    def __init__(
        self,
        ears: Ears,
        machine: Broker,
        store: Store,
        sessions: Sessions,
        policy: BrokerPolicy,
        now: Callable[[], Now] = clock,
        referred: Callable[[frozenset[str]], None] | None = None,
    ) -> None:
        """`referred` is told now and then which blobs the jobs refer to."""
        self._ears = ears
        self._machine = machine
        self._store = store
        self._sessions = sessions
        self._policy = policy
        self._now = now
        self._questions = Questions(store, machine)
        self._unsaved = Unsaved(store)
        self._ending = False
        self._review_at = self._forget_at = now().monotonic
        self._referred = referred
        self._references: References | None = None
        self._refer_at = now().monotonic + REFERENCES if referred else float("inf")
        self._replaying = False
        self._undelivered = 0

    def stop(self) -> None:
        """End after the present turn; may be called from a signal handler."""
        self._ending = True
        self._ears.wake()

    def run(self) -> None:
        """Until stopped.  Raises Fenced, or StorageFailed where the disk stays unusable."""
        while not self._ending:
            self._ears.poll(self._idle())
            self.turn()
        self.turn()

    def turn(self) -> None:
        """Hear what has come, decide, commit, answer."""
        now = self._now()
        for heard in self._ears.receive(BATCH):
            self._hear(heard, now)
        if now.monotonic >= self._machine.due():
            self._machine.tick(now)
        self._keep_house(now)
        self._settle(now)
        if not self._unsaved:
            self._answer(now)

    def _idle(self) -> float:
        """Seconds until something must be done even if nobody says anything."""
        if self._replaying or self._questions:
            return 0.0
        if self._references is not None:
            return BREATH
        due = min(self._machine.due(), self._review_at, self._forget_at, self._refer_at)
        if self._unsaved:
            due = min(due, self._unsaved.again_at)
        return max(0.0, due - self._now().monotonic)

    # Hearing

    def _hear(self, heard: Heard, now: Now) -> None:
        route, identity = heard.route, heard.identity
        if self._sessions.shut_out(identity, now.monotonic):
            self._sessions.ignored += 1
            return
        try:
            message = understood(heard.frame)
        except Malformed as error:
            self._not_understood(heard, error, now)
            return
        if isinstance(message, Hello):
            answer, gone = self._sessions.greet(route, identity, message, now.monotonic)
            for each in gone:
                self._machine.gone(each, now)
            self._say(route, answer)
            return
        peer = self._sessions.peer(route, identity, now.monotonic)
        if peer is None:
            refused = self._sessions.ask_to_greet(route)
            if refused is not None:
                self._say(route, refused)
        elif isinstance(message, ListJobs | GetJobs):
            refused = self._questions.ask(peer, message)
            if refused is not None:
                self._say(route, refused)
        elif self._unsaved and "agent" not in peer.roles:
            reason = "The broker cannot write to its disk now. Try again in a minute."
            self._say(route, Refused(re=message.re, code="busy", reason=reason))
        else:
            self._machine.receive(peer, message, now)

    def _not_understood(self, heard: Heard, error: Malformed, now: Now) -> None:
        """Say why; who goes on talking nonsense is not listened to for a while."""
        if self._sessions.fault(heard.identity, now.monotonic):
            self._say(heard.route, Refused(re=error.re, code="invalid", reason=str(error)))
            return
        _log.warning("The key %s sends nonsense, and is ignored for a while.", heard.identity)
        for route in self._sessions.routes(heard.identity):
            self._lose(route, now)

    # Committing and answering

    def _settle(self, now: Now) -> None:
        """Commit what was decided, then say it; what cannot be committed is kept."""
        outcome = self._machine.take_outcome()
        if self._unsaved.add(outcome, now.monotonic):
            for send in self._unsaved.urgent():
                self._say(send.route, send.message)
            return
        outcome = self._unsaved.take()
        for route, frame in frames(outcome, self._store.specs, self._complete):
            self._deliver(route, frame, now)
        for replay in outcome.replays:
            events = self._store.events(replay.since, replay.limit)
            self._machine.replayed(replay.route, events)
        self._replaying = bool(outcome.replays)

    def _answer(self, now: Now) -> None:
        """Answer questions, for a little while."""
        until = time.monotonic() + ANSWERING
        while self._questions:
            route, page = self._questions.answer()
            self._deliver(route, page_frame(page), now)
            if time.monotonic() >= until:
                return

    def _complete(self, message: Message) -> Message:
        """Add to the counters what only the shell knows."""
        if not isinstance(message, Status):
            return message
        counted = {
            "connections": len(self._sessions),
            "messages.malformed": self._sessions.malformed + self._ears.dropped,
            "messages.ignored": self._sessions.ignored,
            "messages.undelivered": self._undelivered,
        }
        return message.model_copy(update={"counters": {**message.counters, **counted}})

    def _say(self, route: bytes, message: Message) -> None:
        if not self._ears.send(route, encode(message)):
            self._undelivered += 1

    def _deliver(self, route: bytes, frame: bytes, now: Now) -> None:
        """Send; a peer that is gone or does not read what it is sent loses its connection."""
        if not self._ears.send(route, frame):
            self._undelivered += 1
            self._lose(route, now)

    def _lose(self, route: bytes, now: Now) -> None:
        self._sessions.drop(route)
        self._machine.gone(route, now)

    # Keeping house

    def _keep_house(self, now: Now) -> None:
        if now.monotonic >= self._review_at:
            self._review_at = now.monotonic + REVIEW
            for route in self._sessions.review(now.monotonic):
                self._machine.gone(route, now)
        if now.monotonic >= self._forget_at and not self._unsaved:
            self._forget(now)
        if now.monotonic >= self._refer_at and self._references is None:
            self._references = References(self._store)
        if self._references is not None and self._referred is not None:
            digests = self._references.step()
            if digests is not None:
                self._references, self._refer_at = None, now.monotonic + REFERENCES
                self._referred(digests)

    def _forget(self, now: Now) -> None:
        """Remove what is older than the policy says: some now, and the rest in the next turns."""
        policy = self._policy
        forgotten = self._store.forget(
            now.wall - policy.retention, policy.events, FORGOTTEN_AT_ONCE
        )
        self._machine.forgot(forgotten)
        if not forgotten.more:
            self._forget_at = now.monotonic + RETENTION
