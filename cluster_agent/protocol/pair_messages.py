"""What is said at the door where a computer and a server learn each other's keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cluster_agent.protocol.job_spec import Digest, Name, Short
from cluster_agent.protocol.message import Count, Key, Message

Nonce = Annotated[bytes, Field(min_length=32, max_length=32)]


class Pair(Message):
    """I want to be known here.  `commitment` binds me to a nonce that I keep to myself so far."""

    kind = "pair"
    versions: Annotated[tuple[Count, ...], Field(min_length=1)]
    software: Short
    commitment: Digest


class PairOffer(Message):
    """Who the server says it is: the broker's name, its public key, and its port on this host."""

    kind = "pair_offer"
    version: Count
    broker: Name
    key: Key
    port: Annotated[int, Field(ge=1, le=65_535)]
    nonce: Nonce


class PairReveal(Message):
    """The nonce of the commitment: now both sides can show the code."""

    kind = "pair_reveal"
    nonce: Nonce


class PairAgreed(Message):
    """Whether the person at this side saw the same code at the other."""

    kind = "pair_agreed"
    agreed: bool


class Paired(Message):
    """Both agreed, and the server knows the key from now on: as whom, and to do what."""

    kind = "paired"
    user: Name
    roles: tuple[str, ...]
