"""The embedded store: one SQLite file, for one broker on one machine.

Written ahead (WAL) and flushed at every commit (synchronous FULL): what `commit` has returned
from survives kill -9 and a power cut.  A group of changes is one transaction, so that many jobs
share one flush.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import Changed, ListJobs
from cluster_agent.scheduling.estimates import Mean
from cluster_agent.store.protocol import Changes, FlowRow, Forgotten, Loaded, taken_over
from cluster_agent.store.rows import (
    UNENDED,
    VERSION,
    before,
    pack_event,
    pack_job,
    pack_kind,
    sought,
    unpack_event,
    unpack_job,
    unpack_kind,
)
from engine.errors import ReelwrightError, StorageFailed

_APPLICATION: Final = 0x5265656C  # "Reel": tells our files from other people's
_TABLES: Final = """
CREATE TABLE reign (
    one INTEGER PRIMARY KEY CHECK (one = 1), term INTEGER NOT NULL,
    last_number INTEGER NOT NULL, last_event INTEGER NOT NULL);
INSERT INTO reign VALUES (1, 0, 0, 0);
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY, user TEXT NOT NULL, key BLOB NOT NULL, state TEXT NOT NULL,
    ended REAL, record BLOB NOT NULL);
CREATE UNIQUE INDEX jobs_by_key ON jobs (user, key);
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_by_user ON jobs (user, state);
CREATE INDEX jobs_by_end ON jobs (ended) WHERE ended IS NOT NULL;
CREATE TABLE specs (number INTEGER PRIMARY KEY, spec BLOB NOT NULL);
CREATE TABLE events (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE flows (
    tier TEXT NOT NULL, user TEXT NOT NULL, tag REAL NOT NULL, served REAL NOT NULL,
    paused INTEGER NOT NULL, weight REAL NOT NULL, slots INTEGER, cost REAL, queued INTEGER,
    PRIMARY KEY (tier, user)) WITHOUT ROWID;
CREATE TABLE means (kind BLOB PRIMARY KEY, seconds REAL NOT NULL, jobs INTEGER NOT NULL)
    WITHOUT ROWID;
"""
_PUT_JOB: Final = """
INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET
    state = excluded.state, ended = excluded.ended, record = excluded.record"""
_PATIENCE: Final = 10.0
"""Seconds to wait while another process holds the file locked."""
_SETTINGS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    # The log is carried over into the tables each time it has grown by so many pages (16 MB).
    "wal_autocheckpoint = 4000",
    "cache_size = -16384",
    "trusted_schema = OFF",
)


class SqliteStore:
    """Jobs in one file.  Who opens it takes it over from whoever had it open before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._base: sqlite3.Connection | None = None
        self._term = 0

    def open(self) -> Loaded:
        """Make the file if it is not there, and take it over.

        Raises StorageFailed for a file that is damaged, of another program or of a newer version.
        """
        self.close()
        with self._told():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
            empty = self._recognise(self._base)
            for setting in _SETTINGS:
                self._base.execute(f"PRAGMA {setting}")
            with self._transaction() as base:
                if empty:
                    _make_tables(base)
                base.execute("UPDATE reign SET term = term + 1")
                (self._term,) = base.execute("SELECT term FROM reign").fetchone()
            return self._load(self._base)

    def commit(self, changes: Changes) -> None:
        """Write everything; on the disk on return.  Raises Fenced or StorageFailed, all or none."""
        with self._told(), self._transaction() as base:
            self._reign(base)
            base.executemany(
                _PUT_JOB,
                [
                    (n, job.user, job.key.encode(), job.state, _end(job), pack_job(job))
                    for n, job in changes.jobs.items()
                ],
            )
            base.executemany("INSERT OR REPLACE INTO specs VALUES (?, ?)", changes.specs.items())
            base.executemany(
                "INSERT OR REPLACE INTO events VALUES (?, ?)",
                [(event.seq, pack_event(event)) for event in changes.events],
            )
            if changes.flows:
                base.executemany(
                    "INSERT OR REPLACE INTO flows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    changes.flows.values(),
                )
            if changes.means:
                base.executemany(
                    "INSERT OR REPLACE INTO means VALUES (?, ?, ?)",
                    [(pack_kind(m.kind), m.seconds, m.jobs) for m in changes.means.values()],
                )

    def specs(self, numbers: Iterable[int]) -> Mapping[int, bytes]:
        """The specs of jobs."""
        with self._told():
            base = self._connection()
            return dict(_among(base, "SELECT number, spec FROM specs", numbers))

    def jobs(self, numbers: Iterable[int]) -> list[JobRecord]:
        """Jobs by number."""
        wanted = list(numbers)
        with self._told():
            base = self._connection()
            found = dict(_among(base, "SELECT number, record FROM jobs", wanted))
            return [unpack_job(found[number]) for number in wanted if number in found]

    def list_jobs(self, query: ListJobs) -> list[JobRecord]:
        """Newest first: of each state the newest are looked up in its index, then of these."""
        theirs = "" if query.user is None else "AND user = ?3"
        with self._told():
            base = self._connection()
            numbers = [
                number
                for state in sought(query)
                for (number,) in base.execute(
                    f"SELECT number FROM jobs WHERE state = ?1 AND number < ?2 {theirs}"
                    f" ORDER BY number DESC LIMIT {query.limit}",
                    (state, before(query), *([query.user] if theirs else [])),
                )
            ]
        return self.jobs(sorted(numbers, reverse=True)[: query.limit])

    def events(self, since: int, limit: int) -> Sequence[Changed]:
        """State changes after a sequence number, oldest first."""
        rows = "SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
        with self._told():
            base = self._connection()
            return [unpack_event(*row) for row in base.execute(rows, (since, limit))]

    def forget(self, ended_before: float, most_events: int, at_most: int) -> Forgotten:
        """Remove what is old, oldest first."""
        with self._told(), self._transaction() as base:
            self._reign(base)
            _remember_last(base)
            old = base.execute(
                "SELECT number, user, key FROM jobs WHERE ended < ? ORDER BY ended LIMIT ?",
                (ended_before, at_most),
            ).fetchall()
            for table in ("jobs", "specs"):
                base.executemany(
                    f"DELETE FROM {table} WHERE number = ?", [(number,) for number, *_ in old]
                )
            first, last = _event_range(base)
            stale = last - most_events - first + 1
            base.execute("DELETE FROM events WHERE seq < ?", (first + min(stale, at_most),))
            return Forgotten(
                keys=tuple((user, key.decode()) for _, user, key in old),
                oldest_event=_event_range(base)[0],
                more=len(old) == at_most or stale > at_most,
            )

    def close(self) -> None:
        """Give the file up; the log is carried over into it."""
        if self._base is not None:
            with suppress(sqlite3.Error):
                self._base.close()
            self._base = None

    def _recognise(self, base: sqlite3.Connection) -> bool:
        """Whether the file is new; refuses one that is not ours or not of our version."""
        (application,) = base.execute("PRAGMA application_id").fetchone()
        (version,) = base.execute("PRAGMA user_version").fetchone()
        (tables,) = base.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application == version == tables == 0:
            return True
        if application != _APPLICATION:
            raise StorageFailed(
                f"'{self._path}' is a database of another program, not a broker's queue.",
                remedy="Choose another folder for the broker.",
            )
        if version != VERSION:
            raise StorageFailed(
                f"'{self._path}' was written by another version of Reelwright"
                f" (its format is {version}, this one reads {VERSION}).",
                remedy="Run that version, or choose another folder for the broker.",
            )
        return False

    def _load(self, base: sqlite3.Connection) -> Loaded:
        unended = ", ".join("?" * len(UNENDED))
        rows = base.execute(f"SELECT record FROM jobs WHERE state IN ({unended})", UNENDED)
        jobs = [unpack_job(record) for (record,) in rows]
        jobs.sort(key=lambda job: (job.rank, job.number))
        (number,) = base.execute("SELECT last_number FROM reign").fetchone()
        (newest,) = base.execute("SELECT coalesce(max(number), 0) FROM jobs").fetchone()
        first, last = _event_range(base)
        keys = base.execute("SELECT user, key, number FROM jobs INDEXED BY jobs_by_key")
        return Loaded(
            term=self._term,
            jobs=jobs,
            keys={(user, key.decode()): number for user, key, number in keys},
            flows=[_flow(*row) for row in base.execute("SELECT * FROM flows")],
            means=[
                Mean(unpack_kind(kind), seconds, jobs)
                for kind, seconds, jobs in base.execute("SELECT * FROM means")
            ],
            last_number=max(number, newest),
            last_event=last,
            oldest_event=first,
        )

    def _reign(self, base: sqlite3.Connection) -> None:
        if base.execute("SELECT term FROM reign").fetchone() != (self._term,):
            raise taken_over()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        base = self._connection()
        base.execute("BEGIN IMMEDIATE")
        try:
            yield base
            base.execute("COMMIT")
        except BaseException:
            if base.in_transaction:
                base.execute("ROLLBACK")
            raise

    def _connection(self) -> sqlite3.Connection:
        if self._base is None:
            raise StorageFailed(f"'{self._path}' is not open.")
        return self._base

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the database and the disk raise into one sentence."""
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> ReelwrightError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return StorageFailed(
                f"There is no room left to write '{self._path}'.",
                remedy=f"Free some space in '{self._path.parent}'.",
            )
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return StorageFailed(
                f"'{self._path}' is damaged, or no broker's queue: {error}.",
                remedy="Put a copy of it in its place, or choose another folder for the broker.",
            )
        return StorageFailed(
            f"The broker's queue '{self._path}' cannot be used: {error}.",
            remedy="See that its folder can be written and that no other broker works on it.",
        )


def _make_tables(base: sqlite3.Connection) -> None:
    # Another broker may have been quicker; this one then finds everything made.
    if base.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        for statement in _TABLES.split(";"):
            base.execute(statement)
        base.execute(f"PRAGMA application_id = {_APPLICATION}")
        base.execute(f"PRAGMA user_version = {VERSION}")


def _among(
    base: sqlite3.Connection, select: str, numbers: Iterable[int]
) -> Iterator[tuple[int, bytes]]:
    for number in numbers:
        yield from base.execute(f"{select} WHERE number = ?", (number,))


def _event_range(base: sqlite3.Connection) -> tuple[int, int]:
    """The first number that is kept, and the last that was given; equal to it + 1 if none is."""
    (kept,) = base.execute("SELECT last_event FROM reign").fetchone()
    first, last = base.execute("SELECT min(seq), max(seq) FROM events").fetchone()
    return (kept + 1, kept) if last is None else (first, max(last, kept))


def _remember_last(base: sqlite3.Connection) -> None:
    """Numbers are never given twice, even once the rows that had them are gone."""
    base.execute(
        "UPDATE reign SET last_number ="
        " max(last_number, coalesce((SELECT max(number) FROM jobs), 0)),"
        " last_event = max(last_event, coalesce((SELECT max(seq) FROM events), 0))"
    )


def _end(job: JobRecord) -> float | None:
    return job.ended if job.over else None


def _flow(
    tier: str, user: str, tag: float, served: float, paused: int, weight: float,
    slots: int | None, cost: float | None, queued: int | None,
) -> FlowRow:  # fmt: skip
    return FlowRow(tier, user, tag, served, bool(paused), weight, slots, cost, queued)
