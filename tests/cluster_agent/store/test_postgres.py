"""PostgreSQL: who reigns, who stands by, and what happens when a connection breaks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from cluster_agent.protocol.messages import ListJobs
from cluster_agent.store.postgres import PostgresStore
from cluster_agent.store.protocol import Changes, Fenced, Loaded
from engine.errors import StorageFailed
from tests.cluster_agent.store.postgres_server import Server
from tests.cluster_agent.store.samples import a_job, some
from tests.cluster_agent.waiting import PATIENCE, wait_for


class Standby:
    """A broker that stands by in a thread."""

    def __init__(self, address: str) -> None:
        self.store = PostgresStore(address)
        self.loaded: Loaded | None = None
        self._over = threading.Event()
        threading.Thread(target=self._open, daemon=True).start()

    def waits(self, server: Server) -> None:
        """Return once it has come to the lock and is not let in."""
        wait_for(lambda: server.waiting_for_lock(), "it does not stand by")
        assert self.loaded is None

    def takes_over(self) -> Loaded:
        assert self._over.wait(PATIENCE)
        assert self.loaded is not None
        return self.loaded

    def _open(self) -> None:
        try:
            self.loaded = self.store.open()
        finally:
            self._over.set()


@pytest.fixture
def address(postgres_server: Server) -> str:
    return postgres_server.new_database()


@pytest.fixture
def store(address: str) -> Iterator[PostgresStore]:
    made = PostgresStore(address)
    yield made
    made.close()


def test_a_standby_waits_and_takes_over_when_the_first_ends(
    postgres_server: Server, address: str, store: PostgresStore
) -> None:
    store.open()
    standby = Standby(address)
    standby.waits(postgres_server)
    store.commit(some(a_job(1)))
    store.close()
    loaded = standby.takes_over()
    assert (loaded.term, loaded.jobs) == (2, [a_job(1)])
    standby.store.close()


def test_a_standby_takes_over_from_one_that_is_killed(
    postgres_server: Server, address: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cluster_agent.store.reigning", address],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        standby = Standby(address)
        standby.waits(postgres_server)
        process.kill()
        said = [line for line in process.stdout if line.endswith("\n")]
    loaded = standby.takes_over()
    assert loaded.term == 2
    assert len(loaded.jobs) >= int(said[-1] if said else 1)
    standby.store.close()


def test_one_that_lost_its_connection_to_a_standby_is_fenced(
    postgres_server: Server, address: str, store: PostgresStore
) -> None:
    store.open()
    standby = Standby(address)
    standby.waits(postgres_server)
    postgres_server.say(
        "SELECT pg_terminate_backend(pid, 30000) FROM pg_locks"
        " WHERE locktype = 'advisory' AND granted",
    )
    standby.takes_over()
    with pytest.raises(Fenced):
        store.commit(some(a_job(1)))
    assert standby.store.list_jobs(ListJobs()) == []
    standby.store.close()


def test_one_that_lost_its_connection_goes_on_where_nobody_took_over(
    postgres_server: Server, address: str, store: PostgresStore
) -> None:
    store.open()
    store.commit(some(a_job(1)))
    postgres_server.cut_off()
    store.commit(some(a_job(2)))
    postgres_server.cut_off()
    assert [job.number for job in store.list_jobs(ListJobs())] == [2, 1]
    held = postgres_server.say("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted")
    assert held, "it reigns again, so that no second one can"


def test_a_commit_waits_for_a_reign_that_is_beginning_and_is_fenced(
    postgres_server: Server, address: str, store: PostgresStore
) -> None:
    import psycopg

    store.open()
    errors: list[BaseException] = []

    def commit() -> None:
        try:
            store.commit(some(a_job(1)))
        except Fenced as error:
            errors.append(error)

    thread = threading.Thread(target=commit)
    with psycopg.connect(address) as other:
        other.execute("UPDATE reelwright.reign SET term = term + 1")
        thread.start()
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not postgres_server.say(waits):
            assert thread.is_alive(), "it did not wait"
    thread.join(PATIENCE)
    assert len(errors) == 1
    assert postgres_server.say("SELECT count(*) FROM reelwright.jobs") == [(0,)]


def test_a_commit_that_fails_in_the_middle_writes_nothing(store: PostgresStore) -> None:
    store.open()
    store.commit(some(a_job(1)))
    twin = a_job(2)
    twin.key = a_job(1).key
    with pytest.raises(StorageFailed) as raised:
        store.commit(some(a_job(3), twin, events=2))
    assert "\n" not in str(raised.value)
    assert store.list_jobs(ListJobs()) == [a_job(1)]
    assert list(store.events(0, 10)) == []


def test_a_server_that_is_not_there_is_told_in_one_sentence() -> None:
    store = PostgresStore("host=/nowhere/at/all dbname=queue")
    with pytest.raises(StorageFailed, match="database cannot be used") as raised:
        store.open()
    assert "\n" not in str(raised.value)


def test_an_address_that_is_none_is_told_in_one_sentence() -> None:
    with pytest.raises(StorageFailed, match="database cannot be used"):
        PostgresStore("postgresql:/what is this").open()


def test_tables_of_a_newer_version_are_refused(
    postgres_server: Server, address: str, store: PostgresStore
) -> None:
    store.open()
    store.close()
    postgres_server.say("UPDATE reelwright.reign SET version = 99")
    with pytest.raises(StorageFailed, match="their format is 99"):
        store.open()


def test_before_it_is_opened_nothing_can_be_written(store: PostgresStore) -> None:
    with pytest.raises(StorageFailed, match="not open"):
        store.commit(Changes())
