"""Watchers: every state change in order, the newest progress only, within credit and memory."""

from __future__ import annotations

import pytest

from cluster_agent.broker.policy import Watched
from cluster_agent.protocol.messages import (
    AgentChanged,
    Changed,
    Credit,
    Lease,
    Message,
    Progress,
    Submit,
    Watch,
    Watching,
)
from engine.run.events import Noted, Progressed, to_json
from tests.cluster_agent.broker.broker_desk import (
    ANN,
    BOB,
    MILL,
    ROOT,
    Desk,
    person,
    refusal,
    spec,
)


def event(done: int, node: str = "sample") -> str:
    return to_json(Progressed(node, done, 30, "steps"))


def changes(said: list[Message]) -> list[tuple[str, str]]:
    """Jobs and the states they are said to be in."""
    return [(each.job, each.state) for each in said if isinstance(each, Changed)]


def progress(said: list[Message]) -> list[tuple[str, tuple[str, ...]]]:
    """Jobs and their progress."""
    return [(each.job, each.events) for each in said if isinstance(each, Progress)]


def working(desk: Desk) -> Lease:
    """An agent works on a job of Ann's."""
    desk.arrive()
    desk.submit()
    return desk.work[-1].lease


def test_a_watcher_hears_of_its_own_jobs_only() -> None:
    desk = Desk()
    desk.tell(ANN, Watch(topics=("jobs",)))
    desk.tell(ROOT, Watch(topics=("jobs",)))
    desk.submit(peer=BOB)
    desk.submit()
    assert changes(desk.heard(ANN, Changed)) == [("j2", "QUEUED")]
    assert changes(desk.heard(ROOT, Changed)) == [("j1", "QUEUED"), ("j2", "QUEUED")]


def test_one_job_can_be_watched() -> None:
    desk = Desk()
    desk.submit(spec("a"), spec("b"))
    desk.tell(ANN, Watch(topics=("job/j2", "job/j1", "jobs")))
    desk.tell(person("ann", route="ann 2"), Watch(topics=("job/j2",)))
    desk.cancel("j1", "j2")
    assert changes(desk.heard(ANN, Changed)) == [("j1", "CANCELLED"), ("j2", "CANCELLED")]
    said = desk.heard(person("ann", route="ann 2"), Changed)
    assert changes(said) == [("j2", "CANCELLED")]


@pytest.mark.parametrize(
    ("topic", "code"), [("job/j1", "unknown"), ("job/film", "invalid"), ("news", "invalid")]
)
def test_what_cannot_be_watched_is_refused(topic: str, code: str) -> None:
    desk = Desk()
    desk.submit(peer=BOB)
    assert refusal(desk.ask(ANN, Watch(topics=(topic,)))) == code


def test_who_watches_since_a_number_hears_what_came_after_it_once() -> None:
    desk = Desk()
    lease = working(desk)
    desk.finish(lease)
    said = desk.tell(ANN, Watch(topics=("jobs",), since=1))
    assert said[0] == Watching(seq=3, oldest=1)
    assert changes(said) == [("j1", "ASSIGNED"), ("j1", "COMPLETED")]
    desk.submit(spec("b"))
    assert changes(desk.heard(ANN, Changed))[2:] == [("j2", "QUEUED")]


def test_the_numbers_go_on_after_a_restart_and_nothing_is_missed() -> None:
    desk = Desk()
    working(desk)
    desk.restart()
    desk.cancel("j1")
    desk.wait(11.0)
    said = desk.tell(ANN, Watch(topics=("jobs",), since=2))
    assert [each.seq for each in said if isinstance(each, Changed)] == [3]
    assert changes(said) == [("j1", "CANCELLED")]


def test_state_changes_wait_for_credit_and_none_is_lost() -> None:
    desk = Desk()
    desk.tell(ANN, Watch(topics=("jobs",), credit=2))
    desk.submit(*[spec(f"{n}") for n in range(5)])
    heard = desk.heard(ANN, Changed)
    assert changes(heard) == [("j1", "QUEUED"), ("j2", "QUEUED")]
    assert changes(desk.tell(ANN, Credit(more=2))) == [("j3", "QUEUED"), ("j4", "QUEUED")]
    assert changes(desk.tell(ANN, Credit(more=9))) == [("j5", "QUEUED")]


def test_a_slow_watcher_takes_little_memory_and_misses_nothing() -> None:
    desk = Desk(watched=Watched(waiting=3, page=2))
    desk.tell(ANN, Watch(topics=("jobs",), credit=1))
    for number in range(20):
        desk.submit(spec(f"{number}"))
        desk.submit(spec(f"{number}"), peer=BOB)
    watcher = desk.broker._watchers._watchers[ANN.route]
    assert len(watcher.changes) <= 3
    for _ in range(12):
        desk.tell(ANN, Credit(more=2))
    mine = [job.id for job in desk.tables.jobs.values() if job.user == "ann"]
    assert changes(desk.heard(ANN, Changed)) == [(job, "QUEUED") for job in mine]
    desk.submit(spec("last"))
    assert changes(desk.heard(ANN, Changed))[20:] == [("j41", "QUEUED")]


