"""Finding the manifest of a file that lost it: by its digest, or by its watermark.

A manifest that is found so says where the file comes from.  Only if the file still fits it byte
for byte (a lost sidecar) does it also say that nothing was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import InvalidMedia
from engine.file_digests import content_digest
from engine.trust.ledger import Entry, Ledger
from engine.trust.release import Mark
from engine.trust.verification import Claims, State, Verification
from engine.trust.verify import verify_against

ReadMarks = Callable[[Path], tuple[Mark, ...]]
"""Reads the watermarks of a file; none where it carries none, or none of the owner's key."""


@dataclass(frozen=True)
class Recovery:
    """What the ledger knows of a file without a signature.

    `mark` is the watermark that led there, None where the file itself was known.  `entry` is
    None for a mark that no ledger here knows; `elsewhere` tells that another computer signed it.
    `found` is what the manifest proves of the file: its claims hold, of its content nothing need
    be true any more.
    """

    mark: Mark | None
    entry: Entry | None = None
    found: Verification | None = None
    elsewhere: bool = False

    @property
    def claims(self) -> Claims:
        return Claims() if self.found is None else self.found.claims


def recovered(
    found: Verification,
    ledgers: Sequence[Ledger],
    read_marks: ReadMarks | None = None,
    *,
    own_roots: str | None = None,
    trust_list: str | None = None,
) -> Verification:
    """`found` with what the ledgers add for a file that carries no manifest to believe.

    They are asked in order.  The reader of watermarks is asked only for such a file, for it has to
    decode it; without one only the file itself is looked up.  Raises StorageFailed for a damaged
    ledger.
    """
    if found.state is State.INTACT or found.claims != Claims() or not found.path.is_file():
        return found

    def proven(entry: Entry) -> Verification | None:
        if not entry.manifest:
            return None
        return verify_against(
            found.path, entry.manifest, own_roots=own_roots, trust_list=trust_list
        )

    digest = content_digest(found.path)
    for ledger in ledgers:
        for entry in ledger.released(digest):
            answer = proven(entry)
            if answer is not None and answer.state is State.INTACT:
                reason = f"Its signature lies in {_where(ledger, entry)} ({entry.time})."
                known = Recovery(None, entry, answer, ledger.elsewhere)
                return replace(answer, reasons=(reason, *answer.reasons), recovery=known)
    try:
        marks = () if read_marks is None else read_marks(found.path)
    except InvalidMedia:
        return found  # what cannot be decoded carries no mark that could be read
    return _by_mark(found, marks, ledgers, proven)


def _where(ledger: Ledger, entry: Entry) -> str:
    if ledger.elsewhere:
        return f"the ledger of another computer, taken over from '{entry.place}'"
    return "the ledger of this computer"


def _by_mark(
    found: Verification,
    marks: tuple[Mark, ...],
    ledgers: Sequence[Ledger],
    proven: Callable[[Entry], Verification | None],
) -> Verification:
    for mark in marks:
        for ledger in ledgers:
            for entry in ledger.marked(mark):
                answer = proven(entry)
                # Somebody may have changed the ledger: only a manifest that names the mark counts.
                unsigned_here = answer is None and not ledger.elsewhere
                if unsigned_here or _names(answer, mark):
                    return _with(found, Recovery(mark, entry, answer, ledger.elsewhere))
    return _with(found, Recovery(marks[0])) if marks else found


def _names(answer: Verification | None, mark: Mark) -> bool:
    return answer is not None and (mark.algorithm, mark.value) in answer.bindings


def _with(found: Verification, recovery: Recovery) -> Verification:
    return replace(found, reasons=(*found.reasons, _told(recovery)), recovery=recovery)


def _told(recovery: Recovery) -> str:
    assert recovery.mark is not None
    number = f"Its watermark ({recovery.mark.value})"
    if recovery.entry is None:
        return f"{number} was made with this computer's key; no ledger here knows it."
    entry = recovery.entry
    signed = "signed" if entry.manifest else "released unsigned"
    where = f"on another computer (from '{entry.place}')" if recovery.elsewhere else "here"
    return (
        f"{number} leads to '{entry.title}', {signed} {where} on {entry.time}; "
        "what was changed since then cannot be told."
    )
