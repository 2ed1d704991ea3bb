"""Greetings, roles that change, connections that fall silent or crowd."""

from __future__ import annotations

import pytest

from cluster_agent.broker.sessions import MOST_CONNECTIONS, MOST_STRANGERS, SILENT
from cluster_agent.keys import Grant
from cluster_agent.protocol.messages import Done, Hello, Ping, Refused, Submit, Welcome
from tests.cluster_agent.broker.shell import Peer, Shell, a_spec

OBSERVE = frozenset({"observe"})


@pytest.fixture
def shell() -> Shell:
    return Shell()


def test_a_greeting_tells_who_one_is_and_what_one_may_do(shell: Shell) -> None:
    ada = Peer(shell, "ada", b"1", frozenset({"submit", "observe"}))
    welcome = ada.ask(Hello(re=9, versions=(7, 1), software="x"), Welcome)
    assert (welcome.re, welcome.version, welcome.broker, welcome.user) == (9, 1, "here", "ada")
    assert (welcome.roles, welcome.blobs) == (("observe", "submit"), "tcp://blobs:1")


@pytest.mark.parametrize("versions", [(), (0,), (2, 3)])
def test_who_speaks_another_version_is_told_which_is_spoken(
    shell: Shell, versions: tuple[int, ...]
) -> None:
    ada = Peer(shell, "ada", b"1", OBSERVE)
    refused = ada.ask(Hello(re=3, versions=versions, software="x"), Refused)
    assert (refused.re, refused.code) == (3, "version")
    assert "version 1 of the protocol" in refused.reason
    assert len(shell.sessions) == 0


def test_who_did_not_greet_is_asked_to_once_and_not_heard(shell: Shell) -> None:
    ada = Peer(shell, "ada", b"1", frozenset({"submit"}))
    for number in range(3):
        ada.say(Submit(re=number, jobs=(a_spec("a"),)))
    shell.daemon.turn()
    assert [(each.re, each.code) for each in ada.told() if isinstance(each, Refused)] == [
        (0, "version")
    ]
    assert shell.disk.jobs([1]) == []
    ada.ask(Hello(versions=(1,), software="x"), Welcome)
    assert ada.submit("a") == ("j1",)


def test_strangers_are_not_remembered_without_end(shell: Shell) -> None:
    for number in range(MOST_STRANGERS + 10):
        Peer(shell, "ada", b"%d" % number, OBSERVE).say(Ping())
    shell.turns(10)
    assert len(shell.sessions._strangers) == MOST_STRANGERS


def test_a_connection_of_one_key_is_not_anothers(shell: Shell) -> None:
    shell.peer("ada")
    thief = Peer(shell, "eve", b"ada", OBSERVE)
    thief.say(Submit(jobs=(a_spec("a"),)))
    shell.daemon.turn()
    assert shell.disk.jobs([1]) == []


def test_a_key_that_is_no_longer_trusted_loses_its_connections(shell: Shell) -> None:
    ada = shell.peer("ada")
    del shell.grants.known[ada.identity]
    shell.pass_time(3.0)
    shell.daemon.turn()
    assert len(shell.sessions) == 0
    assert ada.ask(Ping(re=1), Refused).code == "version"
    assert ada.ask(Hello(versions=(1,), software="x"), Refused).code == "forbidden"


def test_roles_that_were_changed_count_soon(shell: Shell) -> None:
    ada = shell.peer("ada")
    shell.grants.known[ada.identity] = Grant("ada", OBSERVE)
    shell.pass_time(3.0)
    shell.daemon.turn()
    assert ada.ask(Submit(jobs=(a_spec("a"),)), Refused).code == "forbidden"


def test_who_is_silent_for_long_is_forgotten(shell: Shell) -> None:
    ada, bob = shell.peer("ada"), shell.peer("bob")
    shell.pass_time(SILENT - 1.0)
    bob.ask(Ping(re=1), Done)
    shell.pass_time(5.0)
    shell.turns(2)
    assert len(shell.sessions) == 1
    assert ada.ask(Ping(re=1), Refused).code == "version"
    bob.ask(Ping(re=2), Done)


def test_a_key_that_connects_without_end_crowds_out_itself_alone(shell: Shell) -> None:
    bob = shell.peer("bob")
    for number in range(MOST_CONNECTIONS + 10):
        shell.pass_time(0.001)
        Peer(shell, "ada", b"%d" % number, OBSERVE).ask(Hello(versions=(1,), software=""), Welcome)
    assert len(shell.sessions) == MOST_CONNECTIONS + 1
    assert Peer(shell, "ada", b"0", OBSERVE).ask(Ping(), Refused).code == "version"
    assert Peer(shell, "ada", b"15", OBSERVE).ask(Ping(), Done)
    bob.ask(Ping(re=1), Done)
