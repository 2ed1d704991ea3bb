"""A simulated network: what arrives, and everything that keeps frames from it."""

from __future__ import annotations

from random import Random

import pytest

from cluster_agent.simulation.clock import Clock
from cluster_agent.simulation.network import LATENCY, REPLAYED_AFTER, Line, Network, Trouble


class Place:
    """A listener and one caller."""

    def __init__(self, trouble: Trouble | None = None, late: float = 0.0) -> None:
        self.clock = Clock()
        self.woken = 0
        self.said: list[tuple[float, bytes]] = []
        self.network = Network(self.clock, Random(1), self.wake, lambda: late)
        self.network.trouble = trouble or Trouble()
        self.line: Line = self.network.connect("somebody", self)

    def wake(self) -> None:
        self.woken += 1

    def hear(self, frame: bytes) -> None:
        self.said.append((self.clock.now, frame))

    def heard(self) -> list[bytes]:
        """What the listener has heard in a minute."""
        self.clock.run(self.clock.now + 60.0)
        return [each.frame for each in self.network.ears.receive(1000)]

    def told(self) -> list[bytes]:
        """What the caller has heard in a minute."""
        self.clock.run(self.clock.now + 60.0)
        return [frame for _, frame in self.said]


def test_a_listener_is_woken_and_knows_who_speaks() -> None:
    place = Place()
    place.line.send(b"hello")
    place.clock.run(1.0)
    assert place.woken == 1
    assert place.network.ears.poll(0.0)
    assert place.network.ears.receive(9) == [(place.line.route, "somebody", b"hello")]
    assert not place.network.ears.poll(0.0)


def test_an_answer_finds_its_connection() -> None:
    place = Place()
    assert place.network.ears.send(place.line.route, b"yes")
    assert place.told() == [b"yes"]
    assert place.said[0][0] == LATENCY
    assert not place.network.ears.send(b"nobody", b"yes")


def test_an_answer_of_a_listener_that_is_behind_sets_out_later() -> None:
    place = Place(late=3.0)
    place.network.ears.send(place.line.route, b"yes")
    assert place.told() == [b"yes"]
    assert place.said[0][0] == 3.0 + LATENCY


def test_a_frame_is_lost() -> None:
    place = Place(Trouble(lost=1.0))
    place.line.send(b"hello")
    assert place.heard() == []


def test_a_frame_comes_twice() -> None:
    place = Place(Trouble(doubled=1.0))
    place.line.send(b"hello")
    assert place.heard() == [b"hello"] * 2


def test_a_frame_is_cut_short() -> None:
    place = Place(Trouble(cut_short=1.0))
    place.line.send(b"hello")
    (frame,) = place.heard()
    assert frame != b"hello"
    assert b"hello".startswith(frame)


def test_a_frame_comes_again_much_later() -> None:
    place = Place(Trouble(replayed=1.0))
    place.network.ears.send(place.line.route, b"hello")
    assert place.told() == [b"hello"] * 2
    assert 0.1 <= place.said[1][0] <= REPLAYED_AFTER


def test_late_frames_overtake_each_other() -> None:
    place = Place(Trouble(jitter=5.0))
    words = [str(number).encode() for number in range(50)]
    for word in words:
        place.line.send(word)
    heard = place.heard()
    assert heard != words
    assert sorted(heard) == sorted(words)


@pytest.mark.parametrize(("deaf", "dumb"), [(True, False), (False, True), (True, True)])
def test_a_direction_that_is_cut_carries_nothing(deaf: bool, dumb: bool) -> None:
    place = Place()
    place.line.deaf, place.line.dumb = deaf, dumb
    place.line.send(b"hello")
    place.network.ears.send(place.line.route, b"yes")
    assert bool(place.heard()) is not dumb
    assert bool(place.told()) is not deaf


def test_what_is_under_way_when_a_connection_breaks_is_lost() -> None:
    place = Place()
    place.line.send(b"hello")
    place.network.ears.send(place.line.route, b"yes")
    place.network.close(place.line)
    assert place.heard() == []
    assert place.told() == []
    assert not place.network.ears.send(place.line.route, b"yes")


def test_nobody_hears_what_is_said_while_the_listener_is_down() -> None:
    place = Place()
    place.network.ears.up = False
    place.line.send(b"hello")
    assert place.heard() == []
