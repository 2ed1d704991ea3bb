"""Sockets over loopback: who gets in, who is heard as whom, and what happens to what was sent."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import zmq

from cluster_agent.keys import KeyPair
from cluster_agent.transport import QUEUED, Connection, Listener, Received
from engine.errors import InvalidInput
from tests.cluster_agent.waiting import PATIENCE, wait_for

ANYWHERE = "tcp://127.0.0.1:0"
SERVER, ANN, BOB, STRANGER = (KeyPair.new() for _ in range(4))
KNOWN = {ANN.public, BOB.public}


class Place:
    """A listener that knows Ann and Bob, those who call it, and what it has heard."""

    def __init__(self, ends: ExitStack) -> None:
        self._ends = ends
        self.heard: list[Received] = []
        self.listener = self.listen()

    def listen(self, address: str = ANYWHERE, largest: int = 1 << 20) -> Listener:
        self.listener = Listener(address, SERVER, KNOWN.__contains__, largest=largest)
        self._ends.callback(self.listener.close)
        return self.listener

    def dial(self, own: KeyPair = ANN, server: str = SERVER.public) -> Connection:
        made = Connection(self.listener.address, own, server)
        self._ends.callback(made.close)
        return made

    def call(self, own: KeyPair = ANN) -> Connection:
        made = self.dial(own)
        assert made.ready(PATIENCE)
        return made

    def raw(self, own: KeyPair, route: bytes | None = None) -> zmq.Socket[bytes]:
        """A peer that keeps to no rule of ours."""
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        made = context.socket(zmq.DEALER)
        self._ends.callback(context.term)
        self._ends.callback(made.close, linger=0)
        made.setsockopt(zmq.CURVE_PUBLICKEY, own.public.encode())
        made.setsockopt(zmq.CURVE_SECRETKEY, own.secret.encode())
        made.setsockopt(zmq.CURVE_SERVERKEY, SERVER.public.encode())
        if route is not None:
            made.setsockopt(zmq.ROUTING_ID, route)
        made.connect(self.listener.address)
        return made

    def hear(self, frame: bytes) -> Received:
        """Listen until this frame has come."""

        def found() -> Received | None:
            self.listener.poll(0.05)
            self.heard += self.listener.receive(100)
            return next((said for said in self.heard if said.frame == frame), None)

        wait_for(found, f"{frame!r} was not heard")
        said = found()
        assert said is not None
        return said


@pytest.fixture
def place() -> Iterator[Place]:
    with ExitStack() as ends:
        yield Place(ends)


def answers(connection: Connection) -> list[bytes]:
    assert connection.poll(PATIENCE), "no answer came"
    return connection.receive(100)


def test_a_peer_is_heard_under_its_public_key_and_answered_by_its_route(place: Place) -> None:
    ann = place.call()
    assert ann.send(b"hello")
    said = place.hear(b"hello")
    assert said.identity == ANN.public
    assert place.listener.send(said.route, b"good day")
    assert answers(ann) == [b"good day"]


def test_who_does_not_know_the_servers_key_gets_nowhere(place: Place) -> None:
    lost = place.dial(ANN, server=STRANGER.public)
    ann = place.call()
    assert not lost.ready(0.3)
    assert not lost.send(b"lost")
    assert ann.send(b"here")
    place.hear(b"here")
    assert [said.frame for said in place.heard] == [b"here"]


def test_a_key_that_is_not_trusted_is_turned_away_and_told_so(place: Place) -> None:
    stranger = place.dial(STRANGER)
    wait_for(lambda: stranger.turned_away, "it was not turned away")
    assert not stranger.ready(PATIENCE)
    assert not stranger.send(b"let me in")
    place.call().send(b"here")
    place.hear(b"here")
    assert [said.identity for said in place.heard] == [ANN.public]


def test_a_trust_that_cannot_be_read_lets_nobody_in(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(identity: str) -> bool:
        raise RuntimeError("no trust to be had")

    place.listener = Listener(ANYWHERE, SERVER, broken)
    with place.listener, place.dial() as ann:
        wait_for(lambda: ann.turned_away, "it was not turned away")
    assert "could not be looked up" in caplog.text


def test_one_who_speaks_without_curve_is_not_heard(place: Place) -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    plain = context.socket(zmq.DEALER)
    plain.connect(place.listener.address)
    plain.send(b"in the clear")
    place.call().send(b"here")
    place.hear(b"here")
    context.destroy(linger=0)
    assert [said.frame for said in place.heard] == [b"here"]


def test_who_takes_the_name_of_another_as_route_is_still_known_by_its_key(place: Place) -> None:
    place.raw(BOB, route=ANN.public.encode()).send(b"I am Ann")
    assert place.hear(b"I am Ann").identity == BOB.public


def test_who_claims_the_route_of_another_gets_none_of_the_answers(place: Place) -> None:
    ann, bob = place.raw(ANN, route=b"ann"), place.call(BOB)
    ann.send(b"where is my job?")
    place.hear(b"where is my job?")
    thief = place.raw(BOB, route=b"ann")
    thief.send(b"mine")
    assert bob.send(b"here")
    place.hear(b"here")
    for number in range(20):
        assert place.listener.send(b"ann", b"%d" % number)
    got = []
    for _ in range(20):
        assert ann.poll(PATIENCE * 1000)
        got.append(ann.recv())
    assert got == [b"%d" % number for number in range(20)]
    assert not thief.poll(100)


def test_two_connections_with_one_key_have_routes_of_their_own(place: Place) -> None:
    first, second = place.call(), place.call()
    assert first.send(b"first")
    assert second.send(b"second")
    one, two = place.hear(b"first"), place.hear(b"second")
    assert one.identity == two.identity == ANN.public
    assert one.route != two.route
    assert place.listener.send(one.route, b"to the first")
    assert place.listener.send(two.route, b"to the second")
    assert answers(first) == [b"to the first"]
    assert answers(second) == [b"to the second"]


def test_routes_cannot_be_foretold(place: Place) -> None:
    routes = set()
    for _ in range(2):
        ctypes.CDLL(None).srand(1)  # as every process begins
        place.listen()
        place.call().send(b"here")
        place.heard.clear()
        routes.add(place.hear(b"here").route)
    assert len(routes) == 2


def test_an_oversized_frame_costs_its_sender_the_connection_and_nobody_else(place: Place) -> None:
    place.listen(largest=1000)
    loud, ann = place.call(BOB), place.call()
    assert loud.send(b"x" * 1000)
    place.hear(b"x" * 1000)
    assert loud.send(b"x" * 5000)
    wait_for(lambda: loud.broken, "it was not cut off")
    assert ann.send(b"still here")
    place.hear(b"still here")
    assert all(len(said.frame) <= 1000 for said in place.heard)


def test_a_frame_just_over_the_limit_is_dropped(place: Place) -> None:
    place.listen(largest=1000)
    ann = place.call()
    assert ann.send(b"x" * 1001)
    assert ann.send(b"next")
    place.hear(b"next")
    assert [said.frame for said in place.heard] == [b"next"]
    assert place.listener.dropped == 1


def test_both_sides_refuse_to_send_what_the_other_would_not_take(place: Place) -> None:
    ann = place.call()
    with pytest.raises(InvalidInput, match="over the limit"):
        ann.send(bytes((8 << 20) + 1))
    ann.send(b"hello")
    with pytest.raises(InvalidInput, match="over the limit"):
        place.listener.send(place.hear(b"hello").route, bytes((1 << 20) + 1))


def test_messages_of_several_parts_are_dropped_and_counted(place: Place) -> None:
    odd = place.raw(BOB)
    odd.send_multipart([b"one", b"two"])
    odd.send_multipart([b""] * 100)
    odd.send(b"whole")
    place.hear(b"whole")
    assert [said.frame for said in place.heard] == [b"whole"]
    assert place.listener.dropped == 2


def test_a_listener_is_told_that_a_peer_is_gone(place: Place) -> None:
    assert not place.listener.send(b"nobody", b"hello?")
    ann = place.call()
    ann.send(b"hello")
    route = place.hear(b"hello").route
    ann.close()
    wait_for(lambda: not place.listener.send(route, b"are you there?"), "it was never told")


def test_a_full_queue_is_told_and_what_was_taken_arrives(place: Place) -> None:
    ann = place.call()
    ann.send(b"hello")
    route = place.hear(b"hello").route
    block = bytes(20_000)  # so that the operating system does not hold it all for itself
    sent = 0
    while place.listener.send(route, sent.to_bytes(4) + block):
        sent += 1
        assert sent < 100 * QUEUED, "nothing ever filled"
    got: list[int] = []
    while len(got) < sent:
        got += [int.from_bytes(frame[:4]) for frame in answers(ann)]
    assert got == list(range(sent))
    assert place.listener.send(route, b"there is room again")


def test_a_callers_full_queue_is_told_and_what_was_taken_arrives(place: Place) -> None:
    ann = place.call()
    block = bytes(20_000)
    sent = 0
    while ann.ready(0):  # what is full may have room again a moment later
        while ann.send(sent.to_bytes(4) + block):
            sent += 1
            assert sent < 100 * QUEUED, "nothing ever filled"
    got: list[int] = []
    while len(got) < sent:
        assert place.listener.poll(PATIENCE)
        got += [int.from_bytes(said.frame[:4]) for said in place.listener.receive(100)]
    assert got == list(range(sent))
    assert ann.ready(PATIENCE)


def test_no_more_is_drained_than_was_asked_for_and_none_is_passed_over(place: Place) -> None:
    busy, quiet = place.call(), place.call(BOB)
    for number in range(200):
        assert busy.send(b"%d" % number)
    assert quiet.send(b"quiet")
    drains: list[list[Received]] = []
    while sum(map(len, drains)) < 201:
        assert place.listener.poll(PATIENCE)
        drains.append(place.listener.receive(7))
    assert max(map(len, drains)) == 7
    said = [one.frame for drain in drains for one in drain]
    assert sorted(said) == sorted([b"quiet", *(b"%d" % number for number in range(200))])
    assert place.listener.receive(7) == []


def test_a_caller_drains_no_more_than_it_asked_for(place: Place) -> None:
    ann = place.call()
    ann.send(b"hello")
    route = place.hear(b"hello").route
    for number in range(10):
        assert place.listener.send(route, b"%d" % number)
    got: list[bytes] = []
    while len(got) < 10:
        assert ann.poll(PATIENCE)
        some = ann.receive(3)
        assert 0 < len(some) <= 3
        got += some
    assert got == [b"%d" % number for number in range(10)]


def test_nothing_is_sent_before_the_connection_stands(place: Place) -> None:
    address = place.listener.address
    place.listener.close()
    early = place.dial()
    assert not early.send(b"early")
    assert not early.ready(0)
    assert not early.broken
    place.listen(address)
    assert early.ready(PATIENCE)
    assert early.send(b"in time")
    place.hear(b"in time")
    assert [said.frame for said in place.heard] == [b"in time"]


def test_a_server_that_comes_back_hears_no_old_words(place: Place) -> None:
    address = place.listener.address
    ann = place.call()
    for _ in range(100):
        assert ann.send(b"old")
    place.listener.close()
    wait_for(lambda: ann.broken, "the break went unnoticed")
    assert not ann.send(b"old too")
    assert not ann.ready(PATIENCE)
    place.listen(address)
    ann.reconnect()
    assert not ann.broken
    assert ann.ready(PATIENCE)
    assert ann.send(b"new")
    place.hear(b"new")
    assert [said.frame for said in place.heard] == [b"new"]


def test_a_broken_connection_does_not_resume_by_itself(place: Place) -> None:
    address = place.listener.address
    ann = place.call()
    place.listener.close()
    place.listen(address)
    place.call(BOB)  # who called after the restart stands already
    wait_for(lambda: ann.broken, "the break went unnoticed")
    assert not ann.poll(0)
    assert ann.receive(1) == []


def test_reconnecting_leaves_the_old_route_dead(place: Place) -> None:
    ann = place.call()
    ann.send(b"before")
    before = place.hear(b"before").route
    ann.reconnect()
    assert ann.ready(PATIENCE)
    ann.send(b"after")
    after = place.hear(b"after")
    assert after.route != before
    wait_for(lambda: not place.listener.send(before, b"old"), "the old route stayed")
    assert place.listener.send(after.route, b"new")
    assert answers(ann)[-1] == b"new"


@pytest.mark.parametrize("side", ["listener", "caller", "broken caller"])
@pytest.mark.parametrize("early", [True, False], ids=["before it waits", "while it waits"])
def test_any_thread_may_wake_one_that_waits(place: Place, side: str, early: bool) -> None:
    ann = place.call()
    if side == "broken caller":
        place.listener.close()
        wait_for(lambda: ann.broken, "the break went unnoticed")
    waiting: Callable[[float], bool] = place.listener.poll if side == "listener" else ann.poll
    socket = place.listener if side == "listener" else ann
    found: list[bool] = []
    waiter = threading.Thread(target=lambda: found.append(waiting(600)))
    if early:
        socket.wake()
    waiter.start()
    if not early:
        socket.wake()
    waiter.join(PATIENCE)
    assert found == [False]


def test_what_is_wrong_with_an_address_or_a_key_is_said(place: Place) -> None:
    with pytest.raises(InvalidInput, match="in use"):
        Listener(place.listener.address, SERVER, KNOWN.__contains__)
    with pytest.raises(InvalidInput, match="cannot be listened on"):
        Listener("nowhere", SERVER, KNOWN.__contains__)
    with pytest.raises(InvalidInput, match="no server"):
        Connection("nowhere", ANN, SERVER.public)
    with pytest.raises(InvalidInput, match="no server"):
        Connection(place.listener.address, ANN, "short")


def test_closing_twice_is_closing_once() -> None:
    listener = Listener(ANYWHERE, SERVER, KNOWN.__contains__)
    ann = Connection(listener.address, ANN, SERVER.public)
    for _ in range(2):
        ann.close()
        listener.close()
