"""One-file SQLite databases that several processes share, with their faults told in a sentence.

Written ahead (WAL) and flushed at every commit (synchronous FULL): what a transaction has returned
from survives kill -9 and a power cut.  A connection lasts for one piece of work.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import StorageFailed

_PAUSE: Final = 0.01
_PATIENCE: Final = 10.0
"""Seconds to wait while another process holds the file locked."""


@dataclass(frozen=True)
class Format:
    """What tells a kind of database: its name in sentences, its numbers, and its schema."""

    title: str
    application: int
    version: int
    schema: tuple[str, ...]


class Database:
    """A database at a path; the file is made by the first writing."""

    def __init__(self, path: Path, format: Format, patience: float = _PATIENCE) -> None:
        self.path = path
        self._format = format
        self._patience = patience

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; on the disk on return, and all or nothing of it.

        Raises StorageFailed for a file that is damaged, locked, full, of another program or of
        another version.
        """
        with self._told(), closing(self._connect(new=True)) as base:
            # Before anything is changed in a file of others; one view, or another process that
            # begins the file meanwhile would be seen half.
            base.execute("BEGIN")
            self._recognised_as_empty(base)
            base.execute("COMMIT")
            self._write_ahead(base)
            base.execute("PRAGMA synchronous = FULL")
            base.execute("BEGIN IMMEDIATE")
            try:
                if self._recognised_as_empty(base):
                    self._make(base)
                yield base
                base.execute("COMMIT")
            except BaseException:
                if base.in_transaction:
                    base.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """One consistent view of what is there; None where nothing was ever written.

        Raises StorageFailed as `writing` does.
        """
        if not self._exists():
            yield None
            return
        with self._told(), closing(self._connect(new=False)) as base:
            base.execute("BEGIN")
            yield None if self._recognised_as_empty(base) else base

    def _exists(self) -> bool:
        try:
            return self.path.stat().st_size > 0 or self._ahead().exists()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._failure(error) from error

    def _ahead(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def _connect(self, *, new: bool) -> sqlite3.Connection:
        if new:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # What lies here is nobody else's business; SQLite gives its side files the same rights.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        base = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=self._patience,
            isolation_level=None,
        )
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("PRAGMA cell_size_check = ON")
        return base

    def _write_ahead(self, base: sqlite3.Connection) -> None:
        """Switch to write-ahead logging; SQLite does not wait by itself where two begin at once."""
        until = time.monotonic() + self._patience
        while True:
            try:
                base.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() >= until:
                    raise
            time.sleep(_PAUSE)

    def _recognised_as_empty(self, base: sqlite3.Connection) -> bool:
        """Whether the file is new; refuses one that is not ours or not of our version."""
        (application,) = base.execute("PRAGMA application_id").fetchone()
        (version,) = base.execute("PRAGMA user_version").fetchone()
        (tables,) = base.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application == version == tables == 0:
            return True
        if application != self._format.application:
            raise StorageFailed(
                f"'{self.path}' is a database of another program, not {self._format.title}.",
                remedy="Move it elsewhere; a new one is begun.",
            )
        if version != self._format.version:
            raise StorageFailed(
                f"'{self.path}' was written by another version of Reelwright"
                f" (its format is {version}, this one reads {self._format.version}).",
                remedy="Use that version, or move the file elsewhere; a new one is begun.",
            )
        return False

    def _make(self, base: sqlite3.Connection) -> None:
        for statement in self._format.schema:
            base.execute(statement)
        base.execute(f"PRAGMA application_id = {self._format.application}")
        base.execute(f"PRAGMA user_version = {self._format.version}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the database and the disk raise into one sentence."""
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> StorageFailed:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        what = self._format.title
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StorageFailed(
                f"'{self.path}' is held locked by another process.",
                remedy="Try again once it has finished, or end it.",
            )
        if code == sqlite3.SQLITE_FULL:
            return StorageFailed(
                f"There is no room left to write '{self.path}'.",
                remedy=f"Free some space in '{self.path.parent}'.",
            )
        if isinstance(error, OSError) or code in (
            sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM,
        ):  # fmt: skip
            reason = getattr(error, "strerror", None) or error
            return StorageFailed(
                f"'{self.path}' cannot be opened: {reason}.",
                remedy="Make its folder writable, or name another in REELWRIGHT_STATE.",
            )
        return StorageFailed(
            f"'{self.path}' is damaged, or not {what}: {error}.",
            remedy="Put a good copy in its place, or move it elsewhere; a new one is begun.",
        )
