"""Checking a chain of entries, whichever way they are kept: what was altered, and where.

What the chain alone shows: an entry edited, removed, inserted or moved, anywhere but at the end.
That the last entries were cut off, or that all was written anew, shows only against a head.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.trust.audit.entry import BEFORE_THE_FIRST, Decision, Entry, Event, entry_digest


@dataclass(frozen=True)
class Row:
    """An entry as it was found, nothing of it believed."""

    number: object
    time: object
    event: object
    previous: object
    digest: object


def as_entry(row: Row) -> Entry | None:
    """The row as an entry, unchecked; None where it cannot be read as one."""
    texts = (row.time, row.event, row.previous, row.digest)
    if not isinstance(row.number, int) or not all(isinstance(text, str) for text in texts):
        return None
    try:
        event = Event.model_validate_json(str(row.event))
    except ValueError:
        return None
    return Entry(row.number, str(row.time), event, str(row.previous), str(row.digest))


@dataclass
class Findings:
    """What was found: `altered` are sentences of tampering or damage, `notes` of less."""

    entries: int = 0
    altered: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    first: str = ""


def check_chain(rows: Iterable[Row], watched: Mapping[int, str]) -> Findings:
    """Follow a chain from its beginning.

    `watched` are digests that entries of these numbers must have, as heads vouch for them.
    """
    found = Findings()
    number, previous, time = 0, BEFORE_THE_FIRST, ""
    unmet = dict(watched)
    for row in rows:
        found.entries += 1
        number += 1
        entry = as_entry(row)
        if entry is None:
            found.altered.append(f"Entry {number} cannot be read as one.")
            continue
        if entry.number != number:
            found.altered.append(_gap(number, entry.number))
            number = entry.number
        found.altered += _broken(entry, str(row.event), previous)
        if watched.get(number, entry.digest) != entry.digest:
            found.altered.append(f"Entry {number} is not the one that the head vouches for.")
        unmet.pop(number, None)
        if entry.time < time:
            found.notes.append(
                f"Entry {number} ({entry.time}) is dated before the one ahead of it ({time}): "
                "the clock was set back.  The order is that of the numbers."
            )
        previous, time = entry.digest, entry.time
        found.altered += _told(entry)
        found.first = found.first or previous
    cut = max(unmet, default=0) - number
    if cut > 0:
        found.altered.append(
            f"The head vouches for {max(unmet)} entries; the last {cut} were removed."
        )
    return found


def _gap(expected: int, number: int) -> str:
    if number == expected + 1:
        return f"Entry {expected} is missing."
    if number > expected:
        return f"Entries {expected} to {number - 1} are missing."
    return f"Entry {number} stands where entry {expected} should."


def _broken(entry: Entry, kept: str, previous: str) -> Iterator[str]:
    if entry.previous != previous:
        yield (
            f"Entry {entry.number} does not follow the one before it: "
            "one of them was changed, or something between them is gone."
        )
    if entry.digest != entry_digest(entry.number, entry.time, kept, entry.previous):
        yield f"Entry {entry.number} was changed."


def _told(entry: Entry) -> Iterator[str]:
    """What the entries themselves report of the log."""
    number, event = entry.number, entry.event
    if event.decision is Decision.HEAD_LOST:
        yield (
            f"Before entry {number} was written, the head did not fit the log ({event.reason}): "
            "entries before it may have been removed."
        )
    begins = event.decision is Decision.BEGUN
    if begins and number != 1:
        yield f"Entry {number} begins the log, though entries come before it."
    if begins and event.reason:
        yield f"When this log was begun, {event.reason}; it is gone."
    if number == 1 and not begins:
        yield "Entry 1 does not begin the log: entries before it were removed."
