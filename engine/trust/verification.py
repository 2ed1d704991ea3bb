"""What was found out about a file's signature: the words in which `verify` answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.trust.recovery import Recovery
    from engine.trust.release import Release


class State(Enum):
    """Whether the file is what its signer signed."""

    INTACT = "intact"
    """Signed, and not one protected byte differs."""

    ALTERED = "altered"
    """Signed, but the file or its manifest changed since, or the signature does not hold."""

    UNSIGNED = "unsigned"
    """Carries no signature: never signed, or stripped."""


class Trust(Enum):
    """Why a signer is believed to be who it says it is."""

    LISTED = "on the trust list"
    OWN = "known to this computer"
    NONE = "not known to this computer"


@dataclass(frozen=True)
class Signer:
    """Who signed, as the certificate says; `trust` tells whether anything supports it.

    `self_issued` means that the certificate calls itself made by a Reelwright for itself.
    """

    name: str
    organisation: str
    serial: str
    trust: Trust
    self_issued: bool

    def __str__(self) -> str:
        kind = "self-issued, " if self.self_issued else ""
        return f"{self.name} ({kind}{self.trust.value})"


@dataclass(frozen=True)
class Ingredient:
    """A file that went in: how it was used, and the state of its own signature back then."""

    title: str
    relationship: str
    state: State
    reasons: tuple[str, ...] = ()

    @property
    def called_out(self) -> str:
        """What to tell of an ingredient that was altered."""
        return f"The input '{self.title}' was signed, but altered before it was used."


@dataclass(frozen=True)
class Claims:
    """What the signer says of the file; only as good as the signer.

    `time` is an ISO 8601 time from a time-stamp authority, empty without one; `time_trusted`
    whether that authority is known here: if not, anyone may have said any time.  `document` is the
    graph as JSON text.  `actions` are C2PA action names.  `release` is what was checked and marked,
    None where nothing is said of it.  `altered_before` names inputs of inputs whose own signature
    did not hold.  Everything is text that a stranger may have written: control characters are
    replaced, lengths are bounded.
    """

    title: str = ""
    generator: str = ""
    time: str = ""
    time_trusted: bool = False
    model: str = ""
    model_digest: str = ""
    prompt: str = ""
    seed: int | None = None
    generated: bool = False
    actions: tuple[str, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    altered_before: tuple[str, ...] = ()
    document: str = ""
    release: Release | None = None


@dataclass(frozen=True)
class Verification:
    """The answer for one file, or for a folder of frames.

    `reasons` are sentences for the user.  `claims` are empty where the manifest itself does not
    hold, for then anyone may have written them.  `sidecar` is the file the manifest came from,
    None where it was inside.  `bindings` are algorithm and value of the watermarks that the
    manifest names; `recovery` is what the ledger knows of a file that lost its manifest.
    """

    path: Path
    state: State
    reasons: tuple[str, ...] = ()
    signer: Signer | None = None
    claims: Claims = Claims()
    sidecar: Path | None = None
    bindings: frozenset[tuple[str, str]] = frozenset()
    recovery: Recovery | None = None

    @property
    def trusted(self) -> bool:
        """Whether the file is intact and its signer is known, here or to the trust list."""
        known = self.signer is not None and self.signer.trust is not Trust.NONE
        return known and self.state is State.INTACT

    @property
    def input_altered(self) -> bool:
        """Whether it was made from a file that had been altered after it was signed."""
        states = {each.state for each in self.claims.ingredients}
        return State.ALTERED in states or bool(self.claims.altered_before)

    @property
    def summary(self) -> str:
        """The answer in one sentence."""
        if self.state is State.UNSIGNED:
            return f"'{self.path}' is not signed."
        if self.state is State.ALTERED:
            return f"'{self.path}' was altered after signing, or its signature is damaged."
        but = ", but was made from a file that had been altered" if self.input_altered else ""
        return f"'{self.path}' is as it was signed by {self.signer}{but}."


_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str, limit: int = 200) -> str:
    """Text from a file as it may be shown: a terminal obeys control characters, readers do not
    notice reversed writing."""
    shown = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
