"""The shell's promises: committed before said, bounded, and unmoved by nonsense or full disks."""

from __future__ import annotations

import pytest

from cluster_agent.broker.daemon import BATCH, LARGEST_HEARD, RETENTION
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.unsaved import AGAIN, PATIENCE
from cluster_agent.protocol.job_spec import InputFile, JobSpec
from cluster_agent.protocol.messages import (
    Assign,
    Beat,
    Beaten,
    Changed,
    Credit,
    Done,
    Finished,
    GetStatus,
    Ping,
    Prefetch,
    Refused,
    Status,
    Submit,
    Submitted,
    Watch,
    Watching,
)
from cluster_agent.store.memory import MemoryStore
from cluster_agent.store.protocol import Fenced
from engine.errors import StorageFailed
from tests.cluster_agent.broker.shell import Disk, Shell, a_spec


@pytest.fixture
def shell() -> Shell:
    return Shell()


def disk(shell: Shell) -> Disk:
    assert isinstance(shell.disk, Disk)
    return shell.disk


def test_what_came_together_is_committed_together(shell: Shell) -> None:
    ada, bob = shell.peer("ada"), shell.peer("bob")
    for number in range(10):
        ada.say(Submit(jobs=(a_spec(f"{number}"),)))
        bob.say(Submit(jobs=(a_spec(f"{number}"),)))
    shell.daemon.turn()
    assert [len(changes.jobs) for changes in disk(shell).commits] == [20]
    assert [len(peer.told()) for peer in (ada, bob)] == [11, 11], "a Welcome, and ten answers"


