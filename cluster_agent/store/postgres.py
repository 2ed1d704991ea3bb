"""The store on PostgreSQL: one broker reigns, others stand by and take over.

Who holds the advisory lock reigns; a standby's `open` waits for it, and the server gives it on
when the holder's connection ends.  Each reign has a number.  A broker that was cut off from the
server and comes back finds a higher one under the lock on its row, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final, TypeAlias, TypeVar

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import Changed, ListJobs
from cluster_agent.scheduling.estimates import Mean
from cluster_agent.store import postgres_sql as sql
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
from engine.errors import StorageFailed

Given: TypeAlias = Sequence[object] | Mapping[str, object] | None
T = TypeVar("T")

# A server that has vanished is noticed within seconds, not after the system's two hours.
_LINE: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "reelwright broker",
}


class PostgresStore:
    """Jobs in the schema `reelwright` of a database; `address` as in 'postgresql://host/name'."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._link: Connection | None = None
        self._term = 0

    def open(self) -> Loaded:
        """Wait until no other broker reigns, and take over.

        Raises StorageFailed for a server that cannot be used or tables of another version.
        """
        self.close()
        with self._told():
            self._link = link = self._connect()
            link.execute(sql.WAIT_FOR_LOCK)
            with link.transaction():
                link.execute(sql.TABLES)
                self._recognise(link)
                (self._term,) = _row(link, sql.BEGIN_REIGN)
            return self._load(link)

    def commit(self, changes: Changes) -> None:
        """Write everything; durable on return.  Raises Fenced or StorageFailed, all or none."""
        self._with_link(lambda link: self._write(link, changes))

    def specs(self, numbers: Iterable[int]) -> Mapping[int, bytes]:
        """The specs of jobs."""
        wanted = list(numbers)
        return self._with_link(lambda link: dict(_rows(link, sql.SPECS, (wanted,))))

    def jobs(self, numbers: Iterable[int]) -> list[JobRecord]:
        """Jobs by number."""
        wanted = list(numbers)
        found: dict[int, bytes] = self._with_link(
            lambda link: dict(_rows(link, sql.JOBS, (wanted,)))
        )
        return [unpack_job(found[number]) for number in wanted if number in found]

    def list_jobs(self, query: ListJobs) -> list[JobRecord]:
        """Newest first."""
        given = {
            "states": list(sought(query)),
            "owner": query.user,
            "before": before(query),
            "limit": query.limit,
        }
        page = sql.NEWEST if query.user is None else sql.NEWEST_OF_OWNER
        rows = self._with_link(lambda link: list(_rows(link, page, given)))
        return [unpack_job(record) for (record,) in rows]

    def events(self, since: int, limit: int) -> Sequence[Changed]:
        """State changes after a sequence number, oldest first."""
        rows = self._with_link(lambda link: list(_rows(link, sql.EVENTS, (since, limit))))
        return [unpack_event(*row) for row in rows]

    def forget(self, ended_before: float, most_events: int, at_most: int) -> Forgotten:
        """Remove what is old, oldest first."""
        return self._with_link(lambda link: self._remove(link, ended_before, most_events, at_most))

    def close(self) -> None:
        """End the connection, and with it the reign."""
        link, self._link = self._link, None
        if link is not None:
            with suppress(psycopg.Error):
                link.close()

    def _connect(self) -> Connection:
        given = conninfo_to_dict(self._address)
        line = {name: value for name, value in _LINE.items() if name not in given}
        link = psycopg.connect(self._address, autocommit=True, **line)  # type: ignore[arg-type]
        # Waiting for the lock may take days; acknowledged means on the disk.
        for name, value in (
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
            ("client_encoding", "UTF8"),
        ):
            link.execute("SELECT set_config(%s, %s, false)", (name, value))
        if _row(link, "SELECT current_setting('synchronous_commit')") == ("off",):
            link.execute("SET synchronous_commit TO on")
        return link

    def _recognise(self, link: Connection) -> None:
        link.execute(sql.FIRST_REIGN, (VERSION,))
        (version,) = _row(link, sql.VERSION)
        if version != VERSION:
            raise StorageFailed(
                "The tables of this database were made by another version of Reelwright"
                f" (their format is {version}, this one reads {VERSION}).",
                remedy="Run that version, or give the broker another database.",
            )

    def _load(self, link: Connection) -> Loaded:
        jobs = [unpack_job(record) for (record,) in _rows(link, sql.UNENDED_JOBS, (list(UNENDED),))]
        jobs.sort(key=lambda job: (job.rank, job.number))
        number, event, oldest = _row(link, sql.LAST_NUMBERS)
        return Loaded(
            term=self._term,
            jobs=jobs,
            keys={(owner, key.decode()): number for owner, key, number in _rows(link, sql.KEYS)},
            flows=[FlowRow(*row) for row in _rows(link, sql.FLOWS)],
            means=[Mean(unpack_kind(kind), *rest) for kind, *rest in _rows(link, sql.MEANS)],
            last_number=number,
            last_event=event,
            oldest_event=oldest,
        )

    def _write(self, link: Connection, changes: Changes) -> None:
        with link.transaction(), link.pipeline():
            reign = link.execute(sql.REIGN)
            for statement, columns in _statements(changes):
                if columns:
                    link.execute(statement, columns, binary=True)
            if reign.fetchone() != (self._term,):
                raise taken_over()

    def _remove(
        self, link: Connection, ended_before: float, most_events: int, at_most: int
    ) -> Forgotten:
        with link.transaction():
            if _row(link, sql.REIGN) != (self._term,):
                raise taken_over()
            link.execute(sql.REMEMBER_LAST)
            old = list(_rows(link, sql.FORGET_JOBS, (ended_before, at_most)))
            link.execute(sql.FORGET_SPECS, ([number for number, _, _ in old],))
            _, last, first = _row(link, sql.LAST_NUMBERS)
            stale = last - most_events - first + 1
            link.execute(sql.FORGET_EVENTS, (first + min(stale, at_most),))
            _, _, oldest = _row(link, sql.LAST_NUMBERS)
        return Forgotten(
            keys=tuple((owner, key.decode()) for _, owner, key in old),
            oldest_event=oldest,
            more=len(old) == at_most or stale > at_most,
        )

    def _with_link(self, work: Callable[[Connection], T]) -> T:
        """Do it; once more over a new connection if the old one broke under it.

        Everything written is the newest state of things, so that writing it twice is harmless.
        """
        with self._told():
            if self._link is not None:
                try:
                    return work(self._link)
                except psycopg.OperationalError:
                    if not self._link.broken:
                        raise
            return work(self._reconnect())

    def _reconnect(self) -> Connection:
        """A new connection under the same reign.  Raises Fenced if another one has begun."""
        if not self._term:
            raise StorageFailed("The broker's database is not open.")
        self.close()
        self._link = link = self._connect()
        held = _row(link, sql.TRY_LOCK) == (True,)
        if _row(link, sql.TERM) != (self._term,):
            self.close()
            raise taken_over()
        if not held:  # a standby is about to begin, or our own last connection has not ended yet
            self.close()
            raise StorageFailed("The broker's database is held by another connection.")
        return link

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the database raises into one sentence."""
        try:
            yield
        except (psycopg.Error, OSError, UnicodeDecodeError) as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise StorageFailed(
                f"The broker's database cannot be used: {said.rstrip('.')}.",
                remedy="See that the server runs, has room, and lets this user make tables.",
            ) from error


def _statements(changes: Changes) -> Iterator[tuple[str, list[list[object]]]]:
    """Each table's statement with its columns; no columns where there are no rows."""
    yield (
        sql.PUT_JOBS,
        _columns(
            (n, job.user, job.key.encode(), job.state, job.ended if job.over else None,
             pack_job(job))
            for n, job in changes.jobs.items()
        ),
    )  # fmt: skip
    yield sql.PUT_SPECS, _columns(changes.specs.items())
    yield sql.PUT_EVENTS, _columns((event.seq, pack_event(event)) for event in changes.events)
    yield sql.PUT_FLOWS, _columns(changes.flows.values())
    yield (
        sql.PUT_MEANS,
        _columns((pack_kind(m.kind), m.seconds, m.jobs) for m in changes.means.values()),
    )


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _rows(link: Connection, query: str, given: Given = None) -> Iterator[TupleRow]:
    """The rows of a query, their values in the database's own form."""
    return iter(link.execute(query, given, binary=True))


def _row(link: Connection, query: str, given: Given = None) -> TupleRow:
    found = link.execute(query, given).fetchone()
    if found is None:
        raise StorageFailed("The broker's database is damaged: it knows no broker's term.")
    return found
