"""The register keeps requests and hashes, never media, and tells what is wrong with its file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.trust.takedown.passages import Passage, passages_of
from engine.trust.takedown.register import Register
from engine.trust.takedown.request import FIELDS, Request, State, request_of
from engine.trust.takedown.search import blocking_index
from tests.engine.trust.takedown.clips import clip

NOW = datetime(2026, 8, 2, 12, tzinfo=UTC)


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "register.sqlite", clock=lambda: NOW)


@pytest.fixture
def asked() -> Request:
    return request_of({name: f"the {name}" for name in FIELDS})


@pytest.fixture(scope="module")
def passages() -> list[Passage]:
    return passages_of(clip(1, frames=20))


def test_what_is_registered_is_there_again(register, asked, passages) -> None:
    made = register.add(asked, passages, NOW)
    assert (made.number, made.state, made.hashes) == (1, State.OPEN, len(passages))
    assert Register(register.path).cases() == [made]
    (kept,) = Register(register.path).passages().values()
    for one, other in zip(kept, passages, strict=True):
        assert np.array_equal(one.appearance_KWF, other.appearance_KWF)
        assert np.array_equal(one.change_KWF, other.change_KWF)
        assert one.step == other.step


def test_nothing_is_there_before_and_nothing_is_made_by_looking(register) -> None:
    assert register.cases() == []
    assert register.passages() == {}
    assert register.digest() == ""
    assert not register.path.exists()


def test_only_open_and_removed_ones_block(register, asked, passages) -> None:
    register.add(asked, passages, NOW)
    both = register.add(asked, passages, NOW).number
    before = register.digest()
    assert set(register.passages()) == {1, 2}
    register.resolve(both, State.REFUSED, "another person")
    assert set(register.passages()) == {1}
    assert register.digest() != before
    register.resolve(both, State.REMOVED, "")
    assert register.digest() == before


def test_a_case_says_when_and_why_it_was_resolved(register, asked) -> None:
    register.add(asked, [], NOW)
    case = register.resolve(1, State.REFUSED, " not shown ")
    assert (case.resolved, case.reason) == (NOW, "not shown")
    with pytest.raises(InvalidInput, match="There is no request 7"):
        register.resolve(7, State.REMOVED, "")


def test_a_refused_change_changes_nothing(register, asked) -> None:
    made = register.add(asked, [], NOW)
    with pytest.raises(InvalidInput):
        register.resolve(1, State.RESTORED, "x")
    assert register.cases() == [made]


def test_only_its_owner_can_read_it(register, asked) -> None:
    register.add(asked, [], NOW)
    assert register.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"x" * 5_000, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_a_damaged_file_is_told(register, asked, content: bytes) -> None:
    register.path.write_bytes(content)
    for work in (register.cases, register.passages, lambda: register.add(asked, [], NOW)):
        with pytest.raises(StorageFailed, match="damaged"):
            work()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE passages SET hash = x'00'",
        "UPDATE passages SET hash = substr(hash, 1, 90)",
        "UPDATE cases SET state = 'lost'",
        "UPDATE cases SET request = '{}'",
        "UPDATE cases SET received = '2026-01-01'",
    ],
)
def test_damaged_rows_are_told(register, asked, passages, damage: str) -> None:
    register.add(asked, passages, NOW)
    with closing(sqlite3.connect(register.path, isolation_level=None)) as base:
        base.execute(damage)
    with pytest.raises(StorageFailed, match=r"register .* is damaged"):
        register.passages() if "passages" in damage else register.cases()


def test_a_locked_register_is_told(register, asked) -> None:
    register.add(asked, [], NOW)
    with closing(sqlite3.connect(register.path, isolation_level=None)) as base:
        base.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageFailed, match="held locked by another process"):
            Register(register.path, patience=0.01).add(asked, [], NOW)


def test_what_blocks_is_made_ready_once_for_every_state(register, asked, passages) -> None:
    assert blocking_index(register) is None
    register.add(asked, passages, NOW)
    first = blocking_index(register)
    assert first is not None
    assert blocking_index(register) is first
    register.add(asked, passages, NOW)
    second = blocking_index(register)
    assert second is not None
    assert len(second.passages) == 2 * len(first.passages)
    register.resolve(1, State.REFUSED, "another person")
    register.resolve(2, State.REFUSED, "another person")
    assert blocking_index(register) is None
