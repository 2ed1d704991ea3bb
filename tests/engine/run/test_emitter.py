"""Events reach the listener coalesced, in order, on one thread, and cost nothing without one."""

from __future__ import annotations

import logging
import threading

import cv2
import numpy as np
import pytest

from engine.run.emitter import Emitter
from engine.run.events import Event, NodeChanged, Noted, Previewed, Progressed
from engine.values import Image
from tests.engine.run.toys import FakeClock

IMAGE = Image(np.full((8, 16, 3), (250, 10, 10), np.uint8))


class Heard:
    """An emitter with its clock and what was heard from it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.clock = FakeClock()
        self.emitter = Emitter(self.events.append, self.clock, previews=True)

    def steps(self) -> list[int]:
        return [event.done for event in self.events if isinstance(event, Progressed)]


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_progress_is_told_twenty_times_a_second_and_at_the_end(heard: Heard) -> None:
    for step in range(1, 1001):
        heard.clock.now += 0.001
        heard.emitter.progress("n", step, 1000, "steps")
    assert 18 <= len(heard.steps()) <= 22
    assert heard.steps()[0] == 1
    assert heard.steps()[-1] == 1000


def test_slow_steps_are_all_told(heard: Heard) -> None:
    for step in range(1, 11):
        heard.clock.now += 0.1
        heard.emitter.progress("n", step, 10, "steps")
    assert heard.steps() == list(range(1, 11))


def test_progress_held_back_comes_before_the_nodes_end(heard: Heard) -> None:
    for step in (1, 2, 3):
        heard.emitter.progress("n", step, 10, "steps")
    heard.emitter.node("n", "failed")
    assert heard.steps() == [1, 3]
    assert isinstance(heard.events[-1], NodeChanged)


def test_progress_without_a_known_end_is_held_too(heard: Heard) -> None:
    for step in range(100):
        heard.emitter.progress("n", step, -1, "frames")
    heard.emitter.finish()
    assert heard.steps() == [0, 99]


def test_nodes_do_not_hold_each_other_back(heard: Heard) -> None:
    heard.emitter.progress("a", 1, 10, "steps")
    heard.emitter.progress("b", 1, 10, "steps")
    assert len(heard.steps()) == 2


def test_a_preview_is_a_jpeg_in_the_right_colours(heard: Heard) -> None:
    heard.emitter.preview("n", lambda: IMAGE)
    (event,) = heard.events
    assert isinstance(event, Previewed)
    decoded = cv2.imdecode(np.frombuffer(event.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (8, 16, 3)
    blue, _, red = decoded[4, 8]
    assert red > 200 > 50 > blue


def test_previews_are_made_only_when_they_are_told(heard: Heard) -> None:
    made = []

    def make() -> Image:
        made.append(1)
        return IMAGE

    for _ in range(100):
        heard.clock.now += 0.01
        heard.emitter.preview("n", make)
    assert 17 <= len(made) == len(heard.events) <= 21
    Emitter(None, heard.clock, previews=True).preview("n", make)
    Emitter(heard.events.append, heard.clock).preview("n", make)
    assert len(made) == len(heard.events)


def test_a_preview_that_fails_costs_only_itself(
    heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        heard.emitter.preview("n", lambda: Image(np.zeros((0, 0, 3), np.uint8)))
    assert heard.events == []
    assert "No preview" in caplog.text


def test_without_a_listener_nothing_is_built() -> None:
    emitter = Emitter(None, lambda: pytest.fail("nobody needs the time"))
    emitter.progress("n", 1, 2, "steps")
    emitter.preview("n", lambda: pytest.fail("nobody looks"))
    emitter.node("n", "done")
    emitter.note("n", "x")
    assert not emitter.listening


def test_other_threads_events_are_handed_over_on_the_listeners_thread() -> None:
    threads = []
    emitter = Emitter(lambda event: threads.append(threading.get_ident()), FakeClock())
    other = threading.Thread(target=emitter.note, args=("n", "from elsewhere"))
    other.start()
    other.join()
    assert threads == []
    emitter.deliver()
    assert threads == [threading.get_ident()]


def test_what_waited_comes_first(heard: Heard) -> None:
    other = threading.Thread(target=heard.emitter.note, args=("n", "first"))
    other.start()
    other.join()
    heard.emitter.note("n", "second")
    assert [event.sentence for event in heard.events if isinstance(event, Noted)] == [
        "first",
        "second",
    ]


def test_a_listener_that_fails_is_not_called_again(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def listener(event: Event) -> None:
        calls.append(event)
        raise BrokenPipeError

    emitter = Emitter(listener, FakeClock())
    with caplog.at_level(logging.ERROR):
        emitter.note("n", "one")
        emitter.note("n", "two")
    assert len(calls) == 1
    assert "The listener failed" in caplog.text
