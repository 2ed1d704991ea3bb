"""The agent's machine: events in, instructions out."""

from __future__ import annotations

from pathlib import Path

from cluster_agent.agent import news
from cluster_agent.agent.instructions import (
    Cancel,
    Deliver,
    Drop,
    Fetch,
    Forget,
    Kill,
    Prepare,
    Push,
    Run,
    Say,
    Start,
)
from cluster_agent.protocol.messages import (
    Done,
    Failed,
    Finished,
    Hello,
    Prefetch,
    Ready,
    Refused,
    Register,
    Report,
    Started,
    Stopped,
    Welcome,
)
from tests.cluster_agent.agent.desk import (
    FINGERPRINT,
    RESULT,
    Desk,
    all_said,
    checkpoint,
    kept,
    lease,
    said,
    spec,
    told,
    without_words,
)

# Beginning


def test_it_begins_by_starting_its_workers_and_greeting() -> None:
    desk = Desk(gpus=2)
    first = desk.after(0.0)
    assert without_words(first) == [Start(0), Start(1)]
    assert said(first, Hello).versions == (1,)


def test_it_registers_when_it_is_welcomed_and_offers_the_workers_that_are_up() -> None:
    desk = Desk(gpus=2)
    assert said(desk.register(), Ready).free == ()
    assert said(desk.learns(news.WorkerUp(1)), Ready).free == ("",)
    assert said(desk.learns(news.WorkerUp(0)), Ready).free == ("", "")


def test_a_greeting_that_nobody_answers_is_repeated_with_growing_patience() -> None:
    desk = Desk()
    desk.after(0.0)
    greeted = []
    for _ in range(40):
        if all_said(desk.after(0.5), Hello):
            greeted.append(desk.now - 1000)
    assert greeted == [1.0, 3.0, 7.0, 15.0]


def test_it_greets_as_soon_as_the_line_stands() -> None:
    desk = Desk()
    for _ in range(40):
        desk.after(0.5)
    desk.agent.joined(desk.now)
    assert all_said(desk.after(0.0), Hello)
    assert all_said(desk.after(1.0), Hello)  # with the patience of the beginning


def test_a_welcome_to_an_older_greeting_is_not_taken_for_an_answer() -> None:
    desk = Desk()
    first = said(desk.after(0.0), Hello)
    desk.after(1.0)
    welcome = Welcome(re=first.re, version=1, broker="b", user="u", roles=(), blobs="", largest=1)
    assert desk.hears(welcome) == []


# Doing a job


def test_a_job_is_prepared_run_delivered_and_finished() -> None:
    desk = Desk().start()
    assert desk.assign() == [Prepare(lease(), (0,), spec(), ())]
    assert desk.learns(news.Prepared(lease())) == [Run(lease(), (0,), spec(), False)]
    assert desk.learns(news.Began(lease())) == [Say(Started(lease=lease()))]
    ended = desk.learns(news.Ended(0, lease(), warm="starter"))
    assert without_words(ended) == [Deliver(lease(), 0)]
    assert said(ended, Report).phase == "UPLOADING"
    assert said(ended, Ready).free == ("starter",)
    desk.now += 3
    delivered = desk.learns(news.Delivered(lease(), (RESULT,)))
    finished = said(delivered, Finished)
    assert (finished.lease, finished.results) == (lease(), (RESULT,))
    assert finished.seconds == 0  # the upload held no GPU
    assert without_words(delivered) == [Forget(lease())]


def test_a_job_that_goes_on_is_run_as_resumed() -> None:
    desk = Desk().start()
    assert desk.assign(checkpoints=(checkpoint(),)) == [
        Prepare(lease(), (0,), spec(), (checkpoint(),))
    ]
    assert desk.learns(news.Prepared(lease())) == [Run(lease(), (0,), spec(), True)]


def test_an_assignment_that_comes_twice_is_done_once() -> None:
    desk = Desk().start()
    desk.assign()
    assert desk.assign() == []


def test_an_assignment_takes_the_place_of_the_same_jobs_older_lease() -> None:
    desk = Desk().start().run()
    later = desk.assign(epoch=2)
    assert without_words(later) == [Cancel(lease(), (0,)), Forget(lease())]
    stopped = desk.learns(news.Ended(0, lease(), cancelled=True))
    assert without_words(stopped) == [Prepare(lease(epoch=2), (0,), spec(), ())]


