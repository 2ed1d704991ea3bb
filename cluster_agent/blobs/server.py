"""The blob service: takes blobs in and gives them out, for many peers at once.

One thread talks; the disk's work is done in lanes (lanes.py).  Everybody gets a chunk in turn, and
what may be on its way in is bounded for all peers together (intakes.py).  Peers are known by their
keys; whoever may submit, work or administer may put a blob, and whoever is trusted may get one
whose digest they can name.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from typing import Final, Self

from cluster_agent.blobs.errors import DamagedBlob, UnknownBlob, named, sized
from cluster_agent.blobs.frames import CHUNK, Part, keep_memory, part_of, read_chunk
from cluster_agent.blobs.intakes import Caller, Intakes, refused
from cluster_agent.blobs.lanes import Lanes
from cluster_agent.blobs.outlets import Outlets
from cluster_agent.blobs.protocol import Blobs, verify
from cluster_agent.keys import Grant as Trusted
from cluster_agent.keys import KeyPair
from cluster_agent.protocol.message import VERSION
from cluster_agent.protocol.messages import (
    Blob,
    CheckBlob,
    Chunk,
    Done,
    GetBlob,
    Hello,
    Message,
    Ping,
    PutBlob,
    Refused,
    StatBlob,
    Welcome,
)
from cluster_agent.protocol.wire import TO_BLOBS, Malformed, decode, encode
from cluster_agent.transport import Listener
from engine.errors import ReelwrightError

_log = logging.getLogger(__name__)

_MAY_PUT: Final = frozenset({"submit", "agent", "admin"})
_DRAINED: Final = 32
_LARGEST: Final = CHUNK + 4096
_QUEUED: Final = 16
"""Frames of a peer that wait: with the largest, the memory that one who is hostile can take."""

_GREETED: Final = 10_000
_IDLE_POLL: Final = 0.5
_FULL_POLL: Final = 0.01


@dataclass(frozen=True)
class Limits:
    """What peers may use: bytes, transfers at one time, seconds without a word."""

    memory: int = 128 << 20
    kept: int | None = None  # by each user
    largest: int | None = None  # in one blob
    transfers: int = 256
    of_one_user: int = 64
    idle: float = 60.0


class BlobServer:
    """Serves a store until it is closed; a context manager.

    `trusted` says whom a public key stands for.  Raises InvalidInput for an address that cannot be
    listened on.
    """

    def __init__(
        self,
        address: str,
        own: KeyPair,
        trusted: Callable[[str], Trusted | None],
        blobs: Blobs,
        *,
        name: str = "blobs",
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        keep_memory()
        self._trusted = trusted
        self._blobs = blobs
        self._name = name
        self._limits = limits or Limits()
        self._clock = clock
        self._listener = Listener(
            address, own, lambda key: trusted(key) is not None, largest=_LARGEST, queued=_QUEUED
        )
        self.address = self._listener.address
        self._lanes = Lanes(self._listener.wake)
        self._intakes = Intakes(
            blobs, self._lanes, self._say, memory=self._limits.memory, limit=self._limits.kept
        )
        self._outlets = Outlets(blobs, self._lanes, self._say, self._listener.send)
        self._greeted: OrderedDict[bytes, None] = OrderedDict()
        self._asked: dict[str, int] = {}  # questions to the disk under way, by user
        self._closing = False
        self._thread = Thread(target=self._serve, name="blobs")
        self._thread.start()

    def close(self) -> None:
        """End; what was half received is kept.  May be called twice."""
        self._closing = True
        self._listener.wake()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        try:
            while not self._closing:
                self._listener.poll(self._safe_turn())
        finally:
            self._intakes.leave_all()
            self._outlets.leave_all()
            self._lanes.close()
            self._listener.close()

    def _safe_turn(self) -> float:
        try:
            return self._turn()
        except Exception:  # noqa: BLE001 - a mistake in here must not end the service for all
            _log.exception("The blob service failed at something, and goes on.")
            return _IDLE_POLL

    def _turn(self) -> float:
        """Do what there is to do; for how long then to wait."""
        now = self._clock()
        received = self._listener.receive_views(_DRAINED)
        for route, identity, frame in received:
            self._hear(route, identity, frame, now)
        self._lanes.settle()
        self._intakes.deal()
        moved = self._outlets.pump()
        self._intakes.leave_idle(now - self._limits.idle)
        self._outlets.leave_idle(now - self._limits.idle)
        if received or moved:
            return 0.0
        return _FULL_POLL if self._outlets.waiting else _IDLE_POLL

    def _hear(self, route: bytes, identity: str, frame: memoryview, now: float) -> None:
        trusted = self._trusted(identity)
        if trusted is None:
            self._say(route, Refused(reason="This key is no longer trusted.", code="forbidden"))
            return
        caller = Caller(route, trusted.user)
        try:
            chunk = read_chunk(frame)
            if chunk is None:
                message = decode(bytes(frame), TO_BLOBS)
                if not isinstance(message, Chunk):
                    self._answer(caller, trusted, message, now)
                    return
                chunk = part_of(message)
            self._chunk(caller, trusted, chunk, now)
        except Malformed as error:
            self._say(route, Refused(re=error.re, reason=str(error), code="invalid"))
        except ReelwrightError as error:
            _log.warning("%s", error)

    def _answer(self, caller: Caller, trusted: Trusted, message: Message, now: float) -> None:
        if isinstance(message, Hello):
            self._greet(caller, trusted, message)
        elif caller.route not in self._greeted:
            self._refuse(caller, message, "Say Hello first.", "stale")
        elif isinstance(message, PutBlob):
            self._put(caller, trusted, message, now)
        elif isinstance(message, GetBlob):
            if self._outlets.knows(caller, message.digest) or self._has_room(caller, message):
                self._outlets.get(caller, message, now)
        elif isinstance(message, StatBlob | CheckBlob):
            if self._has_room(caller, message):
                self._look(caller, message)
        elif isinstance(message, Ping):
            self._say(caller.route, Done(re=message.re))

    def _greet(self, caller: Caller, trusted: Trusted, hello: Hello) -> None:
        if VERSION not in hello.versions:
            reason = f"This blob service speaks version {VERSION} only; update '{hello.software}'."
            self._refuse(caller, hello, reason, "version")
            return
        self._greeted[caller.route] = None
        self._greeted.move_to_end(caller.route)
        if len(self._greeted) > _GREETED:
            self._greeted.popitem(last=False)
        welcome = Welcome(
            re=hello.re, version=VERSION, broker=self._name, user=trusted.user,
            roles=tuple(sorted(trusted.roles)), blobs="", largest=_LARGEST,
        )  # fmt: skip
        self._say(caller.route, welcome)

    def _chunk(self, caller: Caller, trusted: Trusted, chunk: Part, now: float) -> None:
        if caller.route in self._greeted and trusted.roles & _MAY_PUT:
            self._intakes.chunk(caller, chunk, now)
        else:
            refusal = Refused(re=chunk.re, reason="Nothing was asked for here.", code="stale")
            self._say(caller.route, refusal)

    def _put(self, caller: Caller, trusted: Trusted, message: PutBlob, now: float) -> None:
        largest = self._limits.largest
        if not trusted.roles & _MAY_PUT:
            reason = f"User '{caller.user}' may not send blobs; that takes the role 'submit'."
            self._refuse(caller, message, reason, "forbidden")
        elif largest is not None and message.size > largest:
            reason = (
                f"The blob {named(message.digest)} of {sized(message.size)} is too large: "
                f"{sized(largest)} are taken at most."
            )
            self._refuse(caller, message, reason, "quota")
        elif self._intakes.knows(caller, message.digest) or self._has_room(caller, message):
            self._intakes.put(caller, message, now)

    def _has_room(self, caller: Caller, message: Message) -> bool:
        """Whether one thing more may be begun for a user; if not, that is answered."""
        own = self._intakes.of(caller.user) + self._outlets.of(caller.user)
        own += self._asked.get(caller.user, 0)
        total = len(self._intakes) + len(self._outlets) + sum(self._asked.values())
        if own < self._limits.of_one_user and total < self._limits.transfers:
            return True
        self._refuse(caller, message, "Too many transfers are under way; ask again later.", "busy")
        return False

    def _look(self, caller: Caller, message: StatBlob | CheckBlob) -> None:
        """Ask the disk whether a blob is there, or whether it is what it should be."""
        self._asked[caller.user] = self._asked.get(caller.user, 0) + 1

        def look() -> int | None:
            if isinstance(message, StatBlob):
                return self._blobs.size(message.digest)
            return verify(self._blobs, message.digest)

        def answer(reply: Message) -> None:
            self._asked[caller.user] -= 1
            if not self._asked[caller.user]:
                del self._asked[caller.user]
            self._say(caller.route, reply)

        def found(size: int | None) -> None:
            answer(Blob(re=message.re, digest=message.digest, size=size, have=size or 0))

        def failed(error: ReelwrightError) -> None:
            reply = refused(message.re, error)
            if isinstance(error, UnknownBlob | DamagedBlob):
                reply = Refused(re=message.re, reason=str(error), code="unknown")
            answer(reply)

        self._lanes.lane().run(look, found, failed)

    def _refuse(self, caller: Caller, message: Message, reason: str, code: str) -> None:
        refusal = Refused.model_validate({"re": message.re, "reason": reason, "code": code})
        self._say(caller.route, refusal)

    def _say(self, route: bytes, message: Message) -> bool:
        return self._listener.send(route, encode(message))
