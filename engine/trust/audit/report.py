"""What checking an audit log comes to, told in sentences: its chain, held against its heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engine.errors import InvalidInput
from engine.trust.audit.chain import Findings
from engine.trust.audit.head import Head, read_head, signature_holds, signer_known, signer_of


@dataclass(frozen=True)
class Report:
    """`altered` are sentences of tampering or damage, `notes` of what is less.

    `vouched` is how many entries are covered by a head that somebody known has signed.
    """

    path: Path
    entries: int
    altered: tuple[str, ...]
    notes: tuple[str, ...]
    vouched: int
    signer: str

    @property
    def intact(self) -> bool:
        return not self.altered


@dataclass(frozen=True)
class Signers:
    """Whose heads count: issued under one of `roots`, or signed with one of `leaves` (PEM)."""

    roots: str = ""
    leaves: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heads:
    """The log's own head, one that was kept elsewhere, and what is wrong with the former."""

    own: Head | None
    kept: Head | None = None
    fault: str = ""

    @classmethod
    def at(cls, place: Path, kept: Head | None) -> Heads:
        """The head in a file beside the one kept elsewhere."""
        try:
            return cls(read_head(place), kept)
        except InvalidInput as error:
            return cls(None, kept, str(error))

    @cached_property
    def both(self) -> tuple[Head, ...]:
        return tuple(head for head in (self.own, self.kept) if head is not None)

    @property
    def watched(self) -> Mapping[int, str]:
        """The digests that entries must have, by number; they contradict nobody unseen."""
        return {head.count: head.digest for head in self.both}


def report(path: Path, found: Findings | None, heads: Heads, signers: Signers) -> Report:
    """What was found in the log at `path`; None stands for a log that is not there."""
    chain = found or Findings()
    altered = [heads.fault] if heads.fault else []
    altered += chain.altered
    if found is None and heads.both:
        altered.append("The log is gone; the head vouches for entries that were in it.")
    if found is not None:
        altered += _contradictions(found, heads)
    for head in heads.both:
        altered += _faults_of(head, signers)
    notes = [*chain.notes, *_about(chain, heads)]
    own = heads.own or heads.kept
    sound = own is not None and bool(own.signature) and not _faults_of(own, signers)
    return Report(
        path,
        chain.entries,
        tuple(altered),
        tuple(notes),
        own.count if own is not None and sound else 0,
        signer_of(own) if own is not None else "",
    )


def _contradictions(found: Findings, heads: Heads) -> Iterable[str]:
    if any(head.log != found.first for head in heads.both):
        yield "The head is of another log: this one was begun anew, or put in its place."
    same_place = heads.own and heads.kept and heads.own.count == heads.kept.count
    if same_place and len({head.digest for head in heads.both}) > 1:
        yield "The head that was kept elsewhere names another last entry."


def _faults_of(head: Head, signers: Signers) -> list[str]:
    if not head.signature:
        return []
    if not signature_holds(head):
        return ["The signature of the head does not hold: the head was changed."]
    if not signer_known(head, signers.roots, signers.leaves):
        return [
            f"The head was signed by '{signer_of(head)}', who is not known here: it may have been "
            "made anew.  If that was a key of yours, choose it as it was then; or let the next "
            "entry be signed by the new one.",
        ]
    return []


def _about(found: Findings, heads: Heads) -> Iterable[str]:
    if not found.entries:
        return
    if heads.own is None:
        yield (
            "There is no head: whether the last entries were cut off cannot be told.  "
            "The next entry notes that, and makes a new one."
        )
    elif not heads.own.signature:
        yield "The head is not signed: it shows slips and damage, not intent."
    elif heads.own.count < found.entries:
        yield f"The last {found.entries - heads.own.count} are not covered by the head yet."
