"""What people may do to their jobs: cancel, pause, order, retry, and make one wait for another."""

from __future__ import annotations

import pytest

from cluster_agent.protocol.messages import (
    Cancel,
    Done,
    Lease,
    Move,
    Pause,
    Resume,
    Retry,
    Stop,
    Submit,
)
from tests.cluster_agent.broker.broker_desk import (
    ANN,
    BOB,
    FORGE,
    ROOT,
    Desk,
    refusal,
    spec,
)


def served(desk: Desk, times: int) -> list[str]:
    """The jobs that one agent gets, one after the other."""
    desk.arrive()
    for _ in range(times - 1):
        desk.finish(desk.work[-1].lease)
        desk.ready()
    return [work.lease.job for work in desk.work]


# Cancel


def test_a_waiting_job_is_cancelled_at_once() -> None:
    desk = Desk()
    desk.submit()
    assert desk.cancel("j1") == [Done(jobs=("j1",))]
    assert desk.states("j1") == ["CANCELLED"]
    assert served(desk, 1) == []


def test_a_running_job_is_stopped_and_charged_what_it_used() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    lease = desk.work[0].lease
    assert desk.cancel("j1") == [Stop(lease=lease, reason="cancel"), Done(jobs=("j1",))]
    assert desk.states("j1") == ["ASSIGNED"]
    assert desk.stopped(lease, seconds=4.0) == Done(jobs=("j1",))
    assert (desk.states("j1"), desk.job("j1").charged) == (["CANCELLED"], 4.0)


def test_a_cancelled_job_whose_result_comes_first_is_cancelled_all_the_same() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    desk.cancel("j1")
    assert desk.finish(desk.work[0].lease) == Done(jobs=("j1",))
    assert (desk.states("j1"), desk.job("j1").results) == (["CANCELLED"], ())


def test_a_cancelled_job_whose_agent_dies_is_cancelled() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    desk.cancel("j1")
    desk.restart()
    desk.wait(11.0)
    assert desk.states("j1") == ["CANCELLED"]


def test_a_cancelled_job_that_fails_is_not_tried_again() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    desk.cancel("j1")
    desk.fail(desk.work[0].lease)
    assert desk.states("j1") == ["CANCELLED"]


def test_cancelling_what_has_ended_changes_nothing() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    desk.finish(desk.work[0].lease)
    assert desk.cancel("j1") == [Done(jobs=("j1",))]
    assert desk.states("j1") == ["COMPLETED"]


@pytest.mark.parametrize("kind", [Cancel, Pause, Resume, Retry])
def test_the_jobs_of_others_are_as_if_they_were_not_there(kind: type[Cancel]) -> None:
    desk = Desk()
    desk.submit(spec("a"), spec("b"))
    desk.submit(spec("c"), peer=BOB)
    for ids in (("j3",), ("j1", "j3"), ("j99",)):
        assert refusal(desk.ask(ANN, kind(jobs=ids))) == "unknown"
    assert desk.states("j1", "j2", "j3") == ["QUEUED"] * 3


def test_an_admin_may_cancel_the_jobs_of_anybody() -> None:
    desk = Desk()
    desk.submit()
    desk.cancel("j1", peer=ROOT)
    assert desk.states("j1") == ["CANCELLED"]


# Pause and order


def test_a_paused_job_waits_until_it_is_resumed() -> None:
    desk = Desk()
    desk.submit(spec("a"), spec("b"))
    desk.tell(ANN, Pause(jobs=("j1",)))
    assert desk.states("j1") == ["PENDING"]
    assert served(desk, 1) == ["j2"]
    desk.tell(ANN, Resume(jobs=("j1",)))
    desk.finish(desk.work[0].lease)
    desk.ready()
    assert desk.states("j1") == ["ASSIGNED"]


def test_a_running_job_that_is_paused_goes_on_from_its_checkpoint_later() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec(steps=30))
    lease = desk.work[0].lease
    assert Stop(lease=lease, reason="pause") in desk.tell(ANN, Pause(jobs=("j1",)))
    desk.report(lease, step=20, steps=30, saved=20)
    desk.stopped(lease)
    assert desk.states("j1") == ["PENDING"]
    desk.ready()
    desk.tell(ANN, Resume(jobs=("j1",)))
    assert [each.step for each in desk.work[1].checkpoints] == [20]


def test_a_job_resumed_before_it_has_stopped_is_queued_again() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    desk.tell(ANN, Pause(jobs=("j1",)), Resume(jobs=("j1",)))
    desk.stopped(desk.work[0].lease)
    assert desk.states("j1") == ["QUEUED"]


def test_a_pause_outlives_the_broker() -> None:
    desk = Desk()
    desk.submit()
    desk.tell(ANN, Pause(jobs=("j1",)))
    desk.restart()
    assert desk.states("j1") == ["PENDING"]
    desk.tell(ANN, Resume(jobs=("j1",)))
    assert desk.states("j1") == ["QUEUED"]


def test_priorities_count_among_the_jobs_of_a_user() -> None:
    desk = Desk()
    desk.submit(spec("low"), spec("high", priority=1), spec("urgent", priority=0))
    assert served(desk, 3) == ["j3", "j2", "j1"]


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize(
    ("index", "order"),
    [
        (0, ["j3", "j4", "j1", "j2"]),
        (1, ["j1", "j3", "j4", "j2"]),
        (None, ["j1", "j2", "j3", "j4"]),
    ],
)
def test_jobs_are_moved_among_their_equals(
    index: int | None, order: list[str], killed: bool
) -> None:
    desk = Desk()
    desk.submit(*[spec(key) for key in "abcd"])
    assert desk.ask(ANN, Move(jobs=("j3", "j4"), index=index)) == Done(jobs=("j3", "j4"))
    if killed:
        desk.restart()
    assert served(desk, 4) == order