def test_a_job_for_which_nothing_is_free_waits_and_is_held() -> None:
    desk = Desk().start().run(1)
    assert desk.assign(2) == []
    assert lease(2) in desk.agent._jobs.leases()
    ended = desk.learns(news.Ended(0, lease(1)))
    assert Prepare(lease(2), (0,), spec(), ()) in ended


def test_a_job_gets_the_worker_where_its_model_is_warm() -> None:
    desk = Desk(gpus=2).start()
    desk.run(1, model="starter")
    desk.learns(news.Ended(0, lease(1), warm="starter"))
    desk.run(2, model="other")
    desk.learns(news.Ended(1, lease(2), warm="other"))
    (prepare,) = without_words(desk.assign(3, model="other"))
    assert isinstance(prepare, Prepare)
    assert prepare.slots == (1,)


def test_a_job_whose_model_is_nowhere_warm_leaves_the_warm_ones_alone() -> None:
    desk = Desk(gpus=2).start().run(1, model="starter")
    desk.learns(news.Ended(0, lease(1), warm="starter"))
    (prepare,) = without_words(desk.assign(2, model="other"))
    assert isinstance(prepare, Prepare)
    assert prepare.slots == (1,)


def test_the_end_is_told_until_the_broker_has_heard_it() -> None:
    desk = Desk().start().run()
    desk.learns(news.Ended(0, lease(), fault="failed", error="It broke."))
    again = said(desk.wait(6.0), Failed)
    assert desk.hears(Done(re=again.re)) == []
    assert all_said(desk.wait(30.0), Failed) == []


def test_a_refused_end_is_the_end_too() -> None:
    desk = Desk().start().run()
    failed = said(desk.learns(news.Ended(0, lease(), fault="failed")), Failed)
    desk.hears(Refused(re=failed.re, code="stale", reason="Lost."))
    assert desk.agent._jobs.leases() == ()


# What is refused


def test_a_job_that_cannot_be_done_here_is_refused_with_the_reason() -> None:
    desk = Desk().start()
    refused = {
        "gpus": {"gpus": 2},
        "on each GPU": {"memory": 100 << 30},
        "'core'; here is 1.2": {"packs": {"core": "2.0"}},
        "'extra' is not installed": {"packs": {"extra": "1.0"}},
        "weights of 'wan'": {"model": "wan"},
    }
    for number, (reason, wishes) in enumerate(refused.items(), 1):
        answer = desk.assign(number, **wishes)  # type: ignore[arg-type]
        failed = said(answer, Failed)
        assert failed.fault == "refused"
        assert reason.casefold() in failed.error.casefold()
        assert without_words(answer) == [Forget(lease(number))]
    assert all_said(desk.wait(2.5), Ready)  # and the GPU is still offered


def test_another_version_of_the_same_generation_of_a_pack_will_do() -> None:
    assert without_words(Desk().start().assign(packs={"core": "1.0"})) != []


def test_inputs_that_cannot_be_fetched_fail_the_job_and_free_the_gpu() -> None:
    desk = Desk().start()
    desk.assign()
    answer = desk.learns(news.Unprepared(lease(), "storage", "The disk is full."))
    assert said(answer, Failed).error == "The disk is full."
    assert said(answer, Ready).free == ("",)


# Progress


def test_progress_is_coalesced_and_a_phase_is_told_at_once() -> None:
    desk = Desk().start()
    desk.assign()
    desk.learns(news.Prepared(lease()))
    first = said(desk.learns(told("started", phase="GENERATING")), Report)
    assert first.phase == "GENERATING"
    for done in range(1, 5):
        assert desk.learns(told(f"step {done}", "progress", step=done, steps=9)) == []
    desk.learns(told("note"))
    desk.learns(told("step 5", "progress", step=5, steps=9))
    later = said(desk.after(0.2), Report)
    assert later.events == ("note", "step 5")
    assert (later.step, later.steps) == (5, 9)


def test_the_time_of_a_job_counts_from_when_it_got_its_gpu() -> None:
    desk = Desk().start().run()
    desk.wait(12.0)
    assert said(desk.learns(told("x", phase="ENCODING")), Report).seconds == 12.0


# Checkpoints


def test_checkpoints_are_pushed_one_at_a_time_and_overtaken_ones_dropped() -> None:
    desk = Desk().start().run()
    assert desk.learns(kept(10)) == [Push(lease(), FINGERPRINT, 10, Path("/outbox/10"))]
    assert desk.learns(kept(20)) == []
    assert desk.learns(kept(30)) == [Drop(Path("/outbox/20"))]
    pushed = desk.learns(news.Pushed(lease(), checkpoint(10)))
    assert said(pushed, Report).checkpoint == checkpoint(10)
    assert without_words(pushed) == [Push(lease(), FINGERPRINT, 30, Path("/outbox/30"))]


