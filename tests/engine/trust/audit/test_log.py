"""The audit log: whatever is done to it is found, and appending survives company and trouble."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import StorageFailed
from engine.trust.audit.chain import as_entry
from engine.trust.audit.entry import Assessment, Decision, Event, entry_digest
from engine.trust.audit.head import Head, read_head, signed_head
from engine.trust.audit.log import AuditLog
from engine.trust.audit.report import Signers
from engine.trust.identity import Identity
from engine.trust.self_issued import known_roots, self_issued

BEGIN = datetime(2026, 8, 2, 12, tzinfo=UTC)
COLUMNS = ("number", "time", "event", "previous", "digest")
ROWS = 6


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return self_issued(tmp_path_factory.mktemp("identity"))


@pytest.fixture
def signers(identity: Identity) -> Signers:
    return Signers(leaves=(identity.chain,))


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, identity: Identity) -> AuditLog:
    """A log of `ROWS` entries, the first of which begins it."""
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path / "config"))
    moments = (BEGIN + timedelta(seconds=n) for n in range(10_000))
    log = AuditLog(tmp_path / "audit.sqlite", clock=lambda: next(moments))
    for number in range(ROWS - 1):
        log.append(exported(number), identity)
    return log


def exported(number: int) -> Event:
    judged = Assessment(what="video", by="classifier", version="2", outcome="passed")
    return Event(decision=Decision.EXPORTED, user="ada", file=f"{number:064x}", assessed=(judged,))


def tamper(log: AuditLog, *statements: str, triggers: bool = True) -> None:
    """Change the file behind the log's back; the triggers are put back as they were."""
    with closing(sqlite3.connect(log.path, isolation_level=None)) as base:
        kept = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in kept:
            base.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            base.execute(statement)
        for _, sql in kept if triggers else []:
            base.execute(sql)


def intact(log: AuditLog, signers: Signers) -> bool:
    """The report's word; a file too damaged to be read is told in one sentence."""
    try:
        return log.verify(signers).intact
    except StorageFailed as error:
        return not str(error).endswith(".")


def test_a_log_that_nobody_touched_is_intact(log: AuditLog, signers: Signers) -> None:
    found = log.verify(signers)
    assert found.intact
    assert (found.entries, found.vouched, found.notes) == (ROWS, ROWS, ())


def test_a_log_that_was_never_written_is_no_trouble(tmp_path: Path, signers: Signers) -> None:
    found = AuditLog(tmp_path / "none.sqlite").verify(signers)
    assert (found.intact, found.entries) == (True, 0)
    assert not (tmp_path / "none.sqlite").exists()


def test_entries_are_kept_as_they_were_told(log: AuditLog) -> None:
    entries = [as_entry(row) for row in log.rows()]
    assert [entry.number for entry in entries if entry] == list(range(1, ROWS + 1))
    events = [entry.event for entry in entries if entry]
    assert events == [Event(decision=Decision.BEGUN), *map(exported, range(ROWS - 1))]


