"""Protected persons are kept sealed, as embeddings alone, with who agreed and why."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.trust.vision.faces.database import FaceDatabase, person_of

ADA = person_of("Ada Example", "Ada, in writing, 2026-11-01", "asked for it")
VECTOR = np.linspace(-1, 1, 16, dtype=np.float32)


@pytest.fixture
def database(tmp_path: Path) -> FaceDatabase:
    return FaceDatabase(tmp_path / "faces.sqlite", tmp_path / "keys")


def test_an_empty_database_holds_nobody(database: FaceDatabase) -> None:
    assert database.persons() == []
    assert database.digest() == ""


def test_a_person_is_read_back_as_it_was_added(database: FaceDatabase) -> None:
    number = database.add(ADA, [VECTOR, -VECTOR], "model 1")
    (found,) = database.persons()
    assert (found.number, found.person, found.model) == (number, ADA, "model 1")
    assert (found.embeddings[0] == VECTOR).all()


def test_nothing_of_a_person_can_be_read_without_the_key(database: FaceDatabase) -> None:
    database.add(ADA, [VECTOR], "model 1")
    files = list(database.path.parent.glob("faces.sqlite*"))
    content = b"".join(file.read_bytes() for file in files)
    for secret in (b"Ada", b"writing", b"asked", VECTOR.tobytes()):
        assert secret not in content
    key = database.keys / "faces.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(database.path.stat().st_mode) == 0o600


def test_the_same_person_is_sealed_otherwise_each_time(database: FaceDatabase) -> None:
    database.add(ADA, [VECTOR], "model 1")
    database.add(ADA, [VECTOR], "model 1")
    with closing(sqlite3.connect(database.path)) as base:
        sealed = base.execute("SELECT sealed FROM persons").fetchall()
    assert sealed[0] != sealed[1]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE persons SET sealed = zeroblob(40)",
        "UPDATE persons SET model = 'model 2'",
        "UPDATE persons SET number = 7",
        "UPDATE persons SET sealed = x''",
    ],
)
def test_what_was_altered_or_moved_does_not_open(database: FaceDatabase, change: str) -> None:
    database.add(ADA, [VECTOR], "model 1")
    with closing(sqlite3.connect(database.path)) as base:
        base.execute(change)
        base.commit()
    with pytest.raises(StorageFailed, match="altered, or its key is another"):
        database.persons()


def test_another_key_opens_nothing(database: FaceDatabase) -> None:
    database.add(ADA, [VECTOR], "model 1")
    (database.keys / "faces.key").write_text("00" * 32)
    with pytest.raises(StorageFailed, match="its key is another"):
        database.persons()
    (database.keys / "faces.key").write_text("no key")
    with pytest.raises(InvalidInput, match="holds no key of the face database"):
        database.persons()


def test_who_is_removed_is_gone(database: FaceDatabase) -> None:
    number = database.add(ADA, [VECTOR], "model 1")
    before = database.digest()
    database.remove(number)
    assert database.persons() == []
    assert database.digest() != before
    with pytest.raises(InvalidInput, match=f"no person {number}"):
        database.remove(number)


def test_whose_it_is_who_agreed_and_why_must_be_said() -> None:
    with pytest.raises(InvalidInput, match="'--consent' and '--reason' must be given"):
        person_of("Ada", " ", "")
    with pytest.raises(InvalidInput, match="'name' cannot be used"):
        person_of("A" * 201, "x", "y")
