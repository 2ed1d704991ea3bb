"""A conversation with a blob service that outlives its connections.

Whoever is heard of no more is called again, introduced to and asked again, until it answers or
there is no hope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from cluster_agent.blobs.frames import Part, part_of, read_chunk
from cluster_agent.keys import KeyPair
from cluster_agent.protocol.message import VERSION
from cluster_agent.protocol.messages import Chunk, Hello, Message, Refused
from cluster_agent.protocol.wire import FROM_BLOBS, Malformed, decode, encode
from cluster_agent.transport import Connection
from engine.errors import Cancelled, InvalidInput, StorageFailed

_PATIENCE: Final = 0.2
_DRAINED: Final = 16
_SOFTWARE: Final = "reelwright"


class Asking(Protocol):
    """What is asked: see `transfer.Upload` and `transfer.Download`."""

    def ask(self, number: int, now: float) -> Message: ...

    def due(self, now: float) -> bool: ...

    def refused(self, refused: Refused, now: float) -> bool: ...


class Calls:
    """One service, called by one thread at a time."""

    def __init__(
        self, address: str, own: KeyPair, server: str, *, give_up: float, clock: Callable[[], float]
    ) -> None:
        self.now = clock
        self._address = address
        self._give_up = give_up
        self._number = 0
        self._introduced = False
        self._cancelled: Callable[[], bool] = lambda: False
        self._heard = clock()
        self._connection = Connection(address, own, server)

    def begin(self, cancelled: Callable[[], bool]) -> None:
        """From now on `cancelled` is asked whether to stop, and patience counts anew."""
        self._cancelled = cancelled
        self._heard = self.now()

    def call(self, asking: Asking) -> Call:
        """Begin to ask."""
        return Call(self, asking)

    def send(self, message: Message) -> bool:
        return self._connection.send(encode(message))

    def send_frame(self, frame: memoryview) -> bool:
        return self._connection.send(frame)

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def stand(self) -> bool:
        """Whether the service is there and knows who calls; calls again where it must.

        Raises Cancelled, InvalidInput where this key is turned away, or StorageFailed when nothing
        was heard for too long.
        """
        if self._cancelled():
            raise Cancelled()
        if self._connection.broken:
            self._connection.reconnect()
            self._introduced = False
        if not self._introduced:
            if self._connection.ready(_PATIENCE):
                hello = Hello(re=self.next_number(), versions=(VERSION,), software=_SOFTWARE)
                self._introduced = self.send(hello)
            elif self._connection.turned_away:
                raise InvalidInput(
                    f"The blob service at '{self._address}' does not know this computer's key.",
                    remedy="Pair with it again, or ask its admin to trust the key.",
                )
        if self.now() - self._heard > self._give_up:
            raise StorageFailed(
                f"The blob service at '{self._address}' was silent for {self._give_up:.0f} s.",
                remedy="Try again when it is back: what was transferred so far is kept.",
            )
        return self._introduced

    def introduce(self) -> None:
        """The service does not know who calls: say it again."""
        self._introduced = False

    def receive(self, timeout: float) -> Iterator[Message | Part]:
        """What the service says; waits for it until the time is over."""
        if not self._connection.poll(timeout):
            return
        for frame in self._connection.receive_views(_DRAINED):
            self._heard = self.now()
            yield read_chunk(frame) or self._message(frame)

    def close(self) -> None:
        self._connection.close()

    def _message(self, frame: memoryview) -> Message | Part:
        try:
            message = decode(bytes(frame), FROM_BLOBS)
        except Malformed as error:
            raise StorageFailed(f"The blob service at '{self._address}': {error}") from error
        return part_of(message) if isinstance(message, Chunk) else message


class Call:
    """One question, asked as often as it takes; `number` is the one it was asked with last."""

    def __init__(self, calls: Calls, asking: Asking) -> None:
        self._calls = calls
        self._asking = asking
        self._must_ask = True
        self.number = 0
        self.stands = False

    def listen(self, *, busy: bool = False) -> Iterator[Message | Part]:
        """What is said next; waits a little, unless there is something else to do.

        Asks, and asks again where it must.  Raises Rejected, and what `Calls.stand` raises.
        """
        before = self.stands
        self.stands = self._calls.stand()
        if not self.stands or not before:
            self._must_ask = True
        if self.stands and (self._must_ask or self._asking.due(self._calls.now())):
            self.number = self._calls.next_number()
            self._must_ask = not self._calls.send(self._asking.ask(self.number, self._calls.now()))
            busy = False
        for message in self._calls.receive(0.0 if busy else _PATIENCE):
            if isinstance(message, Refused):
                self._refused(message)
            else:
                yield message

    def _refused(self, refused: Refused) -> None:
        if self._asking.refused(refused, self._calls.now()):
            self._calls.introduce()
            self._must_ask = True