def test_jobs_of_unlike_priority_cannot_be_moved_together() -> None:
    desk = Desk()
    desk.submit(spec("a"), spec("b", priority=1))
    assert refusal(desk.ask(ANN, Move(jobs=("j1", "j2"), index=0))) == "invalid"


def test_a_running_job_cannot_be_moved() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    assert refusal(desk.ask(ANN, Move(jobs=("j1",), index=0))) == "invalid"


# Retry


def test_a_failed_job_is_tried_anew_with_its_checkpoints() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec(steps=30))
    desk.report(desk.work[0].lease, step=10, steps=30, saved=10)
    desk.fail(desk.work[0].lease, fault="invalid")
    assert desk.ask(ANN, Retry(jobs=("j1",))) == Done(jobs=("j1",))
    desk.ready()
    assert desk.work[-1].lease == Lease(job="j1", epoch=2)
    assert [each.step for each in desk.work[-1].checkpoints] == [10]
    assert (desk.job("j1").error, desk.job("j1").failures) == ("", 0)


def test_a_job_that_failed_under_an_earlier_broker_can_be_retried() -> None:
    desk = Desk()
    desk.arrive()
    desk.submit()
    desk.fail(desk.work[0].lease, fault="invalid")
    desk.restart()
    desk.tell(ANN, Retry(jobs=("j1",)))
    assert desk.states("j1") == ["QUEUED"]
    census = desk.broker.census()
    assert census.submitted == census.waiting + census.held + census.ended == 1


@pytest.mark.parametrize("end", ["waits", "done"])
def test_only_a_job_that_ended_badly_is_retried(end: str) -> None:
    desk = Desk()
    desk.submit()
    if end == "done":
        desk.arrive()
        desk.finish(desk.work[0].lease)
    assert refusal(desk.ask(ANN, Retry(jobs=("j1",)))) == "invalid"


# Dependencies


def test_a_job_waits_for_those_it_comes_after() -> None:
    desk = Desk()
    desk.submit(spec("a"), spec("b"), spec("c", after=("a", "b")))
    assert desk.states("j3") == ["PENDING"]
    desk.arrive()
    for _ in range(2):
        desk.finish(desk.work[-1].lease)
        desk.ready()
    assert [work.lease.job for work in desk.work] == ["j1", "j2", "j3"]


@pytest.mark.parametrize("name", ["a", "j1"])
def test_a_job_is_named_by_its_key_or_its_id(name: str) -> None:
    desk = Desk()
    desk.submit(spec("a"))
    desk.submit(spec("b", after=(name,)))
    assert desk.states("j2") == ["PENDING"]


@pytest.mark.parametrize("killed", [False, True])
def test_what_comes_after_a_finished_job_need_not_wait(killed: bool) -> None:
    desk = Desk()
    desk.arrive()
    desk.submit(spec("a"))
    desk.finish(desk.work[0].lease)
    if killed:
        desk.restart()
    desk.submit(spec("b", after=("a",)))
    assert desk.states("j2") == ["QUEUED"]


def test_what_comes_after_a_job_that_ends_badly_fails_with_it() -> None:
    desk = Desk()
    desk.submit(spec("a"), spec("b", after=("a",)), spec("c", after=("b", "a")))
    desk.cancel("j1")
    assert desk.states("j1", "j2", "j3") == ["CANCELLED", "FAILED", "FAILED"]
    assert desk.job("j2").error == "Job j1, which it comes after, ended as CANCELLED."
    desk.submit(spec("d", after=("a",)))
    assert desk.states("j4") == ["FAILED"]


def test_a_long_chain_fails_without_trouble() -> None:
    desk = Desk()
    desk.submit(spec("0"), *[spec(f"{n}", after=(f"{n - 1}",)) for n in range(1, 1000)])
    desk.cancel("j1")
    assert {job.state for job in desk.tables.jobs.values()} == {"CANCELLED", "FAILED"}


def test_dependencies_outlive_the_broker() -> None:
    desk = Desk()
    desk.submit(spec("a"), spec("b", after=("a",)))
    desk.restart()
    desk.arrive()
    assert desk.states("j2") == ["PENDING"]
    desk.finish(desk.work[0].lease)
    assert desk.states("j2") == ["QUEUED"]


@pytest.mark.parametrize("after", ["nobody", "j77", "later", "self"])
def test_a_job_cannot_come_after_what_is_not_there_yet(after: str) -> None:
    desk = Desk()
    jobs = (spec("self", after=(after,)), spec("later"))
    assert refusal(desk.ask(ANN, Submit(jobs=jobs))) in ("invalid", "unknown")
    assert desk.tables.jobs == {}


def test_a_job_cannot_come_after_that_of_another_user() -> None:
    desk = Desk()
    desk.submit(spec("a"), peer=BOB)
    assert refusal(desk.ask(ANN, Submit(jobs=(spec("b", after=("j1",)),)))) == "unknown"


def test_a_retried_job_waits_again_for_what_was_retried_before_it() -> None:
    desk = Desk()
    desk.submit(spec("a"), spec("b", after=("a",)))
    desk.cancel("j1")
    desk.tell(ANN, Retry(jobs=("j1", "j2")))
    assert desk.states("j1", "j2") == ["QUEUED", "PENDING"]
    desk.arrive(FORGE)
    desk.finish(desk.work[0].lease, FORGE)
    assert desk.states("j1", "j2") == ["COMPLETED", "QUEUED"]
