"""Who is connected: greetings, what each may do, and those who talk nonsense.

A connection begins with Hello.  What a key may do is looked up again now and then, so that a key
that is no longer trusted loses its connections.  ZeroMQ does not tell when a peer is gone: who is
silent for long is forgotten, and greets again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from cluster_agent.broker.outcome import Peer
from cluster_agent.protocol.messages import VERSION, Hello, Refused, Welcome

SILENT: Final = 900.0
"""Seconds without a word after which a connection is forgotten."""
MOST_CONNECTIONS: Final = 256
"""Connections of one key; those not heard for longest make room."""
MOST_STRANGERS: Final = 1024
FAULTS: Final = 20.0
"""Malformed messages that a key may send at once; one more a second is forgiven."""
PENALTY: Final = 60.0
"""Seconds for which a key is not listened to that sent more."""


class Granted(Protocol):
    """Whom a key stands for, and what it may do."""

    @property
    def user(self) -> str: ...
    @property
    def roles(self) -> frozenset[str]: ...


class Grants(Protocol):
    """What is needed of `keys.Trust`."""

    def grant(self, identity: str) -> Granted | None: ...


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a broker says of itself."""

    name: str
    blobs: str
    largest: int


@dataclass(slots=True)
class _Session:
    peer: Peer
    heard: float


@dataclass(slots=True)
class _Conduct:
    """Malformed messages of a key, as a bucket that empties by one a second."""

    faults: float = 0.0
    since: float = 0.0
    shut_until: float = float("-inf")


class Sessions:
    """Connections by route, and the conduct of keys."""

    def __init__(self, grants: Grants, greeting: Greeting) -> None:
        self._grants = grants
        self._greeting = greeting
        self._sessions: dict[bytes, _Session] = {}
        self._by_key: dict[str, set[bytes]] = {}
        self._conduct: dict[str, _Conduct] = {}
        self._strangers: OrderedDict[bytes, None] = OrderedDict()
        self.malformed = 0
        self.ignored = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def peer(self, route: bytes, identity: str, now: float) -> Peer | None:
        """Who speaks on this connection; None if it was not greeted."""
        session = self._sessions.get(route)
        if session is None or session.peer.identity != identity:
            return None
        session.heard = now
        return session.peer

    def greet(
        self, route: bytes, identity: str, hello: Hello, now: float
    ) -> tuple[Welcome | Refused, tuple[bytes, ...]]:
        """Begin a connection; the answer, and routes of the same key that made room."""
        grant = self._grants.grant(identity)
        if grant is None:
            reason = "This key is not trusted here any more."
            return Refused(re=hello.re, code="forbidden", reason=reason), ()
        if VERSION not in hello.versions:
            theirs = ", ".join(map(str, hello.versions[:20])) or "none"
            reason = (
                f"This broker speaks version {VERSION} of the protocol, not {theirs}."
                " Bring both to the same release."
            )
            return Refused(re=hello.re, code="version", reason=reason), ()
        self._strangers.pop(route, None)
        self._sessions[route] = _Session(Peer(route, identity, grant.user, grant.roles), now)
        routes = self._by_key.setdefault(identity, set())
        routes.add(route)
        gone = self._crowded_out(routes)
        welcome = Welcome(
            re=hello.re,
            version=VERSION,
            broker=self._greeting.name,
            user=grant.user,
            roles=tuple(sorted(grant.roles)),
            blobs=self._greeting.blobs,
            largest=self._greeting.largest,
        )
        return welcome, gone

    def _crowded_out(self, routes: set[bytes]) -> tuple[bytes, ...]:
        """The connection of a key that was not heard for longest, where there are too many."""
        if len(routes) <= MOST_CONNECTIONS:
            return ()
        by_age = sorted(routes, key=lambda route: self._sessions[route].heard)
        gone = tuple(by_age[: len(by_age) - MOST_CONNECTIONS])
        for route in gone:
            self.drop(route)
        return gone

    def ask_to_greet(self, route: bytes) -> Refused | None:
        """What to tell a connection that is not known here, once: it did not greet, or the
        broker that it greeted is no more.
        """
        if route in self._strangers:
            return None
        self._strangers[route] = None
        if len(self._strangers) > MOST_STRANGERS:
            self._strangers.popitem(last=False)
        return Refused(code="version", reason="This connection is not known. Begin with Hello.")

    def drop(self, route: bytes) -> None:
        """Forget a connection."""
        session = self._sessions.pop(route, None)
        if session is not None:
            theirs = self._by_key[session.peer.identity]
            theirs.remove(route)
            if not theirs:
                del self._by_key[session.peer.identity]

    def review(self, now: float) -> Iterator[bytes]:
        """Look up again what everybody may do; forgets and yields connections that are over."""
        for identity, routes in list(self._by_key.items()):
            grant = self._grants.grant(identity)
            for route in list(routes):
                session = self._sessions[route]
                if grant is None or now - session.heard > SILENT:
                    self.drop(route)
                    yield route
                elif (grant.user, grant.roles) != session.peer[2:]:
                    session.peer = Peer(route, identity, grant.user, grant.roles)

    def fault(self, identity: str, now: float) -> bool:
        """Count a malformed message; False once the key is not listened to any more."""
        self.malformed += 1
        conduct = self._conduct.setdefault(identity, _Conduct(since=now))
        conduct.faults = max(0.0, conduct.faults - (now - conduct.since)) + 1.0
        conduct.since = now
        if conduct.faults <= FAULTS:
            return True
        conduct.faults, conduct.shut_until = 0.0, now + PENALTY
        return False

    def shut_out(self, identity: str, now: float) -> bool:
        """Whether a key is not listened to for now."""
        conduct = self._conduct.get(identity)
        return conduct is not None and now < conduct.shut_until

    def routes(self, identity: str) -> tuple[bytes, ...]:
        """The connections of a key."""
        return tuple(self._by_key.get(identity, ()))