EDITS: dict[str, Callable[[str], str]] = {
    "changed": lambda column: f"{column} || 'x'" if column != "number" else "number + 100",
    "one letter": lambda column: f"substr({column}, 2) || 'a'" if column != "number" else "-number",
    "emptied": lambda column: "''" if column != "number" else "0",
    "taken from the first": lambda column: (
        f"(SELECT {column} FROM entries WHERE number = 1) || ''" if column != "number" else "77"
    ),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", range(1, ROWS + 1))
def test_an_edit_of_any_column_of_any_row_is_found(
    log: AuditLog, signers: Signers, row: int, column: str, edit: str
) -> None:
    if row == 1 and edit == "taken from the first":
        row = 2
    tamper(log, f"UPDATE entries SET {column} = {EDITS[edit](column)} WHERE number = {row}")
    assert not log.verify(signers).intact


@pytest.mark.parametrize("row", range(2, ROWS + 1))
def test_an_edit_whose_digest_was_made_anew_is_found(
    log: AuditLog, signers: Signers, row: int
) -> None:
    entry = [as_entry(each) for each in log.rows()][row - 1]
    assert entry is not None
    text = exported(999).text()
    digest = entry_digest(row, entry.time, text, entry.previous)
    tamper(log, f"UPDATE entries SET event = '{text}', digest = '{digest}' WHERE number = {row}")
    assert not log.verify(signers).intact


@pytest.mark.parametrize("row", range(1, ROWS + 1))
def test_a_removed_row_is_found_and_named(log: AuditLog, signers: Signers, row: int) -> None:
    tamper(log, f"DELETE FROM entries WHERE number = {row}")
    found = log.verify(signers)
    assert not found.intact
    if 1 < row < ROWS:
        assert f"Entry {row} is missing." in found.altered


@pytest.mark.parametrize("row", range(1, ROWS))
def test_a_removed_row_is_found_when_the_others_close_ranks(
    log: AuditLog, signers: Signers, row: int
) -> None:
    tamper(
        log,
        f"DELETE FROM entries WHERE number = {row}",
        *(f"UPDATE entries SET number = {n - 1} WHERE number = {n}" for n in range(row + 1, 7)),
    )
    assert not log.verify(signers).intact


@pytest.mark.parametrize("left", range(ROWS))
def test_a_log_cut_short_is_found(log: AuditLog, signers: Signers, left: int) -> None:
    tamper(log, f"DELETE FROM entries WHERE number > {left}")
    assert not log.verify(signers).intact


@pytest.mark.parametrize("pair", [(a, b) for a in range(1, ROWS + 1) for b in range(1, a)])
def test_two_rows_that_changed_places_are_found(
    log: AuditLog, signers: Signers, pair: tuple[int, int]
) -> None:
    one, other = pair
    tamper(
        log,
        f"UPDATE entries SET number = 999 WHERE number = {one}",
        f"UPDATE entries SET number = {one} WHERE number = {other}",
        f"UPDATE entries SET number = {other} WHERE number = 999",
    )
    assert not log.verify(signers).intact


@pytest.mark.parametrize("row", range(1, ROWS + 2))
def test_an_inserted_row_is_found(log: AuditLog, signers: Signers, row: int) -> None:
    tamper(
        log,
        *(
            f"UPDATE entries SET number = {n + 1} WHERE number = {n}"
            for n in range(ROWS, row - 1, -1)
        ),
        f"INSERT INTO entries SELECT {row}, time, event, previous, digest FROM entries LIMIT 1",
    )
    assert not log.verify(signers).intact


SCHEMA_TRICKS = {
    "a dropped trigger": ["DROP TRIGGER entries_stay"],
    "another column": ["ALTER TABLE entries ADD COLUMN more TEXT"],
    "a trigger of one's own": [
        "CREATE TRIGGER mine AFTER INSERT ON entries BEGIN SELECT 1; END"
    ],
    "a view in the table's place": [
        "DROP TRIGGER entries_stay", "DROP TRIGGER entries_stand",
        "ALTER TABLE entries RENAME TO real",
        "CREATE VIEW entries AS SELECT * FROM real WHERE number < 4",
    ],
    "an index": ["CREATE INDEX mine ON entries (time)"],
    "a copy of another kind": [
        "CREATE TABLE other AS SELECT * FROM entries", "DROP TABLE entries",
        "ALTER TABLE other RENAME TO entries",
    ],
    "another table": ["CREATE TABLE aside (x)"],
    "an edited schema": [
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'append-only', 'append-often')",
    ],
    "no table": ["DROP TABLE entries"],
}  # fmt: skip


@pytest.mark.parametrize("trick", SCHEMA_TRICKS)
def test_a_changed_schema_is_found(log: AuditLog, signers: Signers, trick: str) -> None:
    with closing(sqlite3.connect(log.path, isolation_level=None)) as base:
        for statement in SCHEMA_TRICKS[trick]:
            base.execute(statement)
    assert not intact(log, signers)


@pytest.mark.parametrize(
    "value", ["CAST(event AS BLOB)", "7", "1.5", "x'ff'", "CAST(x'ff' AS TEXT)"]
)
def test_a_value_of_another_kind_is_found(log: AuditLog, signers: Signers, value: str) -> None:
    """A schema that lets bytes in, then the old words again."""
    with closing(sqlite3.connect(log.path, isolation_level=None)) as base:
        strict = "' STRICT', ''"
        base.execute("PRAGMA writable_schema = ON")
        base.execute(f"UPDATE sqlite_master SET sql = replace(sql, {strict})")
    tamper(log, f"UPDATE entries SET event = {value} WHERE number = 2")
    with closing(sqlite3.connect(log.path, isolation_level=None)) as base:
        base.execute("PRAGMA writable_schema = ON")
        base.execute("UPDATE sqlite_master SET sql = sql || ' STRICT' WHERE type = 'table'")
    assert not log.verify(signers).intact


