"""Pages of jobs: whose may be seen, in whose turn, and never too large."""

from __future__ import annotations

import pytest

from cluster_agent.broker import delivery
from cluster_agent.broker.questions import MOST_WAITING
from cluster_agent.protocol.messages import (
    Assign,
    Cancel,
    Done,
    Finished,
    GetJobs,
    JobList,
    ListJobs,
    Refused,
    Report,
    Submit,
    Submitted,
)
from tests.cluster_agent.broker.shell import Shell, a_spec

PERSON = frozenset({"submit", "observe"})


@pytest.fixture
def shell() -> Shell:
    return Shell()


def keys(page: JobList) -> list[str]:
    return [job.key for job in page.jobs]


def test_people_see_their_own_jobs_and_admins_all(shell: Shell) -> None:
    ada, bob, root = shell.peer("ada", PERSON), shell.peer("bob", PERSON), shell.peer("root")
    ada.submit("a1", "a2")
    bob.submit("b1")
    assert keys(ada.ask(ListJobs(re=1), JobList)) == ["a2", "a1"]
    assert keys(ada.ask(ListJobs(re=1, user="bob"), JobList)) == []
    assert keys(ada.ask(GetJobs(re=1, jobs=("j1", "j3", "j9")), JobList)) == ["a1"]
    assert keys(root.ask(ListJobs(re=1), JobList)) == ["b1", "a2", "a1"]
    assert keys(root.ask(ListJobs(re=1, user="ada"), JobList)) == ["a2", "a1"]


def test_an_agent_may_not_look_around(shell: Shell) -> None:
    agent = shell.peer("gpu1", frozenset({"agent"}))
    refused = agent.ask(ListJobs(re=4), Refused)
    assert (refused.re, refused.code) == (4, "forbidden")


def test_a_page_shows_what_was_submitted_just_before(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.told()
    ada.say(Submit(re=1, jobs=(a_spec("a"),)), ListJobs(re=2))
    shell.daemon.turn()
    told = ada.told()
    assert [type(each) for each in told] == [Submitted, JobList]
    assert isinstance(told[1], JobList)
    assert keys(told[1]) == ["a"]


def test_a_job_shows_its_place_and_why_it_waits(shell: Shell) -> None:
    ada = shell.peer("ada")
    ada.submit("a", "b")
    later, first = ada.ask(ListJobs(), JobList).jobs
    assert (first.place, later.place) == (0, 1)
    assert first.error == "No agent is here."


def test_a_running_job_shows_how_far_it_is_and_an_ended_one_what_came_of_it(shell: Shell) -> None:
    ada, agent = shell.peer("ada"), shell.peer("gpu1")
    agent.register()
    ada.submit("a", "b")
    lease = agent.one(Assign).lease
    agent.say(Report(lease=lease, seconds=2.0, phase="GENERATING", step=3, steps=9))
    (job,) = ada.ask(GetJobs(jobs=("j1",)), JobList).jobs
    assert (job.state, job.step, job.steps, job.agent) == ("GENERATING", 3, 9, "gpu1")
    assert job.charged == 2.0
    agent.ask(Finished(lease=lease, seconds=5.0, results=()), Done)
    ada.ask(Cancel(jobs=("j2",)), Done)
    later, first = ada.ask(ListJobs(), JobList).jobs
    assert (first.state, first.charged, first.place) == ("COMPLETED", 5.0, None)
    assert first.ended is not None
    assert later.state == "CANCELLED"


def test_who_asks_too_much_is_refused_and_others_have_their_turn(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cluster_agent.broker.daemon.ANSWERING", 0.0)  # one page a turn
    ada, bob = shell.peer("ada"), shell.peer("bob")
    ada.told()
    for number in range(MOST_WAITING + 3):
        ada.say(ListJobs(re=number))
    bob.say(ListJobs(re=1))
    shell.daemon.turn()
    assert [each.code for each in ada.told() if isinstance(each, Refused)] == ["busy"] * 3
    assert shell.daemon._idle() == 0.0
    shell.daemon.turn()
    bob.one(JobList)
    shell.turns(MOST_WAITING)
    assert len(ada.told()) == MOST_WAITING - 1


def test_a_page_that_is_too_large_is_shortened(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LARGEST", 2000)
    ada = shell.peer("ada")
    ada.submit(*(f"{number}" for number in range(20)))
    page = ada.ask(ListJobs(), JobList)
    assert 0 < len(page.jobs) < 20
    assert keys(page)[0] == "19"
