"""Pairing: two sides that see the same code know each other; nobody in between gets in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from cluster_agent.keys import Grant, KeyPair, KnownServer, Servers, Trust
from cluster_agent.pairing import PairingCall, PairingDoor, PairingFailed
from cluster_agent.protocol.messages import (
    Message,
    Pair,
    PairAgreed,
    PairOffer,
    PairReveal,
    Ping,
    Refused,
)
from cluster_agent.protocol.wire import FROM_DOOR, decode, encode
from cluster_agent.transport import Connection
from tests.cluster_agent.waiting import PATIENCE, wait_for

SERVER, COMPUTER, MALLORY = KeyPair.new(), KeyPair.new(), KeyPair.new()
BROKER_PORT = 7711


class Meeting:
    """Doors and callers, each side in a thread of its own where both must act."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        self.trust = Trust(folder / "trust.toml")
        self.servers = Servers(folder / "servers.toml")
        self._ends = ends
        self.pool = ends.enter_context(ThreadPoolExecutor(4))

    def door(self, own: KeyPair = SERVER) -> PairingDoor:
        return self._ends.enter_context(PairingDoor("tcp://127.0.0.1:0", own, "gpu1", BROKER_PORT))

    def call(self, door: PairingDoor, own: KeyPair = COMPUTER) -> PairingCall:
        return self._ends.enter_context(PairingCall(door.address, own, "tests"))

    def codes(self, door: PairingDoor, call: PairingCall) -> tuple[str, str]:
        at_the_door = self.pool.submit(door.code, PATIENCE)
        return call.code(PATIENCE), at_the_door.result()

    def raw(self, door: PairingDoor) -> Connection:
        """Somebody at the door who says what they like."""
        known_to_all = KeyPair.derived(b"reelwright pairing door, version 1")
        made = Connection(door.address, MALLORY, known_to_all.public)
        self._ends.callback(made.close)
        assert made.ready(PATIENCE)
        return made


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[Meeting]:
    with ExitStack() as ends:
        yield Meeting(tmp_path, ends)


def said_to(connection: Connection) -> Message:
    assert connection.poll(PATIENCE), "nothing was said"
    return decode(connection.receive(1)[0], FROM_DOOR)


def test_both_sides_see_one_code_and_know_each_other_once_both_agree(meeting: Meeting) -> None:
    door = meeting.door()
    call = meeting.call(door)
    code, same = meeting.codes(door, call)
    assert code == same
    assert re.fullmatch(r"\d{4}-\d{4}", code)
    assert not meeting.trust.allow(COMPUTER.public)
    assert meeting.servers.all() == ()

    agreed = meeting.pool.submit(door.agree, meeting.trust, "ann", ["submit", "observe"], "desk")
    paired = call.agree(meeting.servers)

    assert paired.user == "ann"
    assert agreed.result().key == COMPUTER.public
    assert meeting.trust.grant(COMPUTER.public) == Grant("ann", frozenset({"submit", "observe"}))
    assert meeting.servers.all() == (
        KnownServer(name="gpu1", address="tcp://127.0.0.1:7711", key=SERVER.public),
    )


def test_a_server_may_be_called_by_another_name(meeting: Meeting) -> None:
    door = meeting.door()
    call = meeting.call(door)
    meeting.codes(door, call)
    meeting.pool.submit(door.agree, meeting.trust, "ann", ["submit"])
    call.agree(meeting.servers, "big")
    assert meeting.servers.find("big").key == SERVER.public


def test_every_meeting_has_a_code_of_its_own(meeting: Meeting) -> None:
    codes = set()
    for _ in range(3):
        door = meeting.door()
        codes.add(meeting.codes(door, meeting.call(door))[0])
    assert len(codes) == 3


def test_somebody_in_between_shows_each_side_another_code(meeting: Meeting) -> None:
    door, false_door = meeting.door(), meeting.door(MALLORY)
    call, false_call = meeting.call(false_door), meeting.call(door, MALLORY)
    seen_by_server, _ = meeting.codes(door, false_call)
    seen_by_computer, _ = meeting.codes(false_door, call)
    assert seen_by_server != seen_by_computer


def test_nothing_is_written_when_the_server_saw_another_code(meeting: Meeting) -> None:
    door = meeting.door()
    call = meeting.call(door)
    meeting.codes(door, call)
    door.refuse()
    with pytest.raises(PairingFailed, match="server's side saw another code"):
        call.agree(meeting.servers)
    assert meeting.servers.all() == ()
    assert not meeting.trust.allow(COMPUTER.public)