def test_the_end_of_a_stopped_job_waits_for_its_last_checkpoint() -> None:
    desk = Desk().start().run()
    desk.stop("preempt")
    desk.learns(kept(13))
    assert all_said(desk.learns(news.Ended(0, lease(), cancelled=True)), Stopped) == []
    pushed = desk.learns(news.Pushed(lease(), checkpoint(13)))
    kinds = [type(each.message) for each in pushed if isinstance(each, Say)]
    assert kinds == [Report, Stopped]


def test_the_end_is_told_without_a_checkpoint_that_never_arrives() -> None:
    desk = Desk().start().run()
    desk.learns(kept(10))
    desk.learns(news.WorkerDown(0, "crashed", "gone", 5))
    assert all_said(desk.wait(59.0), Failed) == []
    assert said(desk.wait(2.0), Failed).fault == "crashed"


def test_a_checkpoint_of_a_lost_lease_is_removed() -> None:
    assert Desk().start().learns(kept(10)) == [Drop(Path("/outbox/10"))]


def test_after_a_reconnection_the_newest_checkpoint_is_told_again() -> None:
    desk = Desk().start().run()
    desk.learns(kept(10))
    desk.learns(news.Pushed(lease(), checkpoint(10)))
    desk.agent.parted(desk.now)
    assert said(desk.register(), Report).checkpoint == checkpoint(10)


# Stopping


def test_a_cancelled_job_stops_at_its_next_step() -> None:
    desk = Desk().start().run()
    assert desk.stop("cancel") == [Cancel(lease(), (0,))]
    stopped = desk.learns(news.Ended(0, lease(), cancelled=True, warm="starter"))
    assert said(stopped, Stopped).lease == lease()
    assert said(stopped, Ready).free == ("starter",)


def test_a_worker_that_does_not_stop_is_killed() -> None:
    desk = Desk().start().run()
    desk.stop("cancel")
    assert Kill((0,)) in desk.wait(60.5)
    down = desk.learns(news.WorkerDown(0, "crashed", "SIGKILL", 9))
    assert said(down, Stopped).lease == lease()
    assert without_words(desk.after(0.0)) == [Start(0)]


def test_a_job_that_finished_before_it_could_be_stopped_is_delivered() -> None:
    desk = Desk().start().run()
    desk.stop("cancel")
    assert Deliver(lease(), 0) in desk.learns(news.Ended(0, lease()))


def test_a_void_lease_is_stopped_without_a_word() -> None:
    desk = Desk().start().run()
    assert desk.stop("void") == [Cancel(lease(), (0,)), Forget(lease())]
    assert Kill((0,)) in desk.wait(2.5)
    down = desk.learns(news.WorkerDown(0, "crashed", "SIGKILL", 9))
    assert all_said(down, Failed) == []
    assert all_said(desk.wait(60), Stopped) == []


def test_a_job_that_is_still_being_fetched_is_stopped_at_once() -> None:
    desk = Desk().start()
    desk.assign()
    stopped = desk.stop("cancel")
    assert said(stopped, Stopped).lease == lease()
    assert said(stopped, Ready).free == ("",)
    assert desk.learns(news.Prepared(lease())) == []


# Faults of workers


def test_a_crash_names_the_node_and_the_peak_of_memory() -> None:
    desk = Desk().start().run()
    desk.learns(news.Measured(0, 3 << 30, 0))
    failed = said(desk.learns(news.WorkerDown(0, "crashed", "SIGSEGV", 1 << 30)), Failed)
    assert failed.fault == "crashed"
    assert failed.error == "Node 'sample': SIGSEGV"
    assert failed.peak == 3 << 30


def test_too_much_memory_ends_the_worker() -> None:
    desk = Desk().start().run()
    assert desk.learns(news.Measured(0, 4 << 30, 0)) == []
    assert desk.learns(news.Measured(0, (4 << 30) + 1, 0)) == [Kill((0,))]
    failed = said(desk.learns(news.WorkerDown(0, "crashed", "SIGKILL", 0)), Failed)
    assert failed.fault == "out_of_memory"
    assert "'sample'" in failed.error
    assert "4096" in failed.error
    assert failed.peak == (4 << 30) + 1


