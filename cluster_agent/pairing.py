"""Pairing: a computer and a server learn each other's keys, and two people compare a code.

    computer                                         door
       | -- pair: H(my key, my nonce) -------------->  |   the key is the one CURVE has shown
       | <------- pair_offer: its key, its nonce ----  |
       | -- pair_reveal: my nonce ------------------>  |
       |    both show: H(keys, nonces), 8 digits       |
       | -- pair_agreed ---------------------------->  |   once its person has agreed too:
       | <------------------------------- paired ----  |   both keys are written down

The door's own line hides nothing: its key pair is known to all, as the two have no secret yet.
What protects them is the code.  Somebody in between has keys of their own, so the two codes
differ; and as each side is bound to its nonce before it learns the other's, nobody can search for
keys or nonces that make them equal: one attempt in 100,000,000 succeeds, and a door takes only one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self, TypeVar

from cluster_agent.addresses import beside
from cluster_agent.keys import KeyPair, KnownServer, Role, Servers, Trust, TrustedPeer
from cluster_agent.protocol.message import VERSION, Message, Refused
from cluster_agent.protocol.pair_messages import (
    Pair,
    PairAgreed,
    Paired,
    PairOffer,
    PairReveal,
)
from cluster_agent.protocol.wire import FROM_DOOR, TO_DOOR, Malformed, decode, encode
from cluster_agent.transport import Connection, Listener, Received
from engine.errors import ReelwrightError

PATIENCE: Final = 300.0
"""Seconds that two people have for each step."""

_DOOR: Final = KeyPair.derived(b"reelwright pairing door, version 1")
_CALLING: Final = 20.0  # seconds after which a door that does not stand open is none
_LARGEST: Final = 4096
_NONCE: Final = 32

Heard = TypeVar("Heard", bound=Message)


class PairingFailed(ReelwrightError):
    """The two sides did not come to trust each other; nothing was written."""


class PairingDoor:
    """The server's side: lets one unknown key in, for one attempt, to say nothing but `pair`.

    `own` is the server's pair, `port` where its broker listens.  Who answers the door is heard by
    their code alone: call `code`, let a person compare it, then `agree` or `refuse`.
    """

    def __init__(self, address: str, own: KeyPair, broker: str, port: int) -> None:
        self._own = own
        self._broker = broker
        self._port = port
        self._nonce = secrets.token_bytes(_NONCE)
        self._guest = ""
        self._route = b""
        self._listener = Listener(address, _DOOR, self._admit, largest=_LARGEST)
        self.address = self._listener.address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Shut the door."""
        self._listener.close()

    def code(self, patience: float = PATIENCE) -> str:
        """Wait for somebody, and give the code to compare.  Raises PairingFailed."""
        until = time.monotonic() + patience
        pair = self._hear(Pair, until)
        if VERSION not in pair.versions:
            raise self._turn_away(f"this server speaks version {VERSION} of the protocol", pair.re)
        self._say(
            PairOffer(
                re=pair.re, version=VERSION, broker=self._broker, key=self._own.public,
                port=self._port, nonce=self._nonce,
            )
        )  # fmt: skip
        nonce = self._hear(PairReveal, until).nonce
        if not hmac.compare_digest(_commitment(self._guest, nonce), pair.commitment):
            raise self._turn_away("what it revealed is not what it was bound to")
        return _code(self._own.public, self._guest, self._nonce, nonce)

    def agree(
        self, trust: Trust, user: str, roles: Sequence[Role], note: str = "",
        patience: float = PATIENCE,
    ) -> TrustedPeer:  # fmt: skip
        """This side saw the same code: wait for the other, and trust its key.

        Raises PairingFailed when the other side saw another code, or stays silent.
        """
        peer = TrustedPeer(key=self._guest, user=user, roles=tuple(roles), note=note)
        if not self._hear(PairAgreed, time.monotonic() + patience).agreed:
            raise self._turn_away("the other side saw another code")
        trust.add(peer)
        paired = Paired(user=peer.user, roles=peer.roles)
        self._listener.send(self._route, encode(paired))  # who misses it pairs again
        return peer

    def refuse(self) -> None:
        """This side saw another code: somebody may be in between."""
        self._turn_away("the server's side saw another code")

    def _admit(self, identity: str) -> bool:
        self._guest = self._guest or identity
        return identity == self._guest

    def _hear(self, kind: type[Heard], until: float) -> Heard:
        frame = self._next(until).frame
        try:
            message = decode(frame, TO_DOOR)
        except Malformed as error:
            raise self._turn_away(error.what.rstrip("."), error.re) from error
        if not isinstance(message, kind):
            raise self._turn_away(f"it said '{message.kind}' where '{kind.kind}' was due")
        return message

    def _next(self, until: float) -> Received:
        while not (said := self._listener.receive(1)):
            if time.monotonic() >= until:
                raise self._turn_away("the other side was not heard in time")
            self._listener.poll(until - time.monotonic())
        self._route = said[0].route
        return said[0]

    def _say(self, message: Message) -> None:
        if not self._listener.send(self._route, encode(message)):
            raise PairingFailed("The other side is gone.", remedy="Begin anew on both sides.")

    def _turn_away(self, reason: str, re: int = 0) -> PairingFailed:
        refused = Refused(re=re, code="forbidden", reason=f"Pairing failed: {reason}.")
        self._listener.send(self._route, encode(refused))
        return PairingFailed(f"Pairing failed: {reason}.", remedy="Begin anew on both sides.")


