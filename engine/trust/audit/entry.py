"""What the audit log keeps of one decision, and how entries are chained.

Each entry's digest covers its number, its time, its content and the digest of the entry before
(a hash chain, after Schneier and Kelsey, "Secure audit logs to support computer forensics", 1999).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

BEFORE_THE_FIRST: Final = "0" * 64
"""What stands for the digest of an entry before the first."""


class Decision(StrEnum):
    """What was decided, or done."""

    BEGUN = "begun"
    """The log begins here."""
    HEAD_LOST = "head lost"
    """The head that vouched for the entries before was missing or contradicted them."""
    ALLOWED = "allowed"
    EXPORTED = "exported"
    """A file was released after checks of its content."""
    RELEASED = "released without checks"
    BLOCKED = "blocked"
    REGISTERED = "takedown registered"
    RESOLVED = "takedown resolved"
    GIVEN_OUT = "ledger given out"
    """What was signed here, with prompts and graphs, was written to a file for others."""
    TAKEN_OVER = "ledger taken over"
    """What others signed was taken from a file, whose digest is `file`."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Assessment(_Record):
    """What was judged, by which version of what, and what came out; `outcome` is for programs."""

    what: str
    by: str
    version: str = ""
    outcome: str = ""


class Event(_Record):
    """One decision.  Never the media, the prompt, a file's name, or anything else that tells them.

    `graph`, `file` and `model` are digests in hex; `signer` is the name of the signing identity,
    `signer_digest` the sha256 of its certificate; `kind` is 'prompt', 'video', 'image', 'audio',
    'frames' or 'stream'; `reason` is a category, a count or a request's number, never a quotation.
    """

    decision: Decision
    user: str = ""
    host: str = ""
    signer: str = ""
    signer_digest: str = ""
    graph: str = ""
    node: str = ""
    kind: str = ""
    file: str = ""
    signed: bool = False
    model: str = ""
    model_digest: str = ""
    program: str = ""
    assessed: tuple[Assessment, ...] = ()
    reason: str = ""

    def text(self) -> str:
        """As it is kept and hashed: JSON with sorted names and without defaults."""
        return canonical(self.model_dump(mode="json", exclude_defaults=True))


@dataclass(frozen=True)
class Entry:
    """An event in its place; `time` is RFC 3339 in UTC, digests are sha256 in hex."""

    number: int
    time: str
    event: Event
    previous: str
    digest: str


def canonical(value: object) -> str:
    """JSON that is the same for the same value: sorted, compact, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def entry_digest(number: int, time: str, event: str, previous: str) -> str:
    """The digest of an entry, of its parts exactly as they are kept."""
    sealed = canonical(["reelwright audit 1", number, time, event, previous])
    return hashlib.sha256(sealed.encode("ascii")).hexdigest()
