"""An agent that is not heard stops by itself, before its work can be given to another."""

from __future__ import annotations

import pytest

from cluster_agent.agent import news
from cluster_agent.agent.instructions import Cancel, Complain, Forget, Kill, Say
from cluster_agent.protocol.messages import (
    Beat,
    Beaten,
    Failed,
    Finished,
    Hello,
    Message,
    Ready,
    Refused,
    Registered,
    Report,
    Started,
    Stopped,
)
from tests.cluster_agent.agent.desk import (
    Desk,
    all_said,
    checkpoint,
    lease,
    said,
    told,
    welcome,
    without_words,
)

ABOUT_WORK = (Started, Report, Finished, Failed, Stopped)


def words_about_work(instructions: list[object]) -> list[Message]:
    messages = [each.message for each in instructions if isinstance(each, Say)]
    return [message for message in messages if isinstance(message, ABOUT_WORK)]


def test_beats_go_out_and_name_the_leases() -> None:
    desk = Desk().start().run()
    assert said(desk.after(2.0), Beat).holding == (lease(),)


def test_work_is_stopped_seven_seconds_after_the_last_beat_that_was_heard_was_sent() -> None:
    desk = Desk().start().run()
    beat = said(desk.after(2.0), Beat)
    desk.now += 1.5  # the answer takes its time: what counts is when it was asked for
    desk.hears(Beaten(number=beat.number))
    assert without_words(desk.after(5.4)) == []
    assert without_words(desk.after(0.2)) == [Cancel(lease(), (0,)), Forget(lease())]


def test_a_registration_counts_from_when_it_was_asked_for() -> None:
    desk = Desk()
    desk.after(0.0)
    desk.hears(welcome(desk))
    asked = desk.agent._session._asked
    desk.now += 2.0
    desk.hears(Registered(re=asked, beat=2, fence=7, lease=10, void=()))
    desk.learns(news.WorkerUp(0))
    desk.run()
    assert Cancel(lease(), (0,)) not in desk.after(4.9)
    assert Cancel(lease(), (0,)) in desk.after(0.1)


def test_who_was_sent_away_stays_away_though_the_line_stands() -> None:
    desk = Desk()
    desk.after(0.0)
    desk.hears(Refused(re=desk.greeting.re, code="forbidden", reason="Not trusted."))
    desk.agent.joined(desk.now)
    assert all_said(desk.after(29.0), Hello) == []


def test_a_fenced_worker_is_killed_before_its_lease_ends() -> None:
    desk = Desk().start().run()
    desk.after(7.0)
    assert Kill((0,)) in desk.after(2.0)  # the broker waits ten seconds


def test_an_answer_to_an_older_beat_counts_from_that_beat() -> None:
    desk = Desk().start().run()
    first = said(desk.after(2.0), Beat)
    said(desk.after(2.0), Beat)
    desk.hears(Beaten(number=first.number))
    assert Cancel(lease(), (0,)) not in desk.after(4.9)
    assert Cancel(lease(), (0,)) in desk.after(0.1)


@pytest.mark.parametrize(
    "late",
    [
        news.Ended(0, lease()),
        news.WorkerDown(0, "crashed", "x", 0),
        told("step", phase="GENERATING"),
        news.Pushed(lease(), checkpoint()),
        news.Delivered(lease(), ()),
        news.Began(lease()),
    ],
)
def test_who_slept_is_fenced_first_and_says_nothing_of_what_it_did_meanwhile(
    late: news.News,
) -> None:
    desk = Desk().start().run()
    desk.now += 30.0
    answer = desk.learns(late)
    assert isinstance(answer[0], Complain)
    assert words_about_work(answer) == []
    desk.register()
    assert words_about_work(desk.learns(late)) == []


def test_who_slept_believes_no_old_word() -> None:
    desk = Desk().start().run()
    beat = said(desk.after(2.0), Beat)
    desk.now += 30.0
    answer = desk.hears(Beaten(number=beat.number))
    assert Cancel(lease(), (0,)) in answer
    assert desk.assign(2) == []
    assert desk.agent._jobs.leases() == ()


def test_without_a_registration_no_work_is_taken() -> None:
    desk = Desk()
    desk.after(0.0)
    desk.learns(news.WorkerUp(0))
    assert desk.assign() == []


def test_a_result_that_waits_to_be_heard_is_fenced_too() -> None:
    desk = Desk().start().run()
    desk.learns(news.Ended(0, lease()))
    desk.learns(news.Delivered(lease(), ()))
    desk.after(7.0)
    assert words_about_work(desk.register()) == []


def test_after_the_fence_it_comes_back_and_works_again() -> None:
    desk = Desk().start().run()
    desk.after(7.0)
    desk.learns(news.Ended(0, lease(), cancelled=True, warm="starter"))
    assert said(desk.register(), Ready).free == ("starter",)
    assert without_words(desk.assign(2)) != []


def test_a_short_silence_costs_nothing_but_a_greeting() -> None:
    desk = Desk().start().run()
    quiet = desk.after(5.0)
    assert all_said(quiet, Hello)
    assert without_words(quiet) == []
    assert words_about_work(desk.learns(told("x", phase="ENCODING"))) == []
    assert said(desk.register(), Ready).free == ()


def test_leases_that_the_broker_calls_void_are_stopped() -> None:
    desk = Desk().start().run()
    beat = said(desk.after(2.0), Beat)
    answer = desk.hears(Beaten(number=beat.number, void=(lease(),)))
    assert without_words(answer) == [Cancel(lease(), (0,)), Forget(lease())]


def test_a_broker_that_does_not_know_us_any_more_is_greeted_again() -> None:
    desk = Desk().start()
    beat = said(desk.after(2.0), Beat)
    desk.hears(Refused(re=beat.re, code="unknown", reason="Register first."))
    assert all_said(desk.after(0.0), Hello)


def test_an_agent_whose_key_is_used_by_another_stops_and_keeps_away_for_a_while() -> None:
    desk = Desk().start().run()
    beat = said(desk.after(2.0), Beat)
    answer = desk.hears(Refused(re=beat.re, code="stale", reason="Another agent."))
    assert Cancel(lease(), (0,)) in answer
    assert all_said(desk.after(29.0), Hello) == []
    assert all_said(desk.after(1.0), Hello)


def test_an_end_is_not_taken_for_heard_when_the_broker_only_forgot_us() -> None:
    desk = Desk().start().run()
    failed = said(desk.learns(news.Ended(0, lease(), fault="failed")), Failed)
    desk.hears(Refused(re=failed.re, code="unknown", reason="Register first."))
    assert said(desk.register(), Failed).lease == lease()


def test_an_idle_agent_that_slept_greets_anew() -> None:
    desk = Desk().start()
    assert all_said(desk.after(60.0), Hello)
