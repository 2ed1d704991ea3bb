"""Databases that are damaged: kept aside, so that new ones can begin in their place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path


def is_damage(error: Exception) -> bool:
    """Whether no later try can go well: no full disk and no lock, but what is no database."""
    return type(error) is sqlite3.DatabaseError


def put_aside(database: Path) -> Path:
    """Make room for a new database; where the damaged one is now, with what belongs to it."""
    aside = database.with_name(f"{database.stem}.damaged{database.suffix}")
    for ending in ("", "-wal", "-shm"):
        with suppress(OSError):
            os.replace(f"{database}{ending}", f"{aside}{ending}")
    return aside


def put_aside_if_damaged(database: Path) -> Path | None:
    """The same for a database that nobody has open, if it cannot be read; where it is now."""
    if not database.exists():
        return None
    try:
        with closing(sqlite3.connect(database)) as opened:
            whole = opened.execute("pragma quick_check(1)").fetchone() == ("ok",)
    except sqlite3.Error as error:
        whole = not is_damage(error)
    return None if whole else put_aside(database)
