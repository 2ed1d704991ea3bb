"""What a user may ask for: how much, how often, and the same thing twice."""

from __future__ import annotations

from cluster_agent.protocol.messages import (
    Done,
    GetStatus,
    PauseFlow,
    Ping,
    SetTerms,
    Status,
    Submit,
    Submitted,
)
from tests.cluster_agent.broker.broker_desk import (
    ANN,
    BOB,
    MILL,
    ROOT,
    Desk,
    info,
    refusal,
    spec,
)


def test_the_same_key_is_the_same_job() -> None:
    desk = Desk()
    again = Submit(re=2, jobs=(spec("a"), spec("b"), spec("b")))
    desk.submit(spec("a"))
    assert desk.ask(ANN, again) == Submitted(
        re=2, jobs=("j1", "j2", "j2"), known=(True, False, True)
    )
    desk.restart()
    assert desk.ask(ANN, again) == Submitted(
        re=2, jobs=("j1", "j2", "j2"), known=(True, True, True)
    )
    assert len(desk.tables.jobs) == 2


def test_keys_of_different_users_are_different() -> None:
    desk = Desk()
    desk.submit(spec("a"))
    assert desk.submit(spec("a"), peer=BOB) == ("j2",)


def test_a_key_may_be_used_again_once_its_job_is_forgotten() -> None:
    desk = Desk()
    desk.submit(spec("a"))
    desk.cancel("j1")
    desk.broker.forgot(desk.store.forget(desk.now.wall + 1.0, 1000, 100))
    assert desk.submit(spec("a")) == ("j2",)


def test_all_jobs_of_a_message_are_queued_or_none() -> None:
    desk = Desk()
    answer = desk.ask(ANN, Submit(jobs=(spec("a"), spec("b", tier="gold"))))
    assert refusal(answer) == "invalid"
    assert (desk.tables.jobs, desk.tables.specs) == ({}, {})


def test_only_so_many_jobs_of_a_user_may_wait_in_a_tier() -> None:
    desk = Desk(queued=2)
    desk.submit(spec("a"), spec("b"))
    assert refusal(desk.ask(ANN, Submit(jobs=(spec("c"),)))) == "quota"
    desk.submit(spec("d", tier="free"))
    desk.submit(spec("e"), peer=BOB)
    desk.cancel("j1")
    desk.submit(spec("c"))


def test_an_admin_may_allow_a_user_more_and_it_outlives_the_broker() -> None:
    desk = Desk(queued=1)
    terms = SetTerms(tier="standard", user="ann", weight=2.0, slots=1, cost=None, queued=3)
    assert desk.ask(ROOT, terms) == Done()
    desk.restart()
    desk.submit(spec("a"), spec("b"), spec("c"))
    assert refusal(desk.ask(ANN, Submit(jobs=(spec("d"),)))) == "quota"
    desk.arrive(MILL, info(gpus=4))
    assert desk.states("j1", "j2", "j3") == ["ASSIGNED", "QUEUED", "QUEUED"]


def test_a_flood_is_refused_and_does_not_touch_others() -> None:
    desk = Desk(rate=10.0, burst=20.0)
    answers = [desk.ask(ANN, Ping(re=number)) for number in range(30)]
    assert answers[:20] == [Done(re=number) for number in range(20)]
    assert {refusal(answer) for answer in answers[20:]} == {"busy"}
    assert desk.ask(BOB, Ping()) == Done()
    desk.wait(1.0)
    assert [type(desk.ask(ANN, Ping())) for _ in range(11)] == [Done] * 10 + [type(answers[-1])]


def test_a_job_counts_as_a_message() -> None:
    desk = Desk(rate=10.0, burst=20.0)
    desk.submit(*[spec(f"{number}") for number in range(40)])
    assert refusal(desk.ask(ANN, Ping())) == "busy"
    desk.wait(2.0)
    assert refusal(desk.ask(ANN, Ping())) == "busy"
    desk.wait(1.0)
    assert desk.ask(ANN, Ping()) == Done()


def test_agents_are_not_held_up_by_what_people_send() -> None:
    desk = Desk(rate=1.0, burst=1.0)
    desk.arrive()
    for _ in range(50):
        assert desk.beat() != []


def test_a_paused_tier_starts_nothing_until_it_goes_on() -> None:
    desk = Desk()
    desk.tell(ROOT, PauseFlow(tier="standard", user=None, on=True))
    desk.submit()
    desk.restart()
    desk.arrive()
    assert desk.work == []
    desk.tell(ROOT, PauseFlow(tier="standard", user=None, on=False))
    assert desk.states("j1") == ["ASSIGNED"]


def test_a_paused_user_starts_nothing_while_others_do() -> None:
    desk = Desk()
    desk.tell(ROOT, PauseFlow(tier="standard", user="ann", on=True))
    desk.submit()
    desk.submit(peer=BOB)
    desk.arrive(MILL, info(gpus=2))
    assert desk.states("j1", "j2") == ["QUEUED", "ASSIGNED"]


def test_terms_for_a_tier_that_is_not_there_are_refused() -> None:
    desk = Desk()
    terms = SetTerms(tier="gold", user="ann", weight=2.0, slots=1, cost=None)
    assert refusal(desk.ask(ROOT, terms)) == "invalid"
    assert refusal(desk.ask(ROOT, PauseFlow(tier="gold", user=None, on=True))) == "invalid"


def test_the_counters_say_what_was_served() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    desk.finish(desk.work[0].lease, seconds=12.0)
    status = desk.ask(ANN, GetStatus())
    assert isinstance(status, Status)
    counters = status.counters
    assert (counters["jobs.COMPLETED"], counters["served.standard"]) == (1.0, 12.0)
    assert counters["agents.online"] == 1.0
