"""What the next broker knows of the last one: every acknowledged job, and who was charged what."""

from __future__ import annotations

from random import Random

import pytest

from cluster_agent.protocol.messages import Beat, Done, Lease, Register
from tests.cluster_agent.broker.broker_desk import (
    ANN,
    BOB,
    FORGE,
    MILL,
    Desk,
    checkpoint,
    info,
    machine,
    person,
    refusal,
    spec,
)


def order(desk: Desk, jobs: int, seconds: float = 10.0) -> list[str]:
    """The order in which one agent gets jobs."""
    desk.arrive()
    taken = len(desk.work)
    while len(desk.work) - taken < jobs - 1:
        desk.finish(desk.work[-1].lease, seconds=seconds)
        desk.ready()
    return [work.lease.job for work in desk.work[taken - 1 :]]


def test_waiting_jobs_are_served_in_the_order_in_which_they_would_have_been() -> None:
    orders = []
    for killed in (False, True):
        desk = Desk()
        chance = Random(7)
        for number in range(40):
            user = person(chance.choice(["ann", "bob", "cyd"]))
            tier = chance.choice(["premium", "standard", "free"])
            priority = chance.choice([0, 100])
            job = spec(f"{number}", tier=tier, priority=priority, seconds=chance.uniform(1, 90))
            desk.submit(job, peer=user)
        desk.arrive()
        for _ in range(10):
            desk.finish(desk.work[-1].lease, seconds=chance.uniform(1, 90))
            desk.ready()
        desk.finish(desk.work[-1].lease, seconds=5.0)
        if killed:
            desk.restart()
        orders.append(order(desk, 29))
    assert orders[0] == orders[1]


@pytest.mark.parametrize("tier", ["standard", "premium"])
def test_who_comes_after_a_restart_has_earned_no_credit_by_not_being_there(tier: str) -> None:
    orders = []
    for killed in (False, True):
        desk = Desk()
        desk.arrive()
        desk.submit(*[spec(f"{number}", seconds=300.0) for number in range(3)])
        for _ in range(2):
            desk.finish(desk.work[-1].lease, seconds=300.0)
            desk.ready()
        desk.finish(desk.work[-1].lease, seconds=300.0)
        if killed:
            desk.restart()
        desk.submit(*[spec(f"{n}", seconds=300.0, tier=tier) for n in range(4)], peer=BOB)
        desk.submit(*[spec(f"again {number}", seconds=300.0) for number in range(4)])
        orders.append(order(desk, 8, seconds=300.0))
    assert orders[0] == orders[1]


def test_an_agent_goes_on_over_a_restart_of_the_broker() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    lease = desk.work[0].lease
    desk.restart()
    assert refusal(desk.ask(MILL, Beat(number=9, holding=(lease,)))) == "unknown"
    desk.wait(9.0)
    desk.tell(MILL, Register(info=info(), holding=(lease,)))
    desk.wait(9.0, MILL)
    assert desk.finish(lease, seconds=21.0) == Done(jobs=("j1",))
    assert desk.told("j1") == ["QUEUED", "ASSIGNED", "COMPLETED"]
    assert desk.job("j1").charged == 21.0


def test_an_agent_that_does_not_come_back_loses_its_leases() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    desk.restart()
    desk.arrive(FORGE)
    desk.wait(10.0, FORGE)
    assert desk.work[-1].lease == Lease(job="j1", epoch=2)
    assert refusal(desk.finish(Lease(job="j1", epoch=1))) == "unknown"


def test_what_was_not_committed_never_happened() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    lease = desk.work[0].lease
    desk.broker.receive(MILL, Beat(number=10**6, holding=(lease,)), desk.now)
    desk.broker.take_outcome()
    desk.restart()
    assert desk.states("j1") == ["ASSIGNED"]


def test_a_checkpoint_reported_before_the_restart_is_used_after_it() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec(steps=30))
    desk.report(desk.work[0].lease, seconds=40.0, step=20, steps=30, saved=20)
    desk.restart()
    desk.wait(11.0)
    desk.arrive(FORGE)
    assert desk.work[-1].checkpoints == (checkpoint(20),)


def test_what_was_reported_is_written_along_with_what_comes_next() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("a"))
    desk.report(desk.work[0].lease, seconds=30.0, phase=None)
    desk.submit(spec("b"))
    desk.restart()
    desk.wait(11.0)
    assert desk.job("j1").charged == 30.0


def test_a_failed_job_is_tried_again_after_the_restart() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    desk.fail(desk.work[0].lease)
    desk.restart()
    desk.wait(2.0)
    desk.arrive(FORGE)
    assert desk.states("j1") == ["ASSIGNED"]


def test_what_was_charged_is_charged_once() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    for step in range(1, 6):
        desk.report(desk.work[0].lease, seconds=10.0 * step, step=step, steps=10, saved=step)
        desk.restart()
        desk.tell(MILL, Register(info=info(), holding=(desk.work[0].lease,)))
        charges = desk.broker.charges()
        assert abs(charges.served - charges.expected) < 1e-6
    desk.finish(desk.work[0].lease, seconds=70.0)
    assert desk.broker.charges().served == desk.job("j1").charged == 70.0


def test_a_job_kept_gpus_for_is_charged_once_though_the_broker_is_killed() -> None:
    desk = Desk()
    desk.arrive(MILL, info(gpus=2))
    desk.submit(spec("long", seconds=100.0))
    desk.submit(spec("wide", gpus=2, seconds=50.0))
    desk.restart()
    desk.tell(MILL, Register(info=info(gpus=2), holding=(desk.work[0].lease,)))
    desk.finish(desk.work[0].lease, seconds=100.0)
    desk.ready(MILL, "", "")
    desk.finish(Lease(job="j2", epoch=1), seconds=50.0)
    assert desk.broker.charges().served == 200.0


def test_jobs_of_a_tier_that_is_no_more_end_with_a_sentence() -> None:
    desk = Desk()
    desk.submit(spec(tier="free"))
    desk.submit(spec("b"))
    fair = type(desk.policy.fair)({"premium": 8.0, "standard": 3.0})
    desk.policy = type(desk.policy)(fair=fair)
    desk.restart()
    assert desk.states("j1", "j2") == ["FAILED", "QUEUED"]
    assert desk.job("j1").error == "There is no tier 'free' any more."


def test_every_number_is_given_once() -> None:
    desk = Desk()
    desk.submit(spec("a"))
    desk.cancel("j1")
    desk.restart()
    assert desk.submit(spec("b")) == ("j2",)
    assert desk.submit(spec("c"), peer=BOB) == ("j3",)


def test_the_same_events_make_the_same_outcomes() -> None:
    histories = []
    for _ in range(2):
        desk = Desk()
        chance = Random(3)
        for number in range(60):
            peer = machine(f"m{chance.randrange(4)}")
            desk.submit(spec(f"{number}", tier=chance.choice(["premium", "free"])), peer=ANN)
            if chance.random() < 0.4:
                desk.arrive(peer)
            if desk.work and chance.random() < 0.5:
                work = chance.choice(desk.work)
                desk.finish(work.lease, machine(work.route.decode()))
            desk.wait(chance.choice([0.1, 3.0]))
        histories.append(repr((desk.tables, desk.said, desk.work)))
    assert histories[0] == histories[1]
