"""The embedded store's file: full disks, files that are not ours, kills in the middle."""

from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from cluster_agent.protocol.messages import ListJobs
from cluster_agent.store.sqlite import SqliteStore
from engine.errors import StorageFailed
from tests.cluster_agent.store.committing import GROUP
from tests.cluster_agent.store.samples import a_job, some


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "broker" / "queue.db"


def filled(path: Path, jobs: int = 300) -> None:
    store = SqliteStore(path)
    store.open()
    store.commit(some(*(a_job(number) for number in range(1, jobs + 1)), events=jobs))
    store.close()


def refusal(path: Path) -> str:
    """What opening the file says, in one line."""
    store = SqliteStore(path)
    with pytest.raises(StorageFailed) as raised:
        store.open()
    store.close()
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)
    return str(raised.value)


def test_it_writes_ahead_and_flushes_every_commit(path: Path) -> None:
    store = SqliteStore(path)
    store.open()
    base = store._connection()
    assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert base.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 500)
    assert "damaged" in refusal(path)
    assert path.read_bytes() == b"not a database at all" * 500


def test_a_database_of_another_program_is_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE songs (title)")
    base.close()
    before = path.read_bytes()
    assert "another program" in refusal(path)
    assert path.read_bytes() == before


def test_a_newer_file_is_refused(path: Path) -> None:
    filled(path, 1)
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA user_version = 99")
    base.close()
    assert "another version of Reelwright (its format is 99" in refusal(path)


@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_a_file_that_was_cut_off_is_named(path: Path, kept: float) -> None:
    filled(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert "damaged" in refusal(path)


def test_a_file_with_overwritten_pages_is_named(path: Path) -> None:
    filled(path)
    content = bytearray(path.read_bytes())
    content[8192:] = Random(1).randbytes(len(content) - 8192)
    path.write_bytes(content)
    assert "damaged" in refusal(path)


def test_a_record_that_makes_no_sense_is_named(path: Path) -> None:
    filled(path, 3)
    with sqlite3.connect(path) as base:
        base.execute("UPDATE jobs SET record = x'93010203' WHERE number = 2")
    base.close()
    with pytest.raises(StorageFailed, match="a job in it cannot be read"):
        SqliteStore(path).open()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be used" in refusal(tmp_path / "file" / "queue.db")


def test_a_full_disk_half_commits_nothing(path: Path) -> None:
    store = SqliteStore(path)
    store.open()
    store.commit(some(a_job(1), events=1))
    base = store._connection()
    (pages,) = base.execute("PRAGMA page_count").fetchone()
    base.execute(f"PRAGMA max_page_count = {pages + 8}")
    many = some(*(a_job(number) for number in range(2, 500)), events=500, first_event=2)
    with pytest.raises(StorageFailed, match="no room left"):
        store.commit(many)
    assert store.list_jobs(ListJobs()) == [a_job(1)]
    assert [event.seq for event in store.events(0, 10)] == [1]
    assert list(store.specs([1, 2, 3])) == [1]

    base.execute("PRAGMA max_page_count = 1000000")
    store.commit(many)
    assert len(store.list_jobs(ListJobs(limit=1000))) == 499


def test_a_commit_that_fails_in_the_middle_writes_nothing(path: Path) -> None:
    store = SqliteStore(path)
    store.open()
    store.commit(some(a_job(1)))
    twin = a_job(2)
    twin.key = a_job(1).key
    with pytest.raises(StorageFailed, match="cannot be used"):
        store.commit(some(a_job(3), twin, events=2))
    assert store.list_jobs(ListJobs()) == [a_job(1)]
    store.commit(some(a_job(4)))
    assert [job.number for job in store.list_jobs(ListJobs())] == [4, 1]


def test_a_file_that_may_not_grow_half_commits_nothing(path: Path) -> None:
    filled(path, 5)
    store = SqliteStore(path)
    store.open()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    many = some(*(a_job(number) for number in range(6, 3000)))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        with pytest.raises(StorageFailed):
            store.commit(many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert [job.number for job in store.list_jobs(ListJobs())] == [5, 4, 3, 2, 1]
    store.commit(many)
    store.close()
    assert len(SqliteStore(path).open().jobs) == 2999


def test_kills_in_the_middle_of_commits_lose_nothing_acknowledged(path: Path) -> None:
    acknowledged = 0
    for after in (1, 7, 30, 60):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cluster_agent.store.committing", str(path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            for said, line in enumerate(process.stdout, 1):
                if said == after:
                    process.kill()
                if line.endswith("\n"):  # the kill may cut the last one off
                    acknowledged = int(line)
        store = SqliteStore(path)
        loaded = store.open()
        assert len(loaded.jobs) >= acknowledged * GROUP
        assert len(loaded.jobs) % GROUP == 0, "a group is committed whole"
        numbers = [job.number for job in loaded.jobs]
        assert numbers == list(range(1, len(numbers) + 1))
        assert sorted(store.specs(numbers)) == numbers
        assert [event.seq for event in store.events(0, 10**6)] == numbers
        store.close()
