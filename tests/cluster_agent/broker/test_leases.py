"""Leases: who may work on what, for how long, and that nobody else's word counts."""

from __future__ import annotations

import pytest

from cluster_agent.broker.outcome import Now, SendWork
from cluster_agent.protocol.messages import (
    Beat,
    Beaten,
    Done,
    Finished,
    Lease,
    Message,
    Ready,
    Refused,
    Register,
    Registered,
    Report,
    Started,
    Stop,
    Stopped,
)
from tests.cluster_agent.broker.broker_desk import (
    ANN,
    FORGE,
    MILL,
    RESULT,
    Desk,
    checkpoint,
    info,
    machine,
    refusal,
    spec,
)


def working(key: str = "film", **more: object) -> tuple[Desk, Lease]:
    """A desk with one agent that works on one job."""
    desk = Desk()
    desk.arrive()
    desk.submit(spec(key, **more))
    return desk, desk.work[0].lease


def test_a_lease_ends_ten_seconds_after_the_last_beat() -> None:
    desk, lease = working()
    desk.wait(8.0)
    desk.beat(MILL, lease)
    desk.wait(9.5)
    assert desk.states("j1") == ["ASSIGNED"]
    desk.wait(0.5)
    assert desk.states("j1") == ["QUEUED"]


def test_the_machine_says_when_a_lease_ends() -> None:
    desk, _ = working()
    desk.wait(9.5)
    assert desk.broker.due() == desk.now.monotonic + 0.5


def test_an_old_or_repeated_beat_prolongs_nothing() -> None:
    desk, lease = working()
    beat = Beat(number=50, holding=(lease,))
    desk.tell(MILL, beat)
    desk.wait(5.0)
    assert desk.tell(MILL, beat) == [Beaten(number=50)]
    assert desk.tell(MILL, Beat(number=49, holding=(lease,))) == []
    desk.wait(5.0)
    assert desk.states("j1") == ["QUEUED"]


def test_a_job_whose_agent_died_goes_on_elsewhere_from_its_checkpoint() -> None:
    desk, lease = working(steps=30, model="wan")
    desk.report(lease, seconds=40.0, step=20, steps=30, saved=20)
    desk.arrive(FORGE)
    desk.wait(11.0, FORGE)
    assert desk.work[1:] == [
        SendWork(b"forge", Lease(job="j1", epoch=2), "ann", desk.work[1].ready, 14400.0,
                 (checkpoint(20),))
    ]  # fmt: skip
    assert desk.job("j1").charged == 40.0


def test_a_job_whose_agent_died_goes_before_its_equals() -> None:
    desk, _ = working()
    desk.submit(spec("second"))
    desk.wait(11.0)
    desk.arrive(FORGE)
    assert desk.work[-1].lease == Lease(job="j1", epoch=2)


@pytest.mark.parametrize(
    "word",
    [
        Started(re=9, lease=Lease(job="j1", epoch=1)),
        Report(re=9, lease=Lease(job="j1", epoch=1), seconds=90.0, checkpoint=checkpoint(9)),
        Finished(re=9, lease=Lease(job="j1", epoch=1), seconds=90.0, results=(RESULT,)),
        Stopped(re=9, lease=Lease(job="j1", epoch=1), seconds=90.0),
    ],
)
def test_what_a_fenced_agent_says_too_late_changes_nothing(word: Message) -> None:
    """It was stopped for a while (SIGSTOP), and its job is done elsewhere."""
    desk, _ = working()
    desk.arrive(FORGE)
    desk.wait(11.0, FORGE)
    desk.arrive(MILL)
    before = repr(desk.tables)
    said = desk.tell(MILL, word)
    assert isinstance(said[0], Refused)
    assert (said[0].re, said[0].code) == (9, "stale")
    assert repr(desk.tables) == before
    desk.finish(Lease(job="j1", epoch=2), FORGE)
    assert desk.job("j1").charged == 10.0


def test_who_reports_on_a_lost_lease_is_told_to_stop() -> None:
    desk, lease = working()
    desk.cancel("j1")
    desk.stopped(lease)
    assert desk.report(lease)[1:] == [Stop(lease=lease, reason="void")]


