"""The broker as a process: it starts, says so, is killed, comes back, and ends when told to."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_agent.keys import KeyPair
from cluster_agent.protocol.messages import (
    Done,
    GetStatus,
    JobList,
    ListJobs,
    Ping,
    Refused,
    Status,
    Submit,
    Submitted,
)
from cluster_agent.transport import Connection
from tests.cluster_agent.broker.broker_process import BrokerProcess, resident
from tests.cluster_agent.broker.kills import kill_under_load
from tests.cluster_agent.broker.shell import a_spec
from tests.cluster_agent.store.postgres_server import Server
from tests.cluster_agent.waiting import wait_for


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    with BrokerProcess(tmp_path) as running:
        yield running


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A broker that is expected to end by itself."""
    command = [sys.executable, "-m", "cluster_agent.broker", "--listen", "tcp://127.0.0.1:*",
               "--folder", str(folder), "--keys", str(folder / "keys"), *options]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_killed_and_started_again_it_has_every_job(broker: BrokerProcess) -> None:
    ada = broker.new_peer("ada")
    with broker.call(ada) as peer:
        peer.say(Submit(re=1, jobs=(a_spec("a"), a_spec("b"))))
        assert peer.hear(Submitted).jobs == ("j1", "j2")
    broker.kill()
    broker.start()
    with broker.call(ada) as peer:
        peer.say(ListJobs(re=2))
        assert [job.key for job in peer.hear(JobList).jobs] == ["b", "a"]
        peer.say(Submit(re=3, jobs=(a_spec("a"), a_spec("c"))))
        again = peer.hear(Submitted)
        assert (again.jobs, again.known) == (("j1", "j3"), (True, False))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_to_and_leaves_one_whole_file(
    tmp_path: Path, broker: BrokerProcess, number: int
) -> None:
    with broker.call(broker.new_peer("ada")) as peer:
        peer.say(Submit(re=1, jobs=(a_spec("a"),)))
        peer.hear(Submitted)
    assert broker._end(number) == 0
    assert {path.name for path in (tmp_path / "queue").iterdir()} == {"queue.db", "lock"}
    with sqlite3.connect(tmp_path / "queue" / "queue.db") as base:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    base.close()


def test_a_second_broker_in_the_same_folder_is_refused(
    tmp_path: Path, broker: BrokerProcess
) -> None:
    second = run(tmp_path / "queue")
    assert second.returncode == 2
    assert second.stdout == ""
    assert second.stderr.strip() == (
        f"Another broker works in '{tmp_path / 'queue'}'. End it, or choose another folder."
    )
    with broker.call(broker.new_peer("ada")) as peer:
        peer.say(Ping(re=1))
        peer.hear(Done)


@pytest.mark.parametrize(
    ("what", "options", "code"),
    [
        ("cannot be listened on", ("--listen", "tcp://127.0.0.1:1:2"), 2),
        ("database cannot be used", ("--database", "host=/nowhere dbname=x"), 1),
        ("damaged", (), 1),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(
    tmp_path: Path, what: str, options: tuple[str, ...], code: int
) -> None:
    if not options:
        (tmp_path / "queue.db").write_bytes(b"nonsense" * 1000)
    done = run(tmp_path, *options)
    assert done.returncode == code
    assert what in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_key_that_is_not_trusted_gets_no_answer_and_one_that_is_added_does(
    broker: BrokerProcess,
) -> None:
    with Connection(broker.address, KeyPair.new(), broker.public) as line:
        assert not line.ready(60.0)
        assert line.turned_away
    with broker.call(broker.new_peer("late")) as peer:
        peer.say(Ping(re=1))
        assert peer.hear(Done).re == 1


def test_nonsense_over_the_socket_is_answered_and_counted(broker: BrokerProcess) -> None:
    chance = random.Random(3)
    with broker.call(broker.new_peer("eve")) as eve, broker.call(broker.new_peer("ada")) as ada:
        for size in (0, 1, 10, 100_000):
            eve.line.send(chance.randbytes(size))
            assert eve.hear(Refused).code == "invalid"
        for _ in range(200):
            eve.line.send(b"\x80")
        ada.say(Ping(re=1))
        ada.hear(Done)

        def cut() -> bool:
            ada.say(GetStatus(re=2))
            return ada.hear(Status).counters["messages.ignored"] > 0

        wait_for(cut, "the flood was not cut")


def test_without_work_it_is_small(broker: BrokerProcess) -> None:
    assert resident(broker.pid) < 150_000_000


def test_killed_under_load_it_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    toll = kill_under_load(tmp_path, 3, 100, random.Random(5), lambda: None)
    assert toll.acknowledged == 200
    assert (toll.lost, toll.unfinished, toll.twice) == (0, 0, 0)


def test_a_standby_takes_over_when_the_broker_is_killed(
    tmp_path: Path, postgres_server: Server
) -> None:
    address = postgres_server.new_database()
    with BrokerProcess(tmp_path / "1", "--database", address) as first:
        standby = BrokerProcess(tmp_path / "2", "--database", address)
        standby.keys = first.keys
        ada = first.new_peer("ada")
        with first.call(ada) as peer:
            peer.say(Submit(re=1, jobs=(a_spec("a"),)))
            peer.hear(Submitted)
        standby.launch()
        try:
            wait_for(lambda: postgres_server.waiting_for_lock(), "it does not stand by")
            first.kill()
            standby.wait_until_ready()
            with standby.call(ada) as peer:
                peer.say(Submit(re=2, jobs=(a_spec("a"), a_spec("b"))))
                assert peer.hear(Submitted).known == (True, False)
            assert standby.terminate() == 0
        finally:
            standby.kill()


def test_a_standby_ends_when_told_to(tmp_path: Path, postgres_server: Server) -> None:
    address = postgres_server.new_database()
    with BrokerProcess(tmp_path / "1", "--database", address):
        standby = BrokerProcess(tmp_path / "2", "--database", address)
        standby.launch()
        try:
            wait_for(lambda: postgres_server.waiting_for_lock(), "it does not stand by")
            assert standby.terminate() == 0
        finally:
            standby.kill()


def test_its_files_are_private(tmp_path: Path, broker: BrokerProcess) -> None:
    assert os.stat(broker.keys / "key.toml").st_mode & 0o077 == 0
