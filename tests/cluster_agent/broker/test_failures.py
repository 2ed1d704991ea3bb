"""Jobs that fail: tried again later and elsewhere, or given up with a sentence."""

from __future__ import annotations

import pytest

from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.protocol.messages import Drain, Fault, Lease, Register, Stop
from tests.cluster_agent.broker.broker_desk import (
    FORGE,
    MILL,
    ROOT,
    Desk,
    info,
    machine,
    spec,
)

LOOM = machine("loom")


def test_a_failed_job_waits_and_is_tried_on_another_agent_first() -> None:
    desk = Desk()
    desk.arrive(MILL)
    (job,) = desk.submit()
    desk.arrive(FORGE)
    desk.ready(MILL)
    desk.fail(Lease(job=job, epoch=1), MILL)
    desk.ready(MILL)
    assert desk.states(job) == ["PENDING"]
    desk.wait(2.0, MILL, FORGE)
    assert (desk.work[-1].route, desk.states(job)) == (b"forge", ["ASSIGNED"])


def test_a_failed_job_is_tried_again_where_it_failed_if_there_is_nobody_else() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit()
    desk.fail(Lease(job=job, epoch=1))
    desk.ready()
    desk.wait(2.0, MILL)
    assert desk.work[-1].lease == Lease(job=job, epoch=2)


def test_a_failed_job_goes_back_to_where_it_failed_once_the_others_are_gone() -> None:
    desk = Desk()
    desk.arrive(MILL)
    (job,) = desk.submit()
    desk.fail(Lease(job=job, epoch=1), MILL)
    desk.tell(FORGE, Register(info=info("forge")))
    desk.ready(MILL)
    desk.wait(3.0, MILL)
    assert desk.states(job) == ["QUEUED"]
    desk.wait(8.0, MILL)
    assert (desk.work[-1].route, desk.states(job)) == (b"mill", ["ASSIGNED"])


def test_the_wait_doubles_with_every_failure_up_to_a_minute() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit(spec(attempts=100))
    waited = []
    for epoch in range(1, 9):
        desk.fail(Lease(job=job, epoch=epoch))
        desk.ready()
        since = desk.now.monotonic
        while desk.states(job) == ["PENDING"]:
            desk.wait(1.0, MILL)
        waited.append(desk.now.monotonic - since)
    assert waited == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_a_poison_job_is_given_up_after_three_agents() -> None:
    desk = Desk()
    peers = (MILL, FORGE, LOOM, machine("lathe"))
    for peer in peers:
        desk.arrive(peer)
    (job,) = desk.submit(spec(attempts=50))
    for epoch in (1, 2, 3):
        work = desk.work[-1]
        desk.fail(Lease(job=job, epoch=epoch), machine(work.route.decode()), "crashed")
        desk.wait(10.0, *peers)
    assert desk.states(job) == ["FAILED"]
    assert len({work.route for work in desk.work}) == 3
    assert "Given up after 3 failures on" in desk.job(job).error
    assert desk.broker.census().held == 0


def test_a_job_is_given_up_after_as_many_attempts_as_it_asked_for() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit(spec(attempts=2))
    for epoch in (1, 2):
        desk.fail(Lease(job=job, epoch=epoch))
        desk.ready()
        desk.wait(3.0, MILL)
    assert (desk.states(job), len(desk.work)) == (["FAILED"], 2)


@pytest.mark.parametrize(("fault", "state"), [("invalid", "FAILED"), ("blocked", "BLOCKED")])
def test_a_fault_that_trying_cannot_cure_ends_the_job_at_once(fault: Fault, state: str) -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit()
    desk.fail(desk.work[0].lease, fault=fault)
    assert (desk.states(job), desk.job(job).error) == ([state], "On mill: Broken.")


def test_where_trying_again_is_hopeless_a_failed_graph_is_told_at_once() -> None:
    desk = Desk(BrokerPolicy(hopeless=frozenset({"failed"})))
    desk.arrive()
    (failed,) = desk.submit()
    desk.fail(Lease(job=failed, epoch=1))
    assert (desk.states(failed), desk.job(failed).error) == (["FAILED"], "On mill: Broken.")


def test_what_killed_a_worker_is_tried_again_there_too() -> None:
    desk = Desk(BrokerPolicy(hopeless=frozenset({"failed"})))
    desk.arrive()
    (job,) = desk.submit()
    desk.fail(Lease(job=job, epoch=1), fault="crashed")
    assert desk.states(job) == ["PENDING"]


def test_an_agent_that_refuses_a_job_does_not_get_it_again_and_it_costs_no_attempt() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit(spec(attempts=1))
    desk.fail(desk.work[0].lease, fault="refused", seconds=0.0)
    assert desk.ready() == []
    live = desk.broker.live(1)
    assert live is not None
    assert live.reason == "Every agent that could run it has refused it."
    desk.arrive(FORGE)
    assert [work.route for work in desk.work[1:]] == [b"forge"]
    assert (desk.states(job), desk.job(job).failures) == (["ASSIGNED"], 0)