def test_an_agent_that_nobody_knows_is_told_to_register() -> None:
    assert refusal(Desk().ask(MILL, Beat(number=1, holding=()))) == "unknown"


def test_a_beat_learns_which_leases_are_void() -> None:
    desk, lease = working()
    alien = Lease(job="j9", epoch=1)
    assert desk.beat(MILL, lease, alien) == [Beaten(number=desk.number() - 1, void=(alien,))]


def test_an_agent_that_reconnects_keeps_what_it_holds() -> None:
    desk, lease = working()
    alien = Lease(job="j1", epoch=7)
    again = machine("mill", route="mill, again")
    said = desk.tell(again, Register(info=info(), holding=(lease, alien)))
    assert said == [Registered(beat=2.0, fence=7.0, lease=10.0, void=(alien,))]
    assert desk.finish(lease, again) == Done(jobs=("j1",))


def test_of_two_agents_with_one_key_the_newer_one_counts() -> None:
    desk, lease = working()
    newer = machine("mill", route="another machine")
    desk.tell(newer, Register(info=info()))
    assert desk.states("j1") == ["QUEUED"]
    assert refusal(desk.ask(MILL, Beat(number=500, holding=(lease,)))) == "stale"
    assert refusal(desk.finish(lease, MILL)) == "stale"
    assert [work.lease for work in desk.ready(newer)] == [Lease(job="j1", epoch=2)]
    assert desk.states("j1") == ["ASSIGNED"]


def test_one_key_is_one_agent_under_whatever_name() -> None:
    desk, _ = working()
    desk.tell(machine("mill", route="elsewhere"), Register(info=info("other")))
    assert desk.states("j1") == ["QUEUED"]
    assert refusal(desk.finish(Lease(job="j1", epoch=1), MILL)) != ""


def test_the_name_of_an_agent_that_is_here_cannot_be_taken_with_another_key() -> None:
    desk, lease = working()
    thief = machine("thief")
    assert refusal(desk.ask(thief, Register(info=info("mill"), holding=(lease,)))) == "forbidden"
    assert refusal(desk.finish(lease, thief)) == "unknown"


def test_the_name_of_an_agent_that_is_gone_may_be_taken() -> None:
    desk, _ = working()
    desk.wait(11.0)
    desk.arrive(machine("heir"), info("mill"))
    assert desk.states("j1") == ["ASSIGNED"]


def test_a_connection_cannot_speak_for_an_agent_with_another_key() -> None:
    desk, lease = working()
    forged = MILL._replace(identity="key of eve")
    assert refusal(desk.finish(lease, forged)) == "unknown"
    assert desk.states("j1") == ["ASSIGNED"]


def test_one_agent_cannot_speak_for_the_lease_of_another() -> None:
    desk, lease = working()
    desk.arrive(FORGE)
    assert refusal(desk.finish(lease, FORGE)) == "stale"
    assert desk.states("j1") == ["ASSIGNED"]


def test_work_that_never_arrived_is_given_again_after_a_while() -> None:
    """The Assign was dropped: the agent beats on, and does not list the lease."""
    desk, _ = working()
    desk.wait(4.0)
    desk.beat(MILL)
    assert desk.states("j1") == ["ASSIGNED"]
    desk.wait(2.0)
    desk.beat(MILL)
    assert desk.states("j1") == ["QUEUED"]
    assert [work.lease for work in desk.ready()] == [Lease(job="j1", epoch=2)]


def test_a_result_sent_twice_counts_once() -> None:
    desk, lease = working()
    desk.finish(lease)
    before = repr(desk.tables)
    assert desk.finish(lease) == Done(jobs=("j1",))
    assert repr(desk.tables) == before


def test_a_result_sent_again_to_the_next_broker_counts_once() -> None:
    desk, lease = working()
    desk.finish(lease)
    desk.restart()
    desk.arrive()
    before = repr(desk.tables)
    assert desk.finish(lease) == Done(jobs=("j1",))
    assert repr(desk.tables) == before


