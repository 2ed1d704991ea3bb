"""Sockets: the one file that knows ZeroMQ.

`Listener` is the serving side (ROUTER), `Connection` the calling side (DEALER).  Both speak CURVE
only; who may connect is decided by ZAP, and a peer's identity is its public key, never what it
says of itself.  What travels is one frame of bytes a message; what the bytes mean is not known
here.

Three rules for those who use them:

- A send that says False did not happen.  One that says True may still be lost with its connection,
  and so may what came in and was not yet received: only an answer proves that it arrived.
- A Connection calls until it stands (`ready`) and sends nothing before.  One that broke stays
  `broken` and forgets what it held: `reconnect`, and introduce yourself again.  So no server hears
  old words, and nobody goes on in a conversation of which the other side knows nothing.
- One thread uses a socket; any thread may `wake` it.  Nothing here outlives a fork: spawn.

A route names one connection, is drawn at random and never handed over: who claims that of another
is not heard, so nobody can take the answers meant for somebody else.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import zmq
from zmq.utils import z85
from zmq.utils.monitor import recv_monitor_message

from cluster_agent.bell import Bell
from cluster_agent.protocol.message import LARGEST
from cluster_agent.routes import draw_routes
from engine.errors import InvalidInput

if TYPE_CHECKING:
    from cluster_agent.keys import KeyPair

QUEUED: Final = 1000
"""Frames that may wait for a peer, in each direction."""

# What CURVE adds to a frame on the wire is 33 bytes; the limit is set on what is on the wire.
_SEALED: Final = 64
_HEARTBEAT_MS: Final = 2_000
_HEARD_MS: Final = 8_000
_LINGER_MS: Final = 1_000
_RECONNECT_MS: Final = 100
_RECONNECT_MOST_MS: Final = 2_000
_ZAP: Final = "inproc://zeromq.zap.01"
_KEY_BYTES: Final = 32
_STANDS: Final = zmq.EVENT_HANDSHAKE_SUCCEEDED
_TURNED_AWAY: Final = zmq.EVENT_HANDSHAKE_FAILED_AUTH
_BROKE: Final = zmq.EVENT_DISCONNECTED

_log = logging.getLogger(__name__)


class Received(NamedTuple):
    """A frame, the connection it came by, and the public key (Z85) of the peer behind it."""

    route: bytes
    identity: str
    frame: bytes


class _Socket:
    """What both sides have: a context of their own, a socket in it, and a bell."""

    def __init__(self, own: KeyPair, largest: int, queued: int = QUEUED) -> None:
        self._own = own
        self._largest = largest
        self._queued = queued
        self._pid = os.getpid()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._bell = Bell()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wake(self) -> None:
        """Make `poll` return, from whatever thread."""
        self._bell.ring()

    def close(self) -> None:
        """Give what was sent a second to leave, and end.  May be called twice."""
        raise NotImplementedError

    def _configured(self, kind: int) -> zmq.Socket[bytes]:
        made = self._context.socket(kind)
        made.setsockopt(zmq.LINGER, _LINGER_MS)
        made.setsockopt(zmq.SNDHWM, self._queued)
        made.setsockopt(zmq.RCVHWM, self._queued)
        made.setsockopt(zmq.MAXMSGSIZE, self._largest + _SEALED)
        made.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
        made.setsockopt(zmq.HEARTBEAT_TIMEOUT, _HEARD_MS)
        made.setsockopt(zmq.HEARTBEAT_TTL, _HEARD_MS)
        made.setsockopt(zmq.CURVE_PUBLICKEY, self._own.public.encode())
        made.setsockopt(zmq.CURVE_SECRETKEY, self._own.secret.encode())
        return made

    def _wait(self, wanted: list[tuple[zmq.Socket[bytes], int]], timeout_s: float) -> list[object]:
        """What of that is there, at once or within the time, and the bell if it rang."""
        assert os.getpid() == self._pid, "a socket does not outlive a fork: spawn"
        bell = self._bell.fileno()
        waiting: list[tuple[Any, int]] = [*wanted, (bell, zmq.POLLIN)]
        ready = zmq.zmq_poll(waiting, math.ceil(max(0.0, timeout_s) * 1000))
        found: list[object] = [self._bell if source == bell else source for source, _ in ready]
        if self._bell in found:
            self._bell.hush()
        return found

    def _check_size(self, frame: bytes | memoryview) -> None:
        if len(frame) > self._largest:
            raise InvalidInput(
                f"A message of {len(frame)} bytes is over the limit of {self._largest}.",
                remedy="Send less at once; files travel through the blob service.",
            )

    def _end(self) -> None:
        self._bell.close()
        self._context.term()


class _Doorkeeper(threading.Thread):
    """Answers ZAP: which public keys may connect.  Ends with its context."""

    def __init__(self, door: zmq.Socket[bytes], allow: Callable[[str], bool]) -> None:
        super().__init__(name="doorkeeper", daemon=True)
        self._door = door
        self._allow = allow

    def run(self) -> None:
        with suppress(zmq.ContextTerminated):
            while True:
                self._door.send_multipart(self._answer(self._door.recv_multipart()))
        self._door.close(linger=0)

    def _answer(self, asked: list[bytes]) -> list[bytes]:
        """ZAP 1.0: version, request, domain, address, identity, mechanism, credentials."""
        version, request, mechanism, key = asked[0], asked[1], asked[5], asked[-1]
        name = z85.encode(key) if mechanism == b"CURVE" and len(key) == _KEY_BYTES else b""
        if name and self._allowed(name.decode()):
            return [version, request, b"200", b"welcome", name, b""]
        return [version, request, b"400", b"this key is not known here", b"", b""]

    def _allowed(self, identity: str) -> bool:
        try:
            return self._allow(identity)
        except Exception:  # noqa: BLE001 - whatever it is, the door stays shut and is answered
            _log.exception("A key could not be looked up, and was turned away")
            return False


class Listener(_Socket):
    """Takes in frames of many peers, and sends to each of them by its route.

    A peer that sends more than `largest` bytes in a frame is cut off; the others are not.
    `allow` is asked by another thread whether a public key may connect; a peer is asked for once,
    when it connects.  Raises InvalidInput where the address cannot be listened on.
    """

    def __init__(
        self,
        address: str,
        own: KeyPair,
        allow: Callable[[str], bool],
        *,
        largest: int = LARGEST,
        queued: int = QUEUED,
    ) -> None:
        super().__init__(own, largest, queued)
        self.dropped = 0  # messages that were not one frame each
        door = self._context.socket(zmq.REP)
        door.bind(_ZAP)
        self._doorkeeper = _Doorkeeper(door, allow)
        self._doorkeeper.start()
        draw_routes()
        self._socket = self._configured(zmq.ROUTER)
        try:
            self._bind(address)
        except zmq.ZMQError as error:
            self.close()
            raise InvalidInput(
                f"The address '{address}' cannot be listened on: {error.strerror}.",
                remedy="Choose another, such as 'tcp://0.0.0.0:0', or end who uses it.",
            ) from error

    def _bind(self, address: str) -> None:
        self._socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self._socket.setsockopt(zmq.BACKLOG, 1024)
        self._socket.setsockopt(zmq.CURVE_SERVER, 1)
        self._socket.setsockopt(zmq.ZAP_DOMAIN, b"cluster")
        self._socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
        self._socket.setsockopt(zmq.IPV6, int("[" in address))
        self._socket.bind(address)
        self.address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def poll(self, timeout_s: float) -> bool:
        """Whether there is something to receive; waits for it until the time is over."""
        return self._socket in self._wait([(self._socket, zmq.POLLIN)], timeout_s)

    def receive(self, most: int) -> list[Received]:
        """What has come, at most so many messages; never waits."""
        heard = self._heard(most)
        return [Received(route, str(said.get("User-Id")), said.bytes) for route, said in heard]

    def receive_views(self, most: int) -> list[tuple[bytes, str, memoryview]]:
        """The same uncopied, for large frames: a view keeps the memory of its frame."""
        heard = self._heard(most)
        return [(route, str(said.get("User-Id")), said.buffer) for route, said in heard]

    def _heard(self, most: int) -> Iterator[tuple[bytes, zmq.Frame]]:
        with suppress(zmq.Again):
            for _ in range(most):
                route = self._socket.recv(zmq.DONTWAIT)
                frame = _only_frame(self._socket)
                if frame is not None and len(frame) <= self._largest:
                    yield route, frame
                else:
                    self.dropped += 1

    def send(self, route: bytes, frame: bytes | memoryview) -> bool:
        """Whether the peer is there and had room.  Raises InvalidInput for too large a frame."""
        self._check_size(frame)
        try:
            self._socket.send(route, zmq.DONTWAIT | zmq.SNDMORE)
            self._socket.send(frame, zmq.DONTWAIT)
        except zmq.ZMQError as error:
            if error.errno in (zmq.EAGAIN, zmq.EHOSTUNREACH):
                return False
            raise
        return True

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._socket.close()
            self._end()
            self._doorkeeper.join()


class _Line(NamedTuple):
    """A socket that calls, and what it tells of how that goes."""

    socket: zmq.Socket[bytes]
    events: zmq.Socket[bytes]

    def close(self, linger_ms: int) -> None:
        self.socket.disable_monitor()
        self.events.close(linger=0)
        self.socket.close(linger=linger_ms)


class Connection(_Socket):
    """Calls one server, whose public key is known.

    `server` is that key in Z85.  Raises InvalidInput for an address or a key that is none.
    """

    def __init__(self, address: str, own: KeyPair, server: str, *, largest: int = LARGEST) -> None:
        super().__init__(own, largest)
        self._address = address
        self._server = server
        self._line: _Line | None = None
        self._stood = False
        self._turned_away = False
        try:
            self.reconnect()
        except (zmq.ZMQError, UnicodeError, ValueError) as error:
            self._context.destroy(linger=0)
            self._end()
            raise InvalidInput(
                f"There is no server with the key '{server}' to call at '{address}': {error}.",
                remedy="An address is like 'tcp://gpu1:7711', a key has 40 characters.",
            ) from error

    @property
    def broken(self) -> bool:
        """Whether the connection stood once and no longer does."""
        self._hear()
        return self._line is None

    @property
    def turned_away(self) -> bool:
        """Whether the server said, when last called, that it does not know our key."""
        self._hear()
        return self._turned_away

    def ready(self, timeout_s: float) -> bool:
        """Whether it stands and has room to send; waits for that, but not where it is hopeless."""
        self._hear()
        until = time.monotonic() + timeout_s
        while self._line is not None and not self._turned_away:
            ready, again = self._attend(self._line, zmq.POLLOUT, until)
            if ready or not again:
                return ready
        return False

    def poll(self, timeout_s: float) -> bool:
        """Whether there is something to receive; waits for it until the time is over."""
        until = time.monotonic() + timeout_s
        while self._line is not None:
            ready, again = self._attend(self._line, zmq.POLLIN, until)
            if ready or not again:
                return ready
        self._wait([], until - time.monotonic())
        return False

    def _attend(self, line: _Line, wanted: int, until: float) -> tuple[bool, bool]:
        """Whether what is wanted is there; otherwise, whether to wait on, as only news came."""
        waiting = [(line.socket, wanted), (line.events, zmq.POLLIN)]
        found = self._wait(waiting, until - time.monotonic())
        if line.socket in found:
            return True, False
        if line.events in found:
            self._hear()
        return False, found == [line.events]

    def receive(self, most: int) -> list[bytes]:
        """What has come, at most so many messages; never waits."""
        return [frame.bytes for frame in self._heard(most)]

    def receive_views(self, most: int) -> list[memoryview]:
        """The same uncopied, for large frames: a view keeps the memory of its frame."""
        return [frame.buffer for frame in self._heard(most)]

    def _heard(self, most: int) -> Iterator[zmq.Frame]:
        if self._line is None:
            return
        with suppress(zmq.Again):
            for _ in range(most):
                if (frame := _only_frame(self._line.socket)) is not None:
                    yield frame

    def send(self, frame: bytes | memoryview) -> bool:
        """Whether the connection stands and had room.  Raises InvalidInput when it is too large."""
        self._check_size(frame)
        if self._line is None:
            return False
        try:
            self._line.socket.send(frame, zmq.DONTWAIT)
        except zmq.Again:
            return False
        return True

    def reconnect(self) -> None:
        """Call anew, and forget what was neither sent nor received."""
        self._hang_up(linger_ms=0)
        self._stood = self._turned_away = False
        made = self._configured(zmq.DEALER)
        made.setsockopt(zmq.CURVE_SERVERKEY, self._server.encode())
        made.setsockopt(zmq.IMMEDIATE, 1)
        made.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
        made.setsockopt(zmq.RECONNECT_IVL_MAX, _RECONNECT_MOST_MS)
        made.setsockopt(zmq.IPV6, int("[" in self._address))
        events = made.get_monitor_socket(_STANDS | _TURNED_AWAY | _BROKE)
        self._line = _Line(made, events)
        made.connect(self._address)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._hang_up(_LINGER_MS)
            self._end()

    def _hang_up(self, linger_ms: int) -> None:
        if self._line is not None:
            self._line.close(linger_ms)
            self._line = None

    def _hear(self) -> None:
        """How calling went.  A break ends the line: the socket would call again by itself."""
        while self._line is not None and zmq.zmq_poll([(self._line.events, zmq.POLLIN)], 0):
            event = recv_monitor_message(self._line.events)["event"]
            if event == _BROKE:
                if self._stood:
                    self._hang_up(linger_ms=0)
            else:
                self._stood = event == _STANDS
                self._turned_away = event == _TURNED_AWAY


def _only_frame(socket: zmq.Socket[bytes]) -> zmq.Frame | None:
    """The frame of the next message; None if it has several.  The parts of one come together."""
    frame = socket.recv(zmq.DONTWAIT, copy=False)
    if not frame.more:
        return frame
    while socket.getsockopt(zmq.RCVMORE):
        socket.recv(zmq.DONTWAIT)
    return None