def test_an_agent_that_registers_anew_may_get_what_it_refused() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit()
    desk.fail(desk.work[0].lease, fault="refused")
    desk.arrive()
    assert desk.states(job) == ["ASSIGNED"]


def test_a_job_that_takes_longer_than_it_may_is_stopped_and_fails() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit(spec(timeout=60.0, attempts=1))
    assert desk.work[0].timeout == 60.0
    said = desk.wait(91.0, MILL)
    assert Stop(lease=desk.work[0].lease, reason="void") in said
    assert desk.states(job) == ["FAILED"]
    assert desk.job(job).charged == 90.0


def test_a_job_that_ended_in_time_is_not_overdue_later() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit(spec(timeout=60.0))
    desk.finish(desk.work[0].lease)
    desk.wait(100.0, MILL)
    assert desk.states(job) == ["COMPLETED"]


def test_a_job_that_is_cancelled_while_it_waits_for_another_try_stays_so() -> None:
    desk = Desk()
    desk.arrive()
    (job,) = desk.submit()
    desk.fail(desk.work[0].lease)
    desk.cancel(job)
    desk.wait(5.0, MILL)
    assert desk.states(job) == ["CANCELLED"]


def test_the_tier_bounds_the_time_that_a_job_may_ask_for() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec(tier="free", timeout=1e6))
    assert desk.work[0].timeout == 7200.0


def taken_down(desk: Desk, agents: int, saved: int | None = None) -> None:
    """A job takes one agent after the other down with it."""
    desk.submit(spec(steps=30))
    for number in range(agents):
        peer = machine(f"mill{number}")
        desk.arrive(peer)
        desk.report(desk.work[-1].lease, peer, step=5, steps=30, saved=saved)
        desk.wait(11.0)


def test_a_job_that_takes_its_agents_down_is_given_up() -> None:
    desk = Desk()
    taken_down(desk, 2)
    assert desk.states("j1") == ["QUEUED"]
    desk.arrive(machine("mill2"))
    desk.report(desk.work[-1].lease, machine("mill2"))
    desk.wait(11.0)
    assert desk.states("j1") == ["FAILED"]
    assert desk.job("j1").error == "Given up: mill0, mill1, mill2 were lost while they did it."


def test_a_job_that_gets_further_each_time_is_not_given_up_when_agents_are_lost() -> None:
    desk = Desk()
    taken_down(desk, 5, saved=5)
    assert desk.states("j1") == ["QUEUED"]


def test_a_job_is_given_up_when_too_many_leases_of_it_were_lost() -> None:
    desk = Desk(most_leases=4)
    taken_down(desk, 4, saved=5)
    assert desk.states("j1") == ["FAILED"]
    assert desk.job("j1").error == "Given up after 4 leases; the last one was lost."


def test_what_a_job_took_is_what_the_next_of_its_kind_is_expected_to_take() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("a", model="wan", size=9, steps=4, seconds=500.0))
    assert desk.job("j1").seconds == 500.0
    desk.finish(desk.work[0].lease, seconds=20.0)
    desk.submit(spec("b", model="wan", size=9, steps=4, seconds=500.0), spec("c"))
    assert (desk.job("j2").seconds, desk.job("j3").seconds) == (20.0, 60.0)


def test_a_job_that_goes_on_is_expected_to_take_what_is_left_and_teaches_nothing() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec(model="wan", size=9, steps=30, seconds=900.0))
    desk.report(desk.work[0].lease, seconds=100.0, step=10, steps=30, saved=10)
    desk.wait(11.0)
    assert desk.job("j1").seconds == 200.0
    desk.arrive(FORGE)
    desk.finish(desk.work[1].lease, FORGE, seconds=150.0)
    assert (desk.job("j1").charged, desk.tables.means) == (250.0, {})


def test_what_a_job_will_cost_is_known_better_with_every_step() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec(steps=30, seconds=900.0))
    assert desk.broker.charges().expected == 900.0
    desk.report(desk.work[0].lease, seconds=20.0, step=5, steps=30)
    assert desk.broker.charges().expected == 120.0
    desk.report(desk.work[0].lease, seconds=200.0, step=5, steps=30)
    assert desk.broker.charges().expected == 1200.0


def test_a_draining_agent_gets_no_work_and_may_finish_what_it_has() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("a"), spec("b"))
    desk.tell(ROOT, Drain(agent="mill", on=True))
    desk.finish(desk.work[0].lease)
    assert desk.ready() == []
    desk.arrive()
    assert desk.states("j1", "j2") == ["COMPLETED", "QUEUED"]
    desk.tell(ROOT, Drain(agent="mill", on=False))
    assert desk.states("j2") == ["ASSIGNED"]
