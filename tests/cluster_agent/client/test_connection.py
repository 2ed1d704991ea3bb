"""Questions, answers and events, over a line that breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from cluster_agent.client.connection import CREDIT, PATIENCE, Client
from cluster_agent.client.errors import RefusedByCluster, Unreachable
from cluster_agent.protocol.messages import (
    Changed,
    Credit,
    Done,
    GetStatus,
    Hello,
    Message,
    Ping,
    Progress,
    Refused,
    Status,
    Submit,
    Watch,
    Watching,
    Welcome,
)
from cluster_agent.protocol.wire import FROM_CLIENT, decode, encode
from engine.errors import InvalidInput


@dataclass
class Line:
    """A line to a broker made of answers, with a clock that moves while one waits on it."""

    now: float = 0.0
    dead: bool = False
    broken: bool = False
    turned_away: bool = False
    calls: int = 1
    heard: list[Message] = field(default_factory=list)
    coming: list[bytes] = field(default_factory=list)
    answer: Callable[[Message], list[Message]] = lambda _: []
    seq: int = 0

    def clock(self) -> float:
        return self.now

    def ready(self, timeout_s: float) -> bool:
        if self.dead:
            self.now += timeout_s
        return not self.dead

    def send(self, frame: bytes) -> bool:
        message = decode(frame, FROM_CLIENT)
        self.heard.append(message)
        if not self.dead:
            self.say(*self._answers(message))
        return not self.dead

    def say(self, *messages: Message) -> None:
        self.coming.extend(map(encode, messages))

    def _answers(self, message: Message) -> list[Message]:
        if isinstance(message, Hello):
            welcome = Welcome(
                version=1, broker="b", user="me", roles=("submit",), blobs="", largest=1 << 20
            )
            return [welcome.model_copy(update={"re": message.re})]
        if isinstance(message, Watch):
            return [Watching(re=message.re, seq=self.seq, oldest=0)]
        if isinstance(message, Ping):
            return [Done(re=message.re)]
        return [each.model_copy(update={"re": message.re}) for each in self.answer(message)]

    def poll(self, timeout_s: float) -> bool:
        if not self.coming:
            self.now += timeout_s
        return bool(self.coming)

    def receive(self, most: int) -> list[bytes]:
        found, self.coming = self.coming[:most], self.coming[most:]
        return found

    def reconnect(self) -> None:
        self.calls += 1
        self.broken = False
        self.coming.clear()

    def close(self) -> None:
        self.dead = True


def client(line: Line) -> Client:
    return Client(line, "studio", "test/1", line.clock)


def changed(seq: int) -> Changed:
    return Changed(seq=seq, job="j1", user="me", state="QUEUED")


def test_a_question_is_answered() -> None:
    line = Line(answer=lambda _: [Status(counters={"waiting": 2.0})])
    assert client(line).ask(GetStatus(), Status).counters == {"waiting": 2.0}


def test_a_refusal_is_an_error_with_the_brokers_sentence() -> None:
    line = Line(answer=lambda _: [Refused(reason="Steps must be at most 100.", code="invalid")])
    with pytest.raises(InvalidInput, match="at most 100"):
        client(line).ask(GetStatus(), Status)
    line.answer = lambda _: [Refused(reason="You may not.", code="forbidden")]
    with pytest.raises(RefusedByCluster, match="You may not"):
        client(line).ask(GetStatus(), Status)


def test_a_question_without_answer_is_asked_again_on_a_new_line() -> None:
    line = Line()
    asking = client(line)
    line.answer = lambda _: [Status(counters={})] if line.calls > 1 else []
    assert asking.ask(GetStatus(), Status)
    assert line.calls == 2
    assert [type(each) for each in line.heard] == [Hello, GetStatus, Hello, GetStatus]


def test_a_new_broker_that_does_not_know_the_line_is_greeted_at_once() -> None:
    line = Line(seq=3)
    watching = client(line)
    watching.watch(["jobs"])
    line.say(Refused(reason="Begin with Hello.", code="version"))
    before = line.now
    watching.events(1.0)
    assert line.now - before < 3.0
    assert [type(each) for each in line.heard] == [Hello, Watch, Hello, Watch]


def test_a_line_that_breaks_while_one_waits_is_made_anew_at_once() -> None:
    line = Line()
    asking = client(line)

    def answer(_: Message) -> list[Message]:
        line.broken = line.calls == 1
        return [] if line.broken else [Status(counters={})]

    line.answer = answer
    before = line.now
    assert asking.ask(GetStatus(), Status)
    assert line.now == before


def test_silence_is_given_up_with_the_name_of_the_cluster() -> None:
    line = Line()
    asking = client(line)
    before = line.now
    with pytest.raises(Unreachable, match="'studio' does not answer"):
        asking.ask(GetStatus(), Status)
    assert PATIENCE <= line.now - before < 2 * PATIENCE


def test_a_key_that_is_not_known_is_told_apart_from_silence() -> None:
    with pytest.raises(Unreachable, match="does not know your key"):
        client(Line(dead=True, turned_away=True))


def test_events_come_while_something_is_asked_and_are_kept() -> None:
    line = Line(answer=lambda _: [Status(counters={})])
    watching = client(line)
    watching.watch(["jobs"])
    line.say(changed(1), Progress(job="j1", events=("{}",)))
    watching.ask(GetStatus(), Status)
    assert watching.events(1.0) == [changed(1), Progress(job="j1", events=("{}",))]


def test_after_a_break_the_watch_goes_on_after_what_was_seen() -> None:
    line = Line(seq=5)
    watching = client(line)
    watching.watch(["jobs"])
    line.say(changed(6), changed(7))
    assert len(watching.events(1.0)) == 2
    line.dead, line.coming = True, []
    with pytest.raises(Unreachable):
        watching.events(120.0)
    line.dead = False
    watching.events(10.0)
    last = [each for each in line.heard if isinstance(each, Watch)][-1]
    assert last.since == 7


def test_what_is_replayed_twice_is_told_once() -> None:
    line = Line()
    watching = client(line)
    watching.watch(["jobs"], since=0)
    line.say(changed(1), changed(2), changed(1), changed(2), changed(3))
    assert [event.seq for event in watching.events(1.0) if isinstance(event, Changed)] == [1, 2, 3]


def test_credit_is_given_back_in_large_portions() -> None:
    line = Line()
    watching = client(line)
    watching.watch(["jobs"], since=0)
    line.say(*(changed(seq) for seq in range(1, CREDIT // 2)))
    while line.coming:
        watching.events(1.0)
    granted = [each.more for each in line.heard if isinstance(each, Credit)]
    assert len(granted) <= 3
    assert sum(granted) > CREDIT // 4


def test_what_was_replayed_counts_as_used_too() -> None:
    line = Line()
    watching = client(line)
    watching.watch(["jobs"], since=CREDIT)
    line.say(*(changed(seq) for seq in range(1, CREDIT // 2)), changed(CREDIT + 1))
    while line.coming:
        watching.events(1.0)
    assert sum(each.more for each in line.heard if isinstance(each, Credit)) > CREDIT // 4


def test_a_submission_is_sent_again_as_it_is() -> None:
    from cluster_agent.protocol.job_spec import JobSpec
    from cluster_agent.protocol.messages import Submitted

    line = Line()
    asking = client(line)
    line.answer = lambda _: [Submitted(jobs=("j7",), known=(True,))] if line.calls > 1 else []
    spec = JobSpec(key="k", graph=b"{}")
    assert asking.ask(Submit(jobs=(spec,)), Submitted).jobs == ("j7",)
    sent = [each for each in line.heard if isinstance(each, Submit)]
    assert [each.jobs[0].key for each in sent] == ["k", "k"]
