"""A job that has waited long enough makes another one stop at its checkpoint."""

from __future__ import annotations

from cluster_agent.protocol.messages import Lease, PauseFlow, Stop
from tests.cluster_agent.broker.broker_desk import (
    BOB,
    FORGE,
    MILL,
    ROOT,
    Desk,
    spec,
)


def busy(saved: int | None = 10, seconds: float = 61.0) -> Desk:
    """An agent has worked on a free job for a minute; a premium job has waited as long."""
    desk = Desk()
    desk.arrive()
    desk.submit(spec("long", tier="free", steps=30, seconds=1000.0))
    desk.submit(spec("urgent", tier="premium"), peer=BOB)
    desk.wait(seconds - 1.0, MILL)
    desk.report(desk.work[0].lease, seconds=seconds, step=10, steps=30, saved=saved)
    return desk


STOP = Stop(lease=Lease(job="j1", epoch=1), reason="preempt")


def test_a_premium_job_that_waited_long_enough_displaces_a_free_one() -> None:
    desk = busy()
    assert STOP in desk.wait(2.0, MILL)
    desk.stopped(STOP.lease, seconds=63.0)
    assert desk.states("j1", "j2") == ["QUEUED", "QUEUED"]
    assert [work.lease.job for work in desk.ready()] == ["j2"]
    assert (desk.job("j1").preempted, desk.job("j1").charged) == (1, 63.0)


def test_the_room_made_is_not_taken_again_by_the_job_whose_model_is_warm_there() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("earlier", tier="premium", seconds=160.0), peer=BOB)
    desk.finish(desk.work[0].lease, seconds=160.0)
    desk.submit(spec("long", tier="free", model="wan", steps=30, seconds=1000.0))
    desk.ready()
    desk.submit(spec("urgent", tier="premium", model="ltx"), peer=BOB)
    desk.wait(61.0, MILL)
    desk.report(desk.work[1].lease, seconds=61.0, step=10, steps=30, saved=10)
    desk.wait(2.0, MILL)
    desk.stopped(desk.work[1].lease, seconds=63.0)
    assert [work.lease.job for work in desk.ready(MILL, "wan")] == ["j3"]


def test_a_displaced_job_goes_on_from_its_checkpoint() -> None:
    desk = busy()
    desk.wait(2.0, MILL)
    desk.stopped(STOP.lease)
    desk.ready()
    desk.arrive(FORGE)
    assert [each.step for each in desk.work[-1].checkpoints] == [10]


def test_a_job_without_a_recent_checkpoint_is_left_alone() -> None:
    assert STOP not in busy(saved=None).wait(30.0, MILL)


def test_a_job_whose_checkpoint_is_old_is_left_alone() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("long", tier="free", steps=30, seconds=1000.0))
    desk.report(desk.work[0].lease, step=10, steps=30, saved=10)
    desk.wait(100.0, MILL)
    desk.submit(spec("urgent", tier="premium"), peer=BOB)
    assert STOP not in desk.wait(60.0, MILL)


def test_a_job_that_has_just_started_is_left_alone() -> None:
    assert STOP not in busy(seconds=40.0).wait(10.0, MILL)


def test_a_job_is_displaced_twice_at_most() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("long", tier="free", steps=30, seconds=1000.0))
    displaced = []
    for epoch in (1, 2, 3):
        lease = desk.work[-1].lease
        assert lease == Lease(job="j1", epoch=epoch)
        (urgent,) = desk.submit(spec(f"urgent {epoch}", tier="premium", seconds=1.0), peer=BOB)
        desk.wait(60.0, MILL)
        desk.report(lease, seconds=60.0, step=10 + epoch, steps=30, saved=10 + epoch)
        displaced.append(Stop(lease=lease, reason="preempt") in desk.wait(2.0, MILL))
        if displaced[-1]:
            desk.stopped(lease, seconds=62.0)
            desk.ready()
            assert desk.work[-1].lease.job == urgent
            desk.finish(desk.work[-1].lease, seconds=1.0)
            desk.ready()
    assert displaced == [True, True, False]


def test_nobody_is_displaced_where_something_is_free() -> None:
    desk = busy()
    desk.arrive(FORGE)
    assert STOP not in desk.wait(30.0, MILL, FORGE)
    assert desk.states("j2") == ["ASSIGNED"]


def test_nobody_is_displaced_for_a_tier_that_is_paused() -> None:
    desk = busy()
    desk.tell(ROOT, PauseFlow(tier="premium", user=None, on=True))
    assert STOP not in desk.wait(30.0, MILL)


def test_nobody_is_displaced_where_the_room_would_go_to_another() -> None:
    """The premium tier has had its share: the standard job is next."""
    desk = Desk()
    desk.arrive()
    desk.submit(spec("long", tier="free", steps=30, seconds=9000.0))
    desk.arrive(FORGE)
    desk.submit(spec("earlier", tier="premium", seconds=8000.0), peer=BOB)
    desk.submit(spec("next"))
    desk.submit(spec("urgent", tier="premium"), peer=BOB)
    desk.wait(60.0, MILL, FORGE)
    desk.report(desk.work[0].lease, seconds=61.0, step=10, steps=30, saved=10)
    assert STOP not in desk.wait(10.0, MILL, FORGE)
    desk.cancel("j3")
    assert STOP in desk.wait(2.0, MILL, FORGE)


def test_nobody_is_displaced_for_a_tier_that_may_not() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("long", tier="free", steps=30, seconds=1000.0))
    desk.submit(spec("also", tier="standard"), peer=BOB)
    desk.wait(60.0, MILL)
    desk.report(desk.work[0].lease, seconds=61.0, step=10, steps=30, saved=10)
    assert STOP not in desk.wait(30.0, MILL)
