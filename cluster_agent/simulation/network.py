"""A simulated network: connections to one listener, with everything that befalls frames.

Frames are late by chance, and so overtake each other; they are lost, doubled, cut short and
repeated much later; a direction of a connection can be cut.  Who is behind a connection is known
by its key, as with ZAP.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple, Protocol

from cluster_agent.simulation.clock import Clock

LATENCY: Final = 0.001
REPLAYED_AFTER: Final = 15.0


class Frame(NamedTuple):
    """What a listener hears."""

    route: bytes
    identity: str
    frame: bytes


@dataclass
class Trouble:
    """How likely something befalls a frame; `jitter` is the longest delay, in seconds."""

    lost: float = 0.0
    doubled: float = 0.0
    cut_short: float = 0.0
    replayed: float = 0.0
    jitter: float = 0.0


class Caller(Protocol):
    """Who has a connection."""

    def hear(self, frame: bytes) -> None: ...


@dataclass(eq=False)
class Line:
    """One connection.  `deaf` does not hear the listener, `dumb` is not heard by it."""

    network: Network
    route: bytes
    identity: str
    caller: Caller
    deaf: bool = False
    dumb: bool = False
    open: bool = True

    def send(self, frame: bytes) -> None:
        """Say something to the listener, which may hear it."""
        if self.open and not self.dumb:
            self.network.carry(frame, self._arrive)

    def _arrive(self, frame: bytes) -> None:
        if self.open:
            self.network.ears.push(Frame(self.route, self.identity, frame))

    def deliver(self, frame: bytes, late: float) -> None:
        """The listener says something to the caller, in a while; who may hear it."""
        if self.open and not self.deaf:
            self.network.carry(frame, self._hear, late)

    def _hear(self, frame: bytes) -> None:
        if self.open:
            self.caller.hear(frame)


@dataclass(eq=False)
class Ears:
    """The listener's end: what `transport.Listener` is to a daemon.

    `late` is by how many seconds a turn of the daemon is behind: what it says is said then.
    """

    waken: Callable[[], None]
    late: Callable[[], float]
    lines: dict[bytes, Line] = field(default_factory=dict)
    waiting: deque[Frame] = field(default_factory=deque)
    dropped: int = 0
    up: bool = True

    def push(self, frame: Frame) -> None:
        """A frame has arrived; nobody hears it while the listener is down."""
        if self.up:
            self.waiting.append(frame)
            self.waken()

    def poll(self, timeout_s: float) -> bool:
        """Whether something can be received; a simulated socket never waits."""
        return bool(self.waiting)

    def receive(self, most: int) -> list[Frame]:
        """What has come."""
        return [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]

    def send(self, route: bytes, frame: bytes) -> bool:
        """Whether the connection is there."""
        line = self.lines.get(route)
        if line is None or not line.open:
            return False
        line.deliver(frame, self.late())
        return True

    def wake(self) -> None:
        """Have the daemon look."""
        self.waken()


class Network:
    """All connections, and the troubles of the moment."""

    def __init__(
        self,
        clock: Clock,
        chance: Random,
        waken: Callable[[], None],
        late: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self.trouble = Trouble()
        self.ears = Ears(waken, late)
        self._routes = 0

    def connect(self, identity: str, caller: Caller) -> Line:
        """A new connection; each has a route of its own."""
        self._routes += 1
        line = Line(self, f"route {self._routes}".encode(), identity, caller)
        self.ears.lines[line.route] = line
        return line

    def close(self, line: Line) -> None:
        """The connection breaks; what is under way on it is lost."""
        line.open = False
        self.ears.lines.pop(line.route, None)

    def carry(self, frame: bytes, arrive: Callable[[bytes], None], late: float = 0.0) -> None:
        """Bring a frame to the other end, or not, or worse; it sets out in `late` seconds."""
        chance, trouble = self._chance, self.trouble
        if chance.random() < trouble.lost:
            return
        if chance.random() < trouble.cut_short:
            frame = frame[: chance.randrange(len(frame))]
        self._clock.after(late + self._delay(), lambda: arrive(frame))
        if chance.random() < trouble.doubled:
            self._clock.after(late + self._delay(), lambda: arrive(frame))
        if chance.random() < trouble.replayed:
            later = late + chance.uniform(0.1, REPLAYED_AFTER)
            self._clock.after(later, lambda: arrive(frame))

    def _delay(self) -> float:
        return LATENCY + self._chance.random() * self.trouble.jitter