def test_another_result_for_a_finished_job_is_refused() -> None:
    desk, lease = working()
    desk.finish(lease)
    other = RESULT.model_copy(update={"digest": "b" * 64})
    answer = desk.ask(MILL, Finished(lease=lease, seconds=1.0, results=(other,)))
    assert refusal(answer) == "stale"
    assert desk.job("j1").results == (RESULT,)


def test_reports_that_overtake_each_other_never_lower_the_charge() -> None:
    desk, lease = working()
    desk.report(lease, seconds=30.0)
    desk.report(lease, seconds=20.0)
    desk.wait(11.0)
    assert desk.job("j1").charged == 30.0


def test_free_gpus_are_counted_once_though_ready_overtakes_finished() -> None:
    desk, lease = working()
    desk.submit(spec("next"))
    assert desk.ready(MILL) == []
    desk.finish(lease)
    assert [work.lease for work in desk.work[1:]] == [Lease(job="j2", epoch=1)]


def test_an_old_word_of_what_is_free_counts_for_nothing() -> None:
    desk = Desk()
    desk.tell(MILL, Register(info=info()), Ready(number=5, free=()), Ready(number=4, free=("",)))
    desk.submit()
    assert desk.work == []


def test_the_wall_clock_decides_nothing() -> None:
    """It jumps an hour forward and two back."""
    desk, lease = working(key="a")
    desk.arrive(FORGE)
    desk.submit(spec("b"))
    desk.fail(desk.work[1].lease, FORGE)
    for wall in (3600.0, -7200.0):
        desk.now = Now(desk.now.monotonic, desk.now.wall + wall)
        desk.broker.tick(desk.now)
        desk.settle()
        assert desk.states("j1", "j2") == ["ASSIGNED", "PENDING"]
    desk.wait(2.0)
    assert desk.states("j1", "j2") == ["ASSIGNED", "QUEUED"]
    assert desk.finish(lease) == Done(jobs=("j1",))


def test_a_lost_connection_gets_no_work_but_keeps_its_leases() -> None:
    desk, lease = working()
    desk.broker.gone(MILL.route, desk.now)
    desk.submit(spec("next"))
    assert desk.states("j1", "j2") == ["ASSIGNED", "QUEUED"]
    desk.tell(MILL, Register(info=info(), holding=(lease,)))
    assert desk.finish(lease) == Done(jobs=("j1",))


def test_a_stop_that_got_lost_is_said_again_with_the_next_beat() -> None:
    desk, lease = working()
    stop = Stop(lease=lease, reason="cancel")
    assert stop in desk.cancel("j1", peer=ANN)
    assert stop in desk.beat(MILL, lease)


def test_a_stop_that_got_lost_with_the_broker_is_said_by_the_next_one() -> None:
    desk, lease = working()
    desk.cancel("j1")
    desk.restart()
    desk.tell(MILL, Register(info=info(), holding=(lease,)))
    assert Stop(lease=lease, reason="cancel") in desk.beat(MILL, lease)


def test_work_that_a_slow_disk_kept_from_its_agent_has_not_been_lost() -> None:
    """Its Assign went out when it was on the disk; until then the agent could not list it."""
    desk, _ = working()
    desk.now = Now(desk.now.monotonic + 6.0, desk.now.wall + 6.0)
    desk.beat(MILL)
    assert desk.states("j1") == ["ASSIGNED"]
    desk.wait(6.0)
    desk.beat(MILL)
    assert desk.states("j1") == ["QUEUED"]


def test_a_broker_that_was_asleep_ends_no_lease_for_the_beats_it_did_not_hear() -> None:
    """It was stopped for a minute (SIGSTOP); the agents' beats are still on their way to it."""
    desk, _ = working()
    desk.now = Now(desk.now.monotonic + 60.0, desk.now.wall + 60.0)
    desk.broker.tick(desk.now)
    desk.settle()
    assert desk.states("j1") == ["ASSIGNED"]
    desk.wait(10.0)
    assert desk.states("j1") == ["QUEUED"]