class PairingCall:
    """The computer's side: calls a door, and learns of which server it is.

    Raises InvalidInput for an address that is none.
    """

    def __init__(self, address: str, own: KeyPair, software: str) -> None:
        self._address = address
        self._own = own
        self._software = software
        self._nonce = secrets.token_bytes(_NONCE)
        self._offer: PairOffer | None = None
        self._connection = Connection(address, own, _DOOR.public, largest=_LARGEST)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def code(self, patience: float = PATIENCE) -> str:
        """Ask to be known, and give the code to compare.  Raises PairingFailed."""
        until = time.monotonic() + patience
        commitment = _commitment(self._own.public, self._nonce)
        self._say(Pair(versions=(VERSION,), software=self._software, commitment=commitment), until)
        self._offer = self._hear(PairOffer, until)
        self._say(PairReveal(nonce=self._nonce), until)
        return _code(self._offer.key, self._own.public, self._offer.nonce, self._nonce)

    def agree(self, servers: Servers, name: str = "", patience: float = PATIENCE) -> Paired:
        """This side saw the same code: wait for the other, and know the server from now on.

        It is known by `name`, or by what it calls itself.  The answer says as whom we are known
        there.  Raises PairingFailed when the other side saw another code, or stays silent.
        """
        assert self._offer is not None, "there is no code yet to agree on"
        until = time.monotonic() + patience
        address = beside(f"tcp://*:{self._offer.port}", self._address)
        server = KnownServer(name=name or self._offer.broker, address=address, key=self._offer.key)
        self._say(PairAgreed(agreed=True), until)
        paired = self._hear(Paired, until)
        servers.add(server)
        return paired

    def refuse(self) -> None:
        """This side saw another code: somebody may be in between."""
        self._connection.send(encode(PairAgreed(agreed=False)))

    def _say(self, message: Message, until: float) -> None:
        if not self._connection.ready(min(_CALLING, until - time.monotonic())):
            raise self._failed()
        self._connection.send(encode(message))

    def _hear(self, kind: type[Heard], until: float) -> Heard:
        while not (said := self._connection.receive(1)):
            if self._connection.broken or time.monotonic() >= until:
                raise self._failed()
            self._connection.poll(min(1.0, until - time.monotonic()))
        try:
            message = decode(said[0], FROM_DOOR)
        except Malformed as error:
            raise PairingFailed(f"This is no door for pairing: {error.what}") from error
        if isinstance(message, Refused):
            raise PairingFailed(message.reason, remedy="Begin anew on both sides.")
        if not isinstance(message, kind):
            raise PairingFailed(
                f"The door said '{message.kind}' where '{kind.kind}' was due.",
                remedy="Begin anew on both sides.",
            )
        return message

    def _failed(self) -> PairingFailed:
        if self._connection.turned_away:
            return PairingFailed(
                f"Somebody else is at the door '{self._address}'.",
                remedy="Begin anew on both sides; a door takes one attempt.",
            )
        return PairingFailed(
            f"No door for pairing answers at '{self._address}'.",
            remedy="Check the address, and that the server still waits: 'reelwright keys pair'.",
        )


def _commitment(key: str, nonce: bytes) -> str:
    return hashlib.sha256(b"reelwright pairing commitment\0" + key.encode() + nonce).hexdigest()


def _code(server: str, guest: str, server_nonce: bytes, guest_nonce: bytes) -> str:
    """Two groups of four digits; all that goes in has a fixed length."""
    said = server.encode() + guest.encode() + server_nonce + guest_nonce
    digest = hashlib.sha256(b"reelwright pairing code\0" + said).digest()
    digits = f"{int.from_bytes(digest) % 10**8:08}"
    return f"{digits[:4]}-{digits[4:]}"