def test_too_much_disk_ends_the_worker() -> None:
    desk = Desk().start().run()
    assert desk.learns(news.Measured(0, 0, (2 << 30) + 1)) == [Kill((0,))]
    assert said(desk.learns(news.WorkerDown(0, "crashed", "", 0)), Failed).fault == "storage"


def test_a_worker_that_says_nothing_any_more_hangs() -> None:
    desk = Desk().start().run()
    assert Kill((0,)) not in desk.wait(899)
    assert Kill((0,)) in desk.wait(2)
    failed = said(desk.learns(news.WorkerDown(0, "crashed", "SIGKILL", 0)), Failed)
    assert (failed.fault, failed.error[:14]) == ("hung", "Node 'sample':")


def test_a_job_that_takes_too_long_is_stopped_and_timed_out() -> None:
    desk = Desk().start().run(timeout=100.0)
    assert Cancel(lease(), (0,)) in desk.wait(101)
    ended = desk.learns(news.Ended(0, lease(), cancelled=True))
    assert said(ended, Failed).fault == "timed_out"


def test_a_worker_that_keeps_dying_is_started_with_growing_patience() -> None:
    desk = Desk()
    desk.after(0.0)
    starts = []
    for _ in range(5):
        desk.learns(news.WorkerDown(0, "crashed", "no torch", 0))
        before = desk.now
        while Start(0) not in desk.after(0.5):
            pass
        starts.append(desk.now - before)
    assert starts == [0.5, 1.0, 2.0, 4.0, 8.0]


# Several GPUs


def test_a_job_of_several_gpus_takes_them_all_and_ends_with_the_first() -> None:
    desk = Desk(gpus=3).start()
    (prepare,) = without_words(desk.assign(gpus=2))
    assert isinstance(prepare, Prepare)
    assert prepare.slots == (0, 1)
    desk.learns(news.Prepared(lease()))
    ended = desk.learns(news.Ended(0, lease()))
    assert without_words(ended) == [Cancel(lease(), (1,)), Deliver(lease(), 0)]
    assert said(desk.learns(news.Ended(1, lease(), cancelled=True)), Ready).free == ("", "", "")


def test_of_several_workers_only_the_first_ends_the_job() -> None:
    desk = Desk(gpus=2).start()
    desk.assign(gpus=2)
    desk.learns(news.Prepared(lease()))
    assert without_words(desk.learns(news.Ended(1, lease()))) == []
    assert without_words(desk.learns(news.Ended(0, lease()))) == [Deliver(lease(), 0)]


def test_when_one_of_several_workers_dies_the_others_are_killed() -> None:
    desk = Desk(gpus=2).start()
    desk.assign(gpus=2)
    desk.learns(news.Prepared(lease()))
    down = desk.learns(news.WorkerDown(1, "crashed", "SIGBUS", 0))
    assert Kill((0,)) in down
    assert said(down, Failed).error == "SIGBUS"
    assert all_said(desk.learns(news.WorkerDown(0, "crashed", "SIGKILL", 0)), Failed) == []


# Leaving and prefetching


def test_an_agent_that_leaves_finishes_what_it_has() -> None:
    desk = Desk(gpus=2).start().run()
    desk.agent.leave(desk.now)
    assert said(desk.take(), Ready).free == ()
    assert not desk.agent.gone
    assert said(desk.assign(2), Stopped).lease == lease(2)
    desk.learns(news.Ended(0, lease()))
    finished = said(desk.learns(news.Delivered(lease(), ())), Finished)
    desk.hears(Done(re=finished.re))
    again = said(desk.wait(6), Stopped)
    desk.hears(Done(re=again.re))
    assert desk.agent.gone


def test_an_agent_that_must_leave_at_once_gives_its_work_back() -> None:
    desk = Desk().start().run()
    desk.agent.leave(desk.now, at_once=True)
    assert Cancel(lease(), (0,)) in desk.take()
    stopped = said(desk.learns(news.Ended(0, lease(), cancelled=True)), Stopped)
    desk.hears(Done(re=stopped.re))
    assert desk.agent.gone


def test_what_will_come_next_is_fetched_ahead() -> None:
    desk = Desk().start().run()
    assert desk.hears(Prefetch(model="other", inputs=("d" * 64,))) == [Fetch("other", ("d" * 64,))]


def test_work_is_listed_when_it_registers_again() -> None:
    desk = Desk().start().run()
    desk.agent.parted(desk.now)
    hello = said(desk.after(0.0), Hello)
    welcome = Welcome(re=hello.re, version=1, broker="b", user="u", roles=(), blobs="", largest=1)
    assert said(desk.hears(welcome), Register).holding == (lease(),)