def test_nothing_is_written_when_the_computer_saw_another_code(meeting: Meeting) -> None:
    door = meeting.door()
    call = meeting.call(door)
    meeting.codes(door, call)
    call.refuse()
    with pytest.raises(PairingFailed, match="other side saw another code"):
        door.agree(meeting.trust, "ann", ["submit"])
    assert not meeting.trust.allow(COMPUTER.public)


def test_nothing_is_written_while_one_side_is_silent(meeting: Meeting) -> None:
    door = meeting.door()
    call = meeting.call(door)
    meeting.codes(door, call)
    with pytest.raises(PairingFailed, match="in time"):
        door.agree(meeting.trust, "ann", ["submit"], patience=0)
    assert not meeting.trust.allow(COMPUTER.public)
    with pytest.raises(PairingFailed):
        call.agree(meeting.servers)
    assert meeting.servers.all() == ()


def test_a_door_is_closed_to_the_second_who_comes(meeting: Meeting) -> None:
    door = meeting.door()
    meeting.raw(door)
    with pytest.raises(PairingFailed, match="Somebody else is at the door"):
        meeting.call(door).code(PATIENCE)


@pytest.mark.parametrize(
    "words",
    [
        Ping(),
        PairReveal(nonce=bytes(32)),
        PairAgreed(agreed=True),
        Pair(versions=(99,), software="tests", commitment="a" * 64),
    ],
    ids=lambda words: words.kind,
)
def test_whoever_says_anything_else_is_turned_away(meeting: Meeting, words: Message) -> None:
    door = meeting.door()
    stranger = meeting.raw(door)
    stranger.send(encode(words))
    with pytest.raises(PairingFailed):
        door.code(PATIENCE)
    assert isinstance(said_to(stranger), Refused)


def test_a_door_that_is_sent_garbage_fails_with_a_sentence(meeting: Meeting) -> None:
    door = meeting.door()
    meeting.raw(door).send(b"\xc1")
    with pytest.raises(PairingFailed, match="no message"):
        door.code(PATIENCE)


def test_the_code_is_made_as_the_protocol_says(meeting: Meeting) -> None:
    door = meeting.door()
    shown = meeting.pool.submit(door.code, PATIENCE)
    guest, key, nonce = meeting.raw(door), MALLORY.public.encode(), b"n" * 32
    commitment = hashlib.sha256(b"reelwright pairing commitment\0" + key + nonce).hexdigest()
    guest.send(encode(Pair(versions=(1,), software="another's", commitment=commitment)))
    offer = said_to(guest)
    assert isinstance(offer, PairOffer)
    assert (offer.key, offer.broker, offer.port) == (SERVER.public, "gpu1", BROKER_PORT)
    guest.send(encode(PairReveal(nonce=nonce)))
    said = b"reelwright pairing code\0" + offer.key.encode() + key + offer.nonce + nonce
    digits = str(int(hashlib.sha256(said).hexdigest(), 16))[-8:]
    assert shown.result() == f"{digits[:4]}-{digits[4:]}"


def test_who_changes_the_nonce_after_seeing_the_servers_is_turned_away(meeting: Meeting) -> None:
    door = meeting.door()
    failed = meeting.pool.submit(door.code, PATIENCE)
    stranger = meeting.raw(door)
    stranger.send(encode(Pair(versions=(1,), software="tests", commitment="a" * 64)))
    assert said_to(stranger).kind == "pair_offer"
    stranger.send(encode(PairReveal(nonce=bytes(32))))
    with pytest.raises(PairingFailed, match="not what it was bound to"):
        failed.result()
    assert isinstance(said_to(stranger), Refused)


def test_a_door_with_nobody_before_it_says_so(meeting: Meeting) -> None:
    with pytest.raises(PairingFailed, match="in time"):
        meeting.door().code(patience=0)


def test_where_there_is_no_door_that_is_said(meeting: Meeting) -> None:
    door = meeting.door()
    call = meeting.call(door)
    door.close()
    with pytest.raises(PairingFailed, match="No door for pairing answers"):
        call.code(patience=0.2)


def test_a_door_that_closes_is_noticed(meeting: Meeting) -> None:
    door = meeting.door()
    call = meeting.call(door)
    meeting.codes(door, call)
    door.close()
    wait_for(lambda: call._connection.broken, "the door stayed open")
    with pytest.raises(PairingFailed, match="No door for pairing answers"):
        call.agree(meeting.servers)
