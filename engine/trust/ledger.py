"""What was released on this computer, by the number of its watermark and by the file's digest.

The ledger keeps the manifest itself, so that a file whose signature was stripped (by a
re-encoding, an upload, a lost sidecar) still leads to it: a durable credential.  It never keeps
the media.  It is this computer's word alone; the manifest in it carries its own signature.  What
other computers signed is kept in a file of its own (`ledger_exchange.py`).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.errors import StorageFailed
from engine.folders import state_folder
from engine.trust.database import Database, Format
from engine.trust.release import Mark
from engine.trust.watermark.message import ID_BITS

_FORMAT: Final = Format(
    title="a ledger of releases",
    application=0x52654C67,  # "ReLg"
    version=1,
    schema=(
        "CREATE TABLE releases (number INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, "
        "title TEXT NOT NULL, place TEXT NOT NULL, digest TEXT NOT NULL, manifest BLOB NOT NULL, "
        "document TEXT NOT NULL) STRICT",
        "CREATE INDEX releases_by_digest ON releases (digest)",
        "CREATE TABLE marks (algorithm TEXT NOT NULL, value TEXT NOT NULL, "
        "release INTEGER NOT NULL REFERENCES releases (number)) STRICT",
        "CREATE INDEX marks_by_value ON marks (value)",
    ),
)
_COLUMNS: Final = "time, title, place, digest, manifest, document"
_NUMBER: Final = re.compile(f"[0-9a-f]{{{ID_BITS // 4}}}")
_MOST_NUMBERS: Final = 100_000
_MOST: Final = 20
"""How many releases with one mark are looked at: a number that is drawn stands for one."""


@dataclass(frozen=True)
class Entry:
    """A release: `digest` is the file's sha256 in hex, `place` where it was put at `time`.

    `manifest` is empty for a file that was not signed; `document` is the graph as JSON text.
    """

    title: str
    place: str
    digest: str
    manifest: bytes = field(repr=False)
    document: str = field(default="", repr=False)
    time: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Ledger:
    """The ledger in a file; `elsewhere` tells that others signed what it holds."""

    path: Path = field(default_factory=lambda: state_folder() / "ledger" / "ledger.sqlite")
    clock: Callable[[], datetime] = _now
    patience: float = 10.0
    elsewhere: bool = False

    @classmethod
    def of_others(cls) -> Ledger:
        """What was taken over from other computers; `place` is then the file it came in."""
        return cls(state_folder() / "ledger" / "others.sqlite", elsewhere=True)

    def add(self, entry: Entry, marks: Sequence[Mark]) -> None:
        """Write a release down, with the marks that lead to it; on the disk on return.

        Raises StorageFailed for a ledger that is damaged, locked, or cannot be written.
        """
        with self._base().writing() as base:
            self._insert(
                base, entry, [(each.algorithm, each.value) for each in marks if each.bound]
            )

    def add_all(self, entries: Iterable[tuple[Entry, Iterable[tuple[str, str]]]]) -> list[bool]:
        """Write several down, each with algorithm and value of its marks; whether each was new.

        What has the same digest and manifest is there already.  Raises as `add` does.
        """
        new = list[bool]()
        with self._base().writing() as base:
            for entry, marks in entries:
                same = "SELECT 1 FROM releases WHERE digest = ? AND manifest = ?"
                known = base.execute(same, (entry.digest, entry.manifest)).fetchone()
                new.append(known is None)
                if known is None:
                    self._insert(base, entry, marks)
        return new

    def entries(self) -> Iterator[Entry]:
        """All releases, the oldest first, as they were when this began.  Raises StorageFailed."""
        with self._base().reading() as base:
            if base is not None:
                query = f"SELECT {_COLUMNS} FROM releases ORDER BY number"
                yield from map(_entry, base.execute(query))

    def _insert(
        self, base: sqlite3.Connection, entry: Entry, marks: Iterable[tuple[str, str]]
    ) -> None:
        time = entry.time or self.clock().isoformat(timespec="seconds")
        number = base.execute(
            f"INSERT INTO releases ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
            (time, entry.title, entry.place, entry.digest, entry.manifest, entry.document),
        ).lastrowid
        base.executemany(
            "INSERT INTO marks (algorithm, value, release) VALUES (?, ?, ?)",
            [(algorithm, value, number) for algorithm, value in marks],
        )

    def remove(self) -> None:
        """Forget all of it.  Raises StorageFailed where the file cannot be removed."""
        try:
            for ending in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        except OSError as error:
            raise StorageFailed(
                f"'{self.path}' cannot be removed: {error.strerror}.", remedy="Check its rights."
            ) from error

    def marked(self, mark: Mark) -> list[Entry]:
        """The releases that carry a mark, the newest first.  Raises StorageFailed."""
        return self._find(
            "number IN (SELECT release FROM marks WHERE algorithm = ? AND value = ?)",
            (mark.algorithm, mark.value),
        )

    def numbers(self, algorithm: str) -> list[int]:
        """The newest numbers that one kind of mark carries.  Raises StorageFailed."""
        query = "SELECT DISTINCT value FROM marks WHERE algorithm = ? ORDER BY release DESC LIMIT ?"
        with self._base().reading() as base:
            if base is None:
                return []
            values = [value for (value,) in base.execute(query, (algorithm, _MOST_NUMBERS))]
        return [int(value, 16) for value in values if _NUMBER.fullmatch(value)]

    def released(self, digest: str) -> list[Entry]:
        """The releases of this very file, the newest first.  Raises StorageFailed."""
        return self._find("digest = ?", (digest,))

    def _find(self, condition: str, values: tuple[str, ...]) -> list[Entry]:
        select = f"SELECT {_COLUMNS} FROM releases WHERE {condition} ORDER BY number DESC LIMIT ?"
        with self._base().reading() as base:
            if base is None:
                return []
            return [_entry(row) for row in base.execute(select, (*values, _MOST))]

    def _base(self) -> Database:
        return Database(self.path, _FORMAT, self.patience)


def ledgers() -> tuple[Ledger, Ledger]:
    """This computer's own, and what was taken over from others."""
    return Ledger(), Ledger.of_others()


def _entry(row: sqlite3.Row | tuple[str, str, str, str, bytes, str]) -> Entry:
    time, title, place, digest, manifest, document = row
    return Entry(title, place, digest, manifest, document, time)