def test_the_triggers_stop_a_slip_of_the_hand(log: AuditLog) -> None:
    with closing(sqlite3.connect(log.path)) as base:
        for slip in ("DELETE FROM entries", "UPDATE entries SET time = 'now'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                base.execute(slip)


def copied(log: AuditLog, to: Path) -> None:
    with closing(sqlite3.connect(log.path)) as base, closing(sqlite3.connect(to)) as copy:
        base.backup(copy)


def replaced_by(log: AuditLog, by: Path | None) -> None:
    for suffix in ("-wal", "-shm"):
        log.path.with_name(log.path.name + suffix).unlink(missing_ok=True)
    if by is None:
        log.path.unlink()
    else:
        by.replace(log.path)


def test_an_older_copy_in_its_place_is_found_even_once_it_goes_on(
    log: AuditLog, signers: Signers, identity: Identity, tmp_path: Path
) -> None:
    copied(log, tmp_path / "older")
    log.append(exported(50), identity)
    replaced_by(log, tmp_path / "older")
    assert "the last 1 were removed" in " ".join(log.verify(signers).altered)
    for number in range(3):
        log.append(exported(60 + number), identity)
    found = log.verify(signers)
    assert f"vouched for {ROWS + 1} entries" in " ".join(found.altered)
    assert found.vouched == found.entries == ROWS + 4, "noted once, and the head goes on"


def test_a_log_that_was_deleted_is_missed_even_once_a_new_one_is_begun(
    log: AuditLog, signers: Signers, identity: Identity
) -> None:
    replaced_by(log, None)
    assert "The log is gone" in log.verify(signers).altered[0]
    log.append(exported(1), identity)
    assert f"another log of {ROWS} entries lay here" in log.verify(signers).altered[0]


def test_a_log_made_anew_from_the_beginning_is_found(
    log: AuditLog, signers: Signers, identity: Identity, tmp_path: Path
) -> None:
    forged = AuditLog(tmp_path / "forged.sqlite", clock=lambda: BEGIN)
    for number in range(ROWS - 1):
        forged.append(exported(number + 7), identity)
    copied(forged, tmp_path / "copy")
    replaced_by(log, tmp_path / "copy")
    assert not log.verify(signers).intact


def test_without_a_head_that_is_said_and_the_next_entry_notes_it(
    log: AuditLog, signers: Signers, identity: Identity
) -> None:
    log.head.unlink()
    found = log.verify(signers)
    assert (found.intact, found.vouched) == (True, 0)
    assert "There is no head" in found.notes[0]
    log.append(exported(9), identity)
    assert "it was missing" in log.verify(signers).altered[0]


@pytest.mark.parametrize("field", ["log", "count", "digest", "time", "chain", "signature"])
def test_a_head_that_was_changed_is_found(log: AuditLog, signers: Signers, field: str) -> None:
    head = json.loads(log.head.read_text())
    head[field] = {"count": 4, "time": "later", "chain": "", "signature": "00"}.get(field, "0" * 64)
    log.head.write_text(json.dumps(head))
    assert not log.verify(signers).intact


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"\xff" * 99, b"[" * 100_000])
def test_a_damaged_head_is_found_and_replaced(
    log: AuditLog, signers: Signers, identity: Identity, content: bytes
) -> None:
    log.head.write_bytes(content)
    assert "head" in log.verify(signers).altered[0]
    log.append(exported(9), identity)
    found = log.verify(signers)
    assert "it was damaged" in found.altered[0]
    assert found.vouched == found.entries


def test_a_head_signed_by_a_stranger_is_found(
    log: AuditLog, signers: Signers, tmp_path: Path
) -> None:
    head = read_head(log.head)
    assert head is not None
    stranger = self_issued(tmp_path / "stranger")
    log.head.write_text(signed_head(head, stranger).model_dump_json())
    assert "who is not known here" in log.verify(signers).altered[0]
    assert log.verify(Signers(known_roots(tmp_path / "stranger"))).intact


