"""Databases that are damaged make room for new ones, and are kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from studio.machines.damage import put_aside_if_damaged


def test_what_is_no_database_is_kept_aside(tmp_path: Path) -> None:
    database = tmp_path / "queue.db"
    database.write_bytes(b"what a failing disk left " * 99)
    aside = put_aside_if_damaged(database)
    assert aside == tmp_path / "queue.damaged.db"
    assert aside.read_bytes().startswith(b"what a failing disk")
    assert not database.exists()


def test_pages_that_were_overwritten_are_found(tmp_path: Path) -> None:
    database = sound(tmp_path / "queue.db", rows=2000)
    content = bytearray(database.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    database.write_bytes(content)
    assert put_aside_if_damaged(database) is not None


def test_a_sound_database_stays_and_none_is_made(tmp_path: Path) -> None:
    assert put_aside_if_damaged(sound(tmp_path / "queue.db")) is None
    assert put_aside_if_damaged(tmp_path / "none.db") is None
    assert [path.name for path in tmp_path.iterdir()] == ["queue.db"]


def sound(path: Path, rows: int = 3) -> Path:
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("create table jobs (id integer primary key, words text)")
        opened.executemany("insert into jobs values (?, ?)", [(n, "x" * 40) for n in range(rows)])
    return path