def test_a_turn_hears_so_much_and_no_more(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.told()
    for _ in range(BATCH + 5):
        ada.say(Ping())
    shell.daemon.turn()
    assert len(ada.told()) == BATCH
    shell.daemon.turn()
    assert len(ada.told()) == 5


def test_work_carries_the_spec_as_it_was_submitted(shell: Shell) -> None:
    ada, agent = shell.peer("ada"), shell.peer("gpu1")
    files = (InputFile(path="in/a.png", digest="ab" * 32, size=5),)
    spec = JobSpec(key="k", graph=b'{"a": 1}', inputs=files, packs={}, label="é", priority=3)
    ada.ask(Submit(jobs=(spec,)), Submitted)
    agent.register()
    work = agent.one(Assign)
    assert (work.spec, work.user, work.lease.epoch) == (spec, "ada", 1)


def test_work_that_was_submitted_in_the_same_turn_carries_its_spec(shell: Shell) -> None:
    ada, agent = shell.peer("ada"), shell.peer("gpu1")
    agent.register()
    ada.submit("k")
    assert agent.one(Assign).spec == a_spec("k")


def test_an_agent_that_is_busy_is_told_what_comes_next(shell: Shell) -> None:
    ada, agent = shell.peer("ada"), shell.peer("gpu1")
    files = (InputFile(path="in/a.png", digest="ab" * 32, size=5),)
    for key in "ab":
        spec = JobSpec(key=key, graph=b"{}", inputs=files, model="wan", seconds=100.0)
        ada.ask(Submit(jobs=(spec,)), Submitted)
    agent.register()
    assert agent.one(Prefetch) == Prefetch(model="wan", inputs=("ab" * 32,))


def test_a_watcher_is_told_from_the_store_what_it_missed(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.submit("a", "b", "c")
    watching = ada.ask(Watch(topics=("jobs",), since=1, credit=1), Watching)
    assert (watching.seq, watching.oldest) == (3, 1)
    assert shell.daemon._idle() == 0.0, "what was read for the watcher is sent at once"
    shell.turns(3)
    assert [each.seq for each in ada.told() if isinstance(each, Changed)] == [2]
    ada.say(Credit(more=10))
    shell.turns(3)
    assert [each.seq for each in ada.told() if isinstance(each, Changed)] == [3]


def test_who_cannot_be_reached_is_not_sent_to_again(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.ask(Watch(topics=("jobs",)), Watching)
    assert len(shell.sessions) == 1
    shell.ears.deaf.add(ada.route)
    ada.say(Submit(jobs=(a_spec("a"),)))
    shell.daemon.turn()
    assert len(shell.sessions) == 0
    shell.ears.deaf.clear()
    shell.peer("bob").submit("b")
    assert ada.told() == []


# Nonsense


def test_a_malformed_message_is_answered_with_its_number(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.told()
    ada.say_bytes(b"\x82\xa4kind\xa4ping\xa2re\xa1x")
    ada.say_bytes(b"")
    ada.say_bytes(b"\xff" * 100)
    shell.daemon.turn()
    assert [each.code for each in ada.told() if isinstance(each, Refused)] == ["invalid"] * 3
    ada.say_bytes(b"\x82\xa4kind\xa4what\xa2re\x07")
    shell.daemon.turn()
    refused = ada.one(Refused)
    assert refused.re == 7
    assert "'what'" in refused.reason


def test_a_message_that_is_too_large_is_refused(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.told()
    ada.say_bytes(bytes(LARGEST_HEARD + 1))
    shell.daemon.turn()
    assert "over the limit" in ada.one(Refused).reason


def test_a_flood_of_nonsense_is_cut_and_forgiven_later(shell: Shell) -> None:
    ada, bob = shell.peer("ada"), shell.peer("bob")
    ada.told()
    for _ in range(100):
        ada.say_bytes(b"nonsense")
    shell.daemon.turn()
    assert len(ada.told()) == 20
    ada.say(Ping())
    bob.ask(Ping(re=1), Done)
    assert ada.told() == []
    counters = bob.ask(GetStatus(), Status).counters
    assert counters["messages.malformed"] == 21
    assert counters["messages.ignored"] == 80
    shell.pass_time(61.0)
    ada = shell.peer("ada")
    ada.ask(Ping(re=2), Done)


def test_a_few_malformed_messages_now_and_then_are_forgiven(shell: Shell) -> None:
    ada = shell.peer("ada")
    for _ in range(100):
        ada.say_bytes(b"nonsense")
        shell.daemon.turn()
        shell.pass_time(1.5)
    ada.ask(Ping(re=1), Done)


# Disks


def test_nothing_is_said_before_it_is_durable(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.told()
    disk(shell).full = True
    ada.say(Submit(re=1, jobs=(a_spec("a"),)))
    shell.daemon.turn()
    shell.pass_time(AGAIN)
    shell.daemon.turn()
    assert ada.told() == []
    disk(shell).full = False
    shell.daemon.turn()
    assert ada.told() == [], "it is tried again after a while, not in every turn"
    shell.pass_time(AGAIN)
    shell.daemon.turn()
    assert ada.one(Submitted).jobs == ("j1",)
    assert [job.key for job in disk(shell).jobs([1])] == ["a"]


def test_while_the_disk_is_full_people_wait_and_agents_live(shell: Shell) -> None:
    ada = shell.peer("ada", frozenset({"submit"}))
    agent = shell.peer("gpu1", frozenset({"agent"}))
    agent.register()
    ada.submit("a")
    lease = agent.one(Assign).lease
    disk(shell).full = True
    agent.say(Finished(re=5, lease=lease, seconds=1.0, results=()))
    shell.daemon.turn()
    assert agent.told() == []

    assert ada.ask(Submit(re=2, jobs=(a_spec("b"),)), Refused).code == "busy"
    for number in range(20):
        shell.pass_time(2.0)
        assert agent.ask(Beat(number=number, holding=(lease,)), Beaten).number == number

    disk(shell).full = False
    shell.pass_time(AGAIN)
    shell.daemon.turn()
    told = agent.told()
    assert [each.re for each in told if isinstance(each, Done)] == [5]
    assert not any(isinstance(each, Beaten) for each in told)
    assert disk(shell).jobs([1])[0].state == "COMPLETED"
    assert ada.submit("b") == ("j2",)


def test_a_disk_that_stays_full_ends_the_broker(shell: Shell) -> None:
    ada = shell.peer("ada")
    disk(shell).full = True
    ada.say(Submit(jobs=(a_spec("a"),)))
    shell.daemon.turn()
    shell.pass_time(PATIENCE)
    shell.daemon.turn()
    shell.pass_time(AGAIN)
    with pytest.raises(StorageFailed, match="no room left"):
        shell.daemon.turn()


def test_a_broker_that_was_replaced_ends_without_another_word(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.told()
    MemoryStore(disk(shell)._tables).open()
    ada.say(Submit(jobs=(a_spec("a"),)))
    with pytest.raises(Fenced):
        shell.daemon.turn()
    assert ada.told() == []


# Time


def test_it_waits_until_something_is_due(shell: Shell) -> None:
    agent = shell.peer("gpu1")
    agent.register()
    shell.daemon.turn()
    assert 0.0 < shell.daemon._idle() <= 2.0
    shell.pass_time(100.0)
    assert shell.daemon._idle() == 0.0


def test_a_lease_ends_by_the_clock_alone(shell: Shell) -> None:
    ada, agent = shell.peer("ada"), shell.peer("gpu1")
    agent.register()
    ada.submit("a")
    for _ in range(int(shell.policy.lease) + 2):
        shell.pass_time(1.0)
        shell.daemon.turn()
    assert disk(shell).jobs([1])[0].state == "QUEUED"


def test_jobs_are_forgotten_long_after_their_end() -> None:
    shell = Shell(BrokerPolicy(retention=10 * RETENTION, events=5))
    ada, agent = shell.peer("ada"), shell.peer("gpu1")
    agent.register()
    ada.submit("a")
    lease = agent.one(Assign).lease
    agent.ask(Finished(lease=lease, seconds=1.0, results=()), Done)
    ada.submit("b", "c", "d", "e", "f")
    shell.pass_time(9 * RETENTION)
    shell.daemon.turn()
    assert len(shell.disk.jobs([1])) == 1
    shell.pass_time(1.5 * RETENTION)
    shell.turns(2)
    assert shell.disk.jobs([1]) == []
    assert len(shell.disk.events(0, 100)) == 5
    ada = shell.peer("ada")
    assert ada.submit("a") == ("j7",), "its key is free again"


def test_it_ends_after_committing_what_it_heard(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.told()
    ada.say(Submit(jobs=(a_spec("a"),)))
    shell.daemon.stop()
    shell.daemon.run()
    assert len(disk(shell).jobs([1])) == 1
    assert ada.one(Submitted).jobs == ("j1",)