def test_progress_is_passed_on_as_the_newest_of_each_node() -> None:
    desk = Desk()
    lease = working(desk)
    desk.tell(ANN, Watch(topics=("jobs",)))
    note = to_json(Noted("sample", "It goes on."))
    desk.report(lease, events=(event(1), event(2), note, event(7, "decode"), event(3)))
    assert progress(desk.heard(ANN, Progress)) == [("j1", (note, event(7, "decode"), event(3)))]


def test_progress_is_sent_now_and_then_however_much_there_is() -> None:
    desk = Desk(watched=Watched(every=0.5))
    lease = working(desk)
    desk.tell(ANN, Watch(topics=("jobs",)))
    for done in range(5):
        desk.report(lease, events=(event(done),))
    assert progress(desk.heard(ANN, Progress)) == [("j1", (event(0),))]
    assert desk.broker.due() == desk.now.monotonic + 0.5
    assert progress(desk.wait(0.5)) == [("j1", (event(4),))]


def test_progress_without_credit_is_replaced_by_newer_progress() -> None:
    desk = Desk()
    lease = working(desk)
    desk.tell(ANN, Watch(topics=("jobs",), credit=1))
    desk.report(lease, events=(event(1),))
    for done in range(2, 30):
        desk.report(lease, events=(event(done), event(done, "decode")))
        desk.wait(0.2, MILL)
    desk.tell(ANN, Credit(more=5))
    said = progress(desk.heard(ANN, Progress))
    assert said == [("j1", (event(29), event(29, "decode")))]


def test_the_progress_kept_for_who_is_slow_is_bounded() -> None:
    desk = Desk(watched=Watched(every=0.0, characters=2000))
    lease = working(desk)
    desk.tell(ANN, Watch(topics=("job/j1",), credit=1))
    for done in range(200):
        desk.report(lease, events=(event(done, f"node {done}"),))
    watcher = desk.broker._watchers._watchers[ANN.route]
    kept = sum(len(line) for newest in watcher.progress.values() for line in newest.values())
    assert kept <= 2000


def test_state_changes_go_before_progress() -> None:
    desk = Desk()
    lease = working(desk)
    desk.tell(ANN, Watch(topics=("jobs",), credit=1))
    desk.report(lease, phase="VAE_DECODING", events=(event(1),))
    assert changes(desk.heard(ANN, Changed)) == [("j1", "VAE_DECODING")]
    assert progress(desk.heard(ANN, Progress)) == []


def test_progress_alone_is_not_written() -> None:
    desk = Desk()
    lease = working(desk)
    desk.report(lease)
    before = repr(desk.tables)
    desk.report(lease, seconds=9.0, step=3, steps=30, events=(event(3),))
    assert repr(desk.tables) == before
    live = desk.broker.live(1)
    assert live is not None
    assert (live.step, live.steps) == (3, 30)


def test_agents_can_be_watched() -> None:
    desk = Desk()
    desk.tell(ANN, Watch(topics=("agents",)))
    desk.arrive()
    desk.wait(10.0)
    assert desk.heard(ANN, AgentChanged) == [
        AgentChanged(agent="mill", state="online"),
        AgentChanged(agent="mill", state="offline"),
    ]


def test_who_is_gone_is_told_nothing() -> None:
    desk = Desk()
    desk.tell(ANN, Watch(topics=("jobs", "agents")))
    desk.broker.gone(ANN.route, desk.now)
    desk.submit(peer=BOB)
    desk.arrive()
    assert desk.heard(ANN, Changed) == []
    assert refusal(desk.ask(ANN, Credit(more=1))) == "invalid"


def test_watching_again_replaces_what_was_watched() -> None:
    desk = Desk()
    desk.tell(ANN, Watch(topics=("jobs",)), Watch(topics=("agents",)))
    desk.submit()
    assert desk.heard(ANN, Changed) == []


def test_what_happened_before_the_watch_in_the_same_batch_is_not_told() -> None:
    desk = Desk()
    desk.broker.receive(ANN, Submit(jobs=(spec("a"),)), desk.now)
    desk.broker.receive(ANN, Watch(topics=("jobs",)), desk.now)
    desk.broker.receive(ANN, Submit(jobs=(spec("b"),)), desk.now)
    said = desk.settle()
    assert Watching(seq=1, oldest=1) in said
    assert changes(said) == [("j2", "QUEUED")]


def test_what_is_told_again_of_one_job_takes_credit_too() -> None:
    desk = Desk()
    lease = working(desk)
    desk.finish(lease)
    said = desk.tell(ANN, Watch(topics=("job/j1",), since=0, credit=2))
    assert changes(said) == [("j1", "QUEUED"), ("j1", "ASSIGNED")]
    assert changes(desk.tell(ANN, Credit(more=5))) == [("j1", "COMPLETED")]
