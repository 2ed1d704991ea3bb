"""A front end's connection to a broker: questions with answers, and events that are never missed.

One thread at a time.  Whatever is asked may be asked again (a submission carries its own key), so
a question whose answer is lost is simply repeated on a new connection; and a watch goes on after
the last sequence number that was seen.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias, TypeVar

from cluster_agent.client.errors import Unreachable, refusal
from cluster_agent.protocol.messages import (
    VERSION,
    AgentChanged,
    Changed,
    Credit,
    Hello,
    Message,
    Ping,
    Progress,
    Refused,
    Watch,
    Watching,
    Welcome,
)
from cluster_agent.protocol.wire import TO_CLIENT, decode, encode

Event: TypeAlias = Changed | Progress | AgentChanged
Answer = TypeVar("Answer", bound=Message)

PATIENCE: Final = 30.0
"""Seconds after which a question without an answer is given up."""
SILENCE: Final = 6.0
"""Seconds of silence after which the connection is made anew."""
CREDIT: Final = 512
_MOST: Final = 256


class Wire(Protocol):
    """What is needed of `transport.Connection`."""

    @property
    def broken(self) -> bool: ...
    @property
    def turned_away(self) -> bool: ...
    def ready(self, timeout_s: float) -> bool: ...
    def send(self, frame: bytes) -> bool: ...
    def receive(self, most: int) -> list[bytes]: ...
    def poll(self, timeout_s: float) -> bool: ...
    def reconnect(self) -> None: ...
    def close(self) -> None: ...


class Client:
    """Speaks to one broker.  Raises Unreachable when it stays silent, whatever is asked."""

    def __init__(
        self, wire: Wire, name: str, software: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._wire = wire
        self._name = name
        self._software = software
        self._clock = clock
        self._asked = 0
        self._events: deque[Event] = deque()
        self._answers: dict[int, Message] = {}
        self._topics: tuple[str, ...] = ()
        self._seen: int | None = None
        self._used = 0
        self._unknown = False
        self._heard = clock()
        self._pinged = clock()
        self.welcome = self._greet()

    def close(self) -> None:
        """End the connection."""
        self._wire.close()

    def ask(self, message: Message, answer: type[Answer], patience: float = PATIENCE) -> Answer:
        """The broker's answer.

        Raises InvalidInput or RefusedByCluster where it says no, Unreachable where it says nothing.
        """
        until = self._clock() + patience
        while True:
            found = self._ask_once(message, min(until, self._clock() + SILENCE))
            if found is not None:
                return _expected(found, answer)
            if self._clock() >= until:
                raise self._unreachable()
            self._reconnect(until)

    def watch(self, topics: Sequence[str], since: int | None = None) -> Watching:
        """Have events on these topics delivered by `events`, from after `since` on."""
        self._topics = tuple(topics)
        self._seen = since
        watching = self._rewatch()
        if self._seen is None:
            self._seen = watching.seq
        return watching

    def events(self, timeout: float) -> list[Event]:
        """What happened, as soon as something did, or after the timeout."""
        until = self._clock() + timeout
        while not self._events and self._clock() < until:
            self._stay_in_touch()
            self._listen(min(until, self._clock() + 1.0))
        found = list(self._events)
        self._events.clear()
        self._grant()
        return found

    def _ask_once(self, message: Message, until: float) -> Message | None:
        if not self._wire.ready(until - self._clock()):
            return None
        self._asked += 1
        number = self._asked
        self._wire.send(encode(message.model_copy(update={"re": number})))
        while number not in self._answers and self._clock() < until and not self._lost:
            self._listen(until)
        return self._answers.pop(number, None)

    @property
    def _lost(self) -> bool:
        """Whether the conversation is over: the line broke, or another broker came up meanwhile."""
        return self._unknown or self._wire.broken

    def _listen(self, until: float) -> None:
        """Wait for frames, once, and sort them."""
        if not self._wire.poll(max(0.0, until - self._clock())):
            return
        for frame in self._wire.receive(_MOST):
            self._heard = self._clock()
            self._sort(decode(frame, TO_CLIENT))

    def _sort(self, message: Message) -> None:
        if isinstance(message, Changed | Progress | AgentChanged):
            self._used += 1
        if isinstance(message, Changed):
            if self._seen is None or message.seq > self._seen:
                self._seen = message.seq
                self._events.append(message)
        elif isinstance(message, Progress | AgentChanged):
            self._events.append(message)
        elif message.re:
            self._answers[message.re] = message
        elif isinstance(message, Refused) and message.code == "version":
            self._unknown = True

    def _grant(self) -> None:
        """Let the broker send as many more as have come, in large portions."""
        if self._used >= CREDIT // 4:
            self._wire.send(encode(Credit(more=self._used)))
            self._used = 0

    def _stay_in_touch(self) -> None:
        """Ask for a sign of life now and then, and connect anew where none comes."""
        now = self._clock()
        if self._lost or now - self._heard > SILENCE:
            self._reconnect(now + PATIENCE)
        elif now - self._pinged > SILENCE / 3:
            self._pinged = now
            self._wire.send(encode(Ping()))

    def _reconnect(self, until: float) -> None:
        """Until it answers.  What was asked and not answered is forgotten."""
        while True:
            self._wire.reconnect()
            self._answers.clear()
            self._unknown = False
            if self._ask_once(self._hello(), min(until, self._clock() + SILENCE)) is not None:
                break
            if self._clock() >= until:
                raise self._unreachable()
        if self._topics:
            self._rewatch()

    def _rewatch(self) -> Watching:
        self._used = 0
        message = Watch(topics=self._topics, since=self._seen, credit=CREDIT)
        found = self._ask_once(message, self._clock() + SILENCE)
        if found is None:
            raise self._unreachable()
        return _expected(found, Watching)

    def _greet(self) -> Welcome:
        found = self._ask_once(self._hello(), self._clock() + SILENCE)
        if found is None:
            raise self._unreachable()
        return _expected(found, Welcome)

    def _hello(self) -> Hello:
        return Hello(versions=(VERSION,), software=self._software)

    def _unreachable(self) -> Unreachable:
        if self._wire.turned_away:
            return Unreachable(
                f"The cluster '{self._name}' does not know your key.",
                remedy="Pair with it: 'reelwright keys pair' here, and on its broker's computer.",
            )
        return Unreachable(
            f"The cluster '{self._name}' does not answer.",
            remedy="Check its address and whether its broker runs.",
        )


def _expected(found: Message, answer: type[Answer]) -> Answer:
    if isinstance(found, Refused):
        raise refusal(found)
    if not isinstance(found, answer):
        raise Unreachable(f"The broker answered '{found.kind}' where '{answer.kind}' was due.")
    return found
