"""The audit log on disk: several processes append to it, and whoever wants to checks it whole.

What a check finds: any edit, removal, insertion or reordering of entries, and any change of the
database's schema (a dropped trigger, a view in a table's place).  That entries were cut off the
end, or that the log was exchanged or deleted, is found against its head (see `head.py`): what the
head no longer vouches for is written into the chain itself by the next entry.  What is not found:
what somebody does who can write the log and the configuration and use the signing key, unless a
head was exported and kept where they cannot write; and the entries since such a head.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput, ReelwrightError
from engine.folders import state_folder
from engine.trust.audit.chain import Row, check_chain
from engine.trust.audit.entry import BEFORE_THE_FIRST, Decision, Entry, Event, entry_digest
from engine.trust.audit.head import (
    Head,
    head_place,
    read_head,
    read_head_or_none,
    signed_head,
    write_head,
)
from engine.trust.audit.report import Heads, Report, Signers, report
from engine.trust.database import Database, Format
from engine.trust.identity import Identity

# The triggers guard against slips of a hand; what they do not stop, the chain shows.
_FORMAT: Final = Format(
    title="an audit log",
    application=0x5265416C,  # "ReAl"
    version=1,
    schema=(
        "CREATE TABLE entries (number INTEGER PRIMARY KEY, time TEXT NOT NULL, "
        "event TEXT NOT NULL, previous TEXT NOT NULL, digest TEXT NOT NULL) STRICT",
        "CREATE TRIGGER entries_stay BEFORE DELETE ON entries "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER entries_stand BEFORE UPDATE ON entries "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ),
)
_SELECT: Final = (
    "SELECT number, time, event, previous, digest FROM entries NOT INDEXED ORDER BY number"
)

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class AuditLog:
    """The log in a file, and the place of its head."""

    path: Path = field(default_factory=lambda: state_folder() / "audit" / "audit.sqlite")
    clock: Clock = _now
    patience: float = 10.0

    @property
    def head(self) -> Path:
        return head_place(self.path)

    def append(self, event: Event, identity: Identity | None) -> Entry:
        """Write an entry; it is on the disk on return.  The head follows, signed by `identity`.

        Raises StorageFailed for a log that is damaged, locked, or cannot be written.
        """
        with self._base().writing() as base:
            last = _last(base)
            if last is None:
                last = self._insert(base, None, self._beginning())
                # Ahead of the commit: from its first moment on a log has a head.
                self._write_head(last.digest, last, identity)
            else:
                lost = self._lost_head(base)
                last = self._insert(base, last, lost) if lost else last
            entry = self._insert(base, last, event)
        self._advance_head(identity)
        return entry

    def rows(self) -> Iterator[Row]:
        """All rows as they were found, nothing of them believed.

        Raises StorageFailed for a damaged log.
        """
        with self._base().reading() as base:
            if base is not None:
                yield from _rows(base)

    def verify(self, signers: Signers, against: Head | None = None) -> Report:
        """Check the whole log against its head, and against one that was kept elsewhere.

        Raises StorageFailed for a file that is no log of ours or too damaged to be read.
        """
        heads = Heads.at(self.head, against)
        with self._base().reading() as base:
            if base is None:
                return report(self.path, None, heads, signers)
            faults = _check_file(base)
            found = check_chain(_rows(base), heads.watched)
        found.altered[:0] = faults
        return report(self.path, found, heads, signers)

    def _base(self) -> Database:
        return Database(self.path, _FORMAT, self.patience)

    def _beginning(self) -> Event:
        head = read_head_or_none(self.head)
        gone = head is not None and head.count > 1
        reason = f"another log of {head.count} entries lay here" if head and gone else ""
        return Event(decision=Decision.BEGUN, reason=reason)

    def _lost_head(self, base: sqlite3.Connection) -> Event | None:
        """What must be written ahead where the head does not fit."""
        trouble = _trouble(base, self.head)
        # Where no head can be kept, one entry says so, not each.
        if not trouble or trouble == _last_loss(base):
            return None
        return Event(decision=Decision.HEAD_LOST, reason=trouble)

    def _insert(self, base: sqlite3.Connection, last: Entry | None, event: Event) -> Entry:
        number = 1 if last is None else last.number + 1
        previous = BEFORE_THE_FIRST if last is None else last.digest
        time, text = self.clock().isoformat(timespec="microseconds"), event.text()
        entry = Entry(number, time, event, previous, entry_digest(number, time, text, previous))
        base.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?)",
            (number, time, text, previous, entry.digest),
        )
        return entry

    def _advance_head(self, identity: Identity | None) -> None:
        """Let the head cover what is in the log now, unless another process has done so.

        An entry without its head is whole (the next one's head covers both), so nothing is raised.
        """
        with suppress(OSError), _alone(self.head), self._base().reading() as base:
            assert base is not None, "an entry was just written"
            last, head = _last(base), read_head_or_none(self.head)
            assert last is not None
            if head is None or head.count < last.number or not _fits(base, head):
                self._write_head(_digest_at(base, 1), last, identity)

    def _write_head(self, first: str, last: Entry, identity: Identity | None) -> None:
        time = self.clock().isoformat(timespec="seconds")
        head = Head(log=first, count=last.number, digest=last.digest, time=time)
        with suppress(ReelwrightError, OSError):
            write_head(self.head, signed_head(head, identity))


@contextmanager
def _alone(head: Path) -> Iterator[None]:
    """One process at a time writes the head."""
    head.parent.mkdir(parents=True, exist_ok=True)
    with head.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _last(base: sqlite3.Connection) -> Entry | None:
    row = base.execute(
        "SELECT number, time, previous, digest FROM entries ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    number, time, previous, digest = row
    return Entry(number, time, Event(decision=Decision.BEGUN), previous, digest)


def _trouble(base: sqlite3.Connection, place: Path) -> str:
    """Why the head does not vouch for what is in the log, '' if it does."""
    try:
        head = read_head(place)
    except InvalidInput:
        return "it was damaged"
    except ReelwrightError:
        return "it could not be read"
    if head is None:
        return "it was missing"
    if _fits(base, head):
        return ""
    return f"it vouched for {head.count} entries ending in {head.digest}"


def _fits(base: sqlite3.Connection, head: Head) -> bool:
    return _digest_at(base, 1) == head.log and _digest_at(base, head.count) == head.digest


def _last_loss(base: sqlite3.Connection) -> str:
    """The reason of the newest entry about a lost head, '' where there is none."""
    for (text,) in base.execute("SELECT event FROM entries ORDER BY number DESC"):
        with suppress(ValueError):
            event = Event.model_validate_json(text)
            if event.decision is Decision.HEAD_LOST:
                return event.reason
    return ""


def _digest_at(base: sqlite3.Connection, number: int) -> str:
    row = base.execute("SELECT digest FROM entries WHERE number = ?", (number,)).fetchone()
    return "" if row is None else str(row[0])


def _rows(base: sqlite3.Connection) -> Iterator[Row]:
    """Every row by number; a text that cannot be read comes as None."""
    # Text that is no UTF-8 must not end the reading.
    base.text_factory = bytes
    for number, *texts in base.execute(_SELECT):
        yield Row(number, *map(_text, texts))


def _text(value: object) -> str | None:
    try:
        return value.decode("utf-8") if isinstance(value, bytes) else None
    except UnicodeDecodeError:
        return None


def _check_file(base: sqlite3.Connection) -> list[str]:
    """What is wrong with the database as one, apart from the entries."""
    found = []
    schema = [sql for (sql,) in base.execute("SELECT sql FROM sqlite_master ORDER BY rowid")]
    if sorted(map(str, schema)) != sorted(_FORMAT.schema):
        found.append("The schema of the database was changed.")
    faults = [fault for (fault,) in base.execute("PRAGMA integrity_check(3)")]
    if faults != ["ok"]:
        found.append(f"The database is damaged: {'; '.join(map(str, faults))}.")
    return found
