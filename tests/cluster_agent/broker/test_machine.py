"""A job's way from submission to its end, and who may say what."""

from __future__ import annotations

import pytest

from cluster_agent.broker.outcome import Send, SendPrefetch, SendWork
from cluster_agent.protocol.messages import (
    Cancel,
    Changed,
    Done,
    Drain,
    Lease,
    Message,
    Ping,
    Register,
    Registered,
    Submit,
    Submitted,
    Watch,
    Watching,
)
from tests.cluster_agent.broker.broker_desk import (
    ANN,
    MILL,
    RESULT,
    Desk,
    info,
    person,
    refusal,
    spec,
)


def test_a_job_is_submitted_assigned_and_finished() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit()
    lease = Lease(job="j1", epoch=1)
    assert desk.work == [SendWork(b"mill", lease, "ann", 1, 4 * 3600.0, ())]
    desk.report(lease, phase="GENERATING")
    assert desk.finish(lease) == Done(jobs=("j1",))
    assert desk.told(job) == ["QUEUED", "ASSIGNED", "GENERATING", "COMPLETED"]
    assert (desk.job(job).charged, desk.job(job).results) == (10.0, (RESULT,))


def test_one_batch_of_messages_is_one_outcome_with_each_job_once() -> None:
    desk = Desk()
    desk.arrive()
    for number in range(3):
        desk.broker.receive(ANN, Submit(re=number, jobs=(spec(f"film {number}"),)), desk.now)
    outcome = desk.broker.take_outcome()
    assert list(outcome.changes.jobs) == [1, 2, 3]
    assert [event.state for event in outcome.changes.events] == [*["QUEUED"] * 3, "ASSIGNED"]
    assert outcome.sends[:3] == [
        Send(b"ann", Submitted(re=number, jobs=(f"j{number + 1}",), known=(False,)))
        for number in range(3)
    ]
    assert [type(send) for send in outcome.sends[3:]] == [SendWork, SendPrefetch]


def test_an_outcome_is_told_once() -> None:
    desk = Desk()
    desk.submit()
    again = desk.broker.take_outcome()
    assert (again.sends, bool(again.changes)) == ([], False)


def test_an_agent_learns_its_terms_when_it_registers() -> None:
    said = Desk().tell(MILL, Register(re=3, info=info()))
    assert said == [Registered(re=3, beat=2.0, fence=7.0, lease=10.0, void=())]


def test_a_watcher_hears_of_every_state() -> None:
    desk = Desk()
    desk.arrive()
    assert desk.ask(ANN, Watch(re=7, topics=("jobs",))) == Watching(re=7, seq=0, oldest=1)
    (job,) = desk.submit()
    desk.finish(Lease(job=job, epoch=1))
    told = [event for event in desk.heard(ANN, Changed) if isinstance(event, Changed)]
    assert [(event.seq, event.state) for event in told] == [
        (1, "QUEUED"),
        (2, "ASSIGNED"),
        (3, "COMPLETED"),
    ]


@pytest.mark.parametrize(
    ("message", "roles"),
    [
        (Submit(jobs=(spec(),)), ("observe",)),
        (Cancel(jobs=("j1",)), ("observe", "agent")),
        (Watch(topics=("jobs",)), ("agent",)),
        (Drain(agent="mill", on=True), ("submit", "observe", "agent")),
        (Register(info=info()), ("submit", "observe", "admin")),
    ],
)
def test_who_lacks_a_role_is_refused(message: Message, roles: tuple[str, ...]) -> None:
    assert refusal(Desk().ask(person("eve", *roles), message)) == "forbidden"


def test_a_message_for_others_than_a_broker_is_refused() -> None:
    assert refusal(Desk().ask(ANN, Done())) == "invalid"


def test_a_ping_is_answered() -> None:
    assert Desk().ask(ANN, Ping(re=5)) == Done(re=5)


def test_jobs_are_counted_where_they_are() -> None:
    desk = Desk()
    jobs = desk.submit(spec("a"), spec("b"), spec("c"))
    desk.arrive()
    desk.cancel(jobs[2])
    assert desk.broker.census() == (3, 1, 1, 1)