def test_a_head_kept_elsewhere_finds_what_was_cut_off_together_with_the_head(
    log: AuditLog, signers: Signers, identity: Identity, tmp_path: Path
) -> None:
    copied(log, tmp_path / "older")
    old_head = log.head.read_bytes()
    log.append(exported(70), identity)
    kept = read_head(log.head)
    replaced_by(log, tmp_path / "older")
    log.head.write_bytes(old_head)
    assert log.verify(signers).intact, "what is here agrees with itself"
    assert not log.verify(signers, kept).intact


def test_without_an_identity_the_head_is_kept_unsigned(log: AuditLog, signers: Signers) -> None:
    log.append(exported(8), None)
    found = log.verify(signers)
    assert (found.intact, found.vouched) == (True, 0)
    assert "not signed" in found.notes[0]


def test_a_clock_set_back_changes_no_order_and_is_told(
    log: AuditLog, signers: Signers, identity: Identity
) -> None:
    back = AuditLog(log.path, clock=lambda: BEGIN - timedelta(days=400))
    back.append(exported(11), identity)
    found = log.verify(signers)
    assert found.intact
    assert f"Entry {ROWS + 1} " in found.notes[0]
    assert "the clock was set back" in found.notes[0]
    assert as_entry(list(log.rows())[-1]) is not None


def test_where_no_head_can_be_kept_entries_are_and_one_says_so(
    log: AuditLog, identity: Identity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path / "taken"))
    for number in range(4):
        log.append(exported(number), identity)
    decisions = [entry.event.decision for row in log.rows() if (entry := as_entry(row))]
    assert decisions[ROWS:] == [Decision.HEAD_LOST] + [Decision.EXPORTED] * 4


def append_many(path: str, worker: int) -> None:
    for number in range(5):
        AuditLog(Path(path)).append(exported(worker * 100 + number), None)


def test_several_processes_append_at_once(log: AuditLog, signers: Signers) -> None:
    context = multiprocessing.get_context("fork")
    workers = [
        context.Process(target=append_many, args=(str(log.path), number)) for number in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = log.verify(signers)
    assert (found.intact, found.entries) == (True, ROWS + 15)
    head = read_head(log.head)
    assert head is not None
    assert head.count == ROWS + 15


def test_a_locked_log_is_told_plainly(log: AuditLog, identity: Identity) -> None:
    with closing(sqlite3.connect(log.path, isolation_level=None)) as base:
        base.execute("BEGIN IMMEDIATE")
        impatient = AuditLog(log.path, patience=0.01)
        with pytest.raises(StorageFailed, match="held locked by another process"):
            impatient.append(exported(1), identity)


def test_another_programs_file_is_left_alone(tmp_path: Path, identity: Identity) -> None:
    path = tmp_path / "theirs.sqlite"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE theirs (x)")
        base.commit()
    before = path.read_bytes()
    with pytest.raises(StorageFailed, match="another program"):
        AuditLog(path).append(exported(1), identity)
    with pytest.raises(StorageFailed, match="another program"):
        AuditLog(path).verify(Signers())
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, identity: Identity) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageFailed, match="REELWRIGHT_STATE"):
        AuditLog(tmp_path / "file" / "audit.sqlite").append(exported(1), identity)


@settings(max_examples=30)
@given(place=st.floats(0, 1), junk=st.binary(min_size=1, max_size=600))
def test_damage_anywhere_is_told_or_touches_no_entry(
    tmp_path_factory: pytest.TempPathFactory, identity: Identity, place: float, junk: bytes
) -> None:
    """Bytes of the file are written over: the answer is a report or one sentence, never a crash,
    and no entry reads otherwise without being reported.
    """
    folder = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REELWRIGHT_CONFIG", str(folder / "config"))
        log = AuditLog(folder / "audit.sqlite", clock=lambda: BEGIN)
        for number in range(3):
            log.append(exported(number), identity)
        with closing(sqlite3.connect(log.path)) as base:
            base.execute("PRAGMA journal_mode = DELETE")
        before = list(log.rows())
        content = bytearray(log.path.read_bytes())
        start = int(place * (len(content) - 1))
        content[start : start + len(junk)] = junk
        log.path.write_bytes(content)
        assert not intact(log, Signers(leaves=(identity.chain,))) or list(log.rows()) == before


def test_a_head_is_small_and_says_no_more_than_it_must(log: AuditLog) -> None:
    assert set(Head.model_fields) == {"log", "count", "digest", "time", "chain", "signature"}
