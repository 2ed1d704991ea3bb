"""`reelwright audit`: shows, checks and hands on the record of what was exported and blocked."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.trust.audit.entry import Decision, Event
from engine.trust.audit.log import AuditLog
from engine.trust.audit.recording import record


@pytest.fixture
def log() -> AuditLog:
    for decision, kind in ((Decision.EXPORTED, "video"), (Decision.BLOCKED, "prompt")):
        record(Event(decision=decision, kind=kind, file="ab" * 32 if kind == "video" else ""))
    return AuditLog()


def alter(log: AuditLog) -> None:
    with closing(sqlite3.connect(log.path, isolation_level=None)) as base:
        base.execute("DROP TRIGGER entries_stand")
        base.execute("UPDATE entries SET time = '2020' WHERE number = 2")


def test_entries_are_shown_and_filtered(cli, log) -> None:
    shown = cli("audit", "show").stdout.splitlines()
    assert [line.split()[0] for line in shown] == ["No", "1", "2", "3"]
    only = json.loads(cli("audit", "show", "--decision", "blocked", "--json").stdout)
    assert [(entry["number"], entry["kind"]) for entry in only] == [(3, "prompt")]
    by_digest = json.loads(cli("audit", "show", "--file", "abab", "--json").stdout)
    assert [entry["number"] for entry in by_digest] == [2]
    assert json.loads(cli("audit", "show", "--last", "1", "--json").stdout)[0]["number"] == 3
    assert json.loads(cli("audit", "show", "--until", "2020-01-01", "--json").stdout) == []
    assert len(json.loads(cli("audit", "show", "--since", "2020-01-01", "--json").stdout)) == 3


def test_a_file_finds_its_own_entry(cli, tmp_path: Path) -> None:
    path = tmp_path / "made.mp4"
    path.write_bytes(b"frames")
    from engine.file_digests import content_digest

    record(Event(decision=Decision.EXPORTED, file=content_digest(path)))
    found = json.loads(cli("audit", "show", "--file", path, "--json").stdout)
    assert [entry["number"] for entry in found] == [2]


def test_nothing_yet_is_no_fault(cli) -> None:
    assert cli("audit", "show").exit_code == 0
    assert cli("audit", "verify").exit_code == 0
    assert cli("audit", "export", "--head").exit_code == 2


def test_an_intact_log_ends_with_0_an_altered_one_with_4(cli, log) -> None:
    assert cli("audit", "verify").exit_code == 0
    alter(log)
    result = cli("audit", "verify")
    assert result.exit_code == 4
    assert "Entry 2 was changed." in result.stdout
    found = json.loads(cli("audit", "verify", "--json").stdout)
    assert (found["state"], found["entries"]) == ("altered", 3)


def test_a_log_whose_end_nobody_vouches_for_ends_with_5(cli, log) -> None:
    log.head.unlink()
    result = cli("audit", "verify")
    assert result.exit_code == 5
    assert result.stdout.startswith("unsigned:")


def test_a_damaged_log_ends_with_1(cli, log) -> None:
    for beside in log.path.parent.iterdir():
        beside.unlink()
    log.path.write_bytes(b"x" * 5_000)
    for command in ("show", "verify"):
        result = cli("audit", command)
        assert result.exit_code == 1
        assert "is damaged, or not an audit log" in result.stderr


def test_an_exported_log_is_checked_like_the_log(cli, log, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    assert cli("audit", "export", path).exit_code == 0
    assert cli("audit", "verify", path).exit_code == 0
    path.write_text(path.read_text().replace("prompt", "video"))
    assert cli("audit", "verify", path).exit_code == 4
    assert cli("audit", "export").stdout.count("\n") == 4


def test_a_head_kept_elsewhere_is_checked_against(cli, log, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    cli("audit", "export", "--head", head)
    assert cli("audit", "verify", "--head", head).exit_code == 0
    for beside in log.path.parent.iterdir():
        beside.unlink()
    log.head.unlink()
    record(Event(decision=Decision.EXPORTED))
    assert cli("audit", "verify").exit_code == 0, "nothing here contradicts it"
    assert cli("audit", "verify", "--head", head).exit_code == 4


@pytest.mark.parametrize("content", [None, b"", b"{}"])
def test_what_is_no_head_or_export_is_told(cli, log, tmp_path: Path, content) -> None:
    path = tmp_path / "no.json"
    if content is not None:
        path.write_bytes(content)
    assert cli("audit", "verify", "--head", path).exit_code == 2
    assert cli("audit", "verify", path).exit_code in (1, 2, 5, 0)


def test_a_day_that_is_none_is_told(cli) -> None:
    result = cli("audit", "show", "--since", "yesterday")
    assert result.exit_code == 2
    assert "'yesterday' is no day" in result.stderr
