from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster_agent.blobs.frames import CHUNK, Part
from cluster_agent.blobs.transfer import (
    AGAIN,
    WINDOW,
    Download,
    Intake,
    Outlet,
    Piece,
    Rejected,
    Upload,
    Violation,
)
from cluster_agent.protocol.messages import GetBlob, Grant, PutBlob, Refused

DIGEST = "ab" * 32
OTHER = "cd" * 32


def part(offset: int, data: bytes, size: int, digest: str = DIGEST) -> Part:
    return Part(1, digest, offset, size, data)


def granted(upload: Upload, have: int, until: int, *, re: int = 0, whole: bool = False) -> None:
    upload.grant(Grant(re=re, digest=DIGEST, have=have, until=until, whole=whole), 0.0)


# Sending


def test_nothing_is_sent_before_it_is_granted() -> None:
    upload = Upload(DIGEST, 100, chunk=40)
    assert upload.ask(7, 0.0) == PutBlob(re=7, digest=DIGEST, size=100)
    assert upload.next() is None
    granted(upload, 0, 60, re=7)
    sent = []
    while (piece := upload.next()) is not None:
        upload.sent(piece)
        sent.append(tuple(piece))
    assert sent == [(0, 40), (40, 20)]


def test_sending_begins_at_what_is_there_already() -> None:
    upload = Upload(DIGEST, 100, chunk=40)
    upload.ask(1, 0.0)
    granted(upload, 70, 100, re=1)
    assert (upload.next(), upload.there) == ((70, 30), 70)


def test_a_blob_that_is_there_is_not_sent() -> None:
    upload = Upload(DIGEST, 100)
    upload.ask(1, 0.0)
    granted(upload, 100, 100, re=1, whole=True)
    assert (upload.done, upload.next()) == (True, None)


def test_all_bytes_there_is_not_the_end_before_it_is_said() -> None:
    upload = Upload(DIGEST, 100)
    upload.ask(1, 0.0)
    granted(upload, 100, 100, re=1)
    assert (upload.done, upload.next()) == (False, None)


def test_what_was_lost_is_sent_again_after_asking_again() -> None:
    upload = Upload(DIGEST, 100, chunk=50)
    upload.ask(1, 0.0)
    granted(upload, 0, 100, re=1)
    for _ in range(2):
        piece = upload.next()
        assert piece is not None
        upload.sent(piece)
    upload.ask(2, 0.0)
    granted(upload, 0, 100)  # a late grant of before does not answer
    assert upload.next() is None
    granted(upload, 50, 100, re=2)
    assert upload.next() == (50, 50)


def test_what_another_uploader_sent_is_skipped() -> None:
    upload = Upload(DIGEST, 100, chunk=10)
    upload.ask(1, 0.0)
    granted(upload, 0, 50, re=1)
    granted(upload, 30, 80)
    assert upload.next() == (30, 10)


def test_silence_is_asked_into_and_only_silence() -> None:
    upload = Upload(DIGEST, 100)
    upload.ask(1, 0.0)
    assert (upload.due(AGAIN - 0.1), upload.due(AGAIN)) == (False, True)
    granted(upload, 0, 100, re=1)
    assert not upload.due(AGAIN)  # there is something to send


@pytest.mark.parametrize(("have", "until"), [(0, 101), (101, 101), (60, 50)])
def test_an_impossible_grant_is_a_violation(have: int, until: int) -> None:
    upload = Upload(DIGEST, 100)
    upload.ask(1, 0.0)
    with pytest.raises(Violation, match=rf"granted {have} to {until} of the 100 bytes"):
        granted(upload, have, until, re=1)


def test_a_refusal_ends_it_unless_asking_again_helps() -> None:
    upload = Upload(DIGEST, 100)
    upload.ask(5, 0.0)
    assert upload.refused(Refused(re=5, reason="lost", code="stale"), 0.0)
    assert not upload.refused(Refused(re=5, reason="wait", code="busy"), 0.0)
    assert not upload.refused(Refused(re=4, reason="of another question", code="quota"), 0.0)
    with pytest.raises(Rejected, match="full"):
        upload.refused(Refused(re=5, reason="full", code="quota"), 0.0)


# Taking in


def intake(size: int = 100, have: int = 0, until: int = 100) -> Intake:
    made = Intake(DIGEST, size, have)
    made.until = until
    return made


def test_chunks_are_taken_in_order() -> None:
    taking = intake()
    assert [taking.chunk(part(at, b"x" * 50, 100)) for at in (0, 50)] == ["next", "next"]
    assert (taking.accepted, taking.written) == (100, 0)


def test_a_replayed_chunk_changes_nothing() -> None:
    taking = intake()
    taking.chunk(part(0, b"x" * 50, 100))
    assert [taking.chunk(part(at, b"y" * 50, 100)) for at in (0, 25)] == ["known", "known"]
    assert taking.accepted == 50


def test_a_reordered_chunk_is_a_gap() -> None:
    taking = intake()
    assert (taking.chunk(part(50, b"x" * 50, 100)), taking.accepted) == ("gap", 0)


@pytest.mark.parametrize(
    ("offset", "length", "size"),
    [(0, 10, 99), (0, 10, 101), (95, 10, 100), (100, 1, 100), (0, 0, 100), (2**53, 10, 100)],
)
def test_lying_sizes_and_offsets_are_violations(offset: int, length: int, size: int) -> None:
    with pytest.raises(Violation, match="does not fit"):
        intake().chunk(part(offset, b"x" * length, size))


def test_a_chunk_over_the_largest_is_a_violation() -> None:
    with pytest.raises(Violation):
        intake(10 * CHUNK, until=10 * CHUNK).chunk(part(0, bytes(CHUNK + 1), 10 * CHUNK))


def test_more_than_was_granted_is_a_violation() -> None:
    with pytest.raises(Violation, match="ends at 51, but 50 was granted"):
        intake(until=50).chunk(part(0, b"x" * 51, 100))


def test_grants_come_at_half_the_window() -> None:
    taking = Intake(DIGEST, 1000, 0)
    assert taking.wants(100) == 100
    taking.grant(100)
    taking.accepted = 100
    taking.wrote(49)
    assert taking.wants(100) == 0
    taking.wrote(1)
    assert taking.wants(100) == 50
    assert taking.grant(50) == Grant(digest=DIGEST, have=100, until=150)


def test_no_more_is_granted_than_the_blob_has() -> None:
    taking = Intake(DIGEST, 30, 0)
    assert taking.wants(100) == 30
    taking.grant(30)
    assert taking.wants(100) == 0


# Getting


def test_a_download_asks_on_at_half_its_window() -> None:
    download = Download(DIGEST, window=100)
    assert download.ask(3, 0.0) == GetBlob(re=3, digest=DIGEST, offset=0, until=100)
    assert download.chunk(part(0, b"x" * 40, 1000), 0.0) == b"x" * 40
    assert download.on() is None
    download.chunk(part(40, b"x" * 10, 1000), 0.0)
    assert download.on() == GetBlob(re=3, digest=DIGEST, offset=100, until=150)


def test_chunks_that_do_not_come_next_are_dropped() -> None:
    download = Download(DIGEST, 10)
    assert download.chunk(part(0, b"x", 100), 0.0) == b""
    assert download.chunk(part(11, b"x", 100), 0.0) == b""
    assert download.chunk(part(10, b"x", 100, OTHER), 0.0) == b""
    assert download.received == 10


@pytest.mark.parametrize("lie", [part(0, b"xx", 1), part(0, b"x", 99)])
def test_a_service_that_lies_about_sizes_is_a_violation(lie: Part) -> None:
    download = Download(DIGEST)
    download.size = 100
    with pytest.raises(Violation):
        download.chunk(lie, 0.0)


def test_an_empty_blob_is_got_by_one_empty_chunk() -> None:
    download, outlet = Download(DIGEST), Outlet(DIGEST, 0)
    outlet.ask(download.ask(1, 0.0))
    assert outlet.next() == (0, 0)
    outlet.sent(Piece(0, 0))
    assert (outlet.next(), outlet.over) == (None, True)
    download.chunk(part(0, b"", 0), 0.0)
    assert download.done


@pytest.mark.parametrize(("offset", "until"), [(101, 200), (50, 40)])
def test_bytes_that_are_not_there_cannot_be_asked_for(offset: int, until: int) -> None:
    with pytest.raises(Violation, match="cannot be sent"):
        Outlet(DIGEST, 100).ask(GetBlob(digest=DIGEST, offset=offset, until=until))


def test_no_ask_makes_a_service_send_without_bound() -> None:
    outlet = Outlet(DIGEST, 2**50)
    outlet.ask(GetBlob(digest=DIGEST, offset=0, until=2**50))
    sent = 0
    while (piece := outlet.next()) is not None:
        outlet.sent(piece)
        sent += piece.length
    assert sent == 2 * WINDOW


# Both ends, over a line that loses everything now and then


@given(
    size=st.integers(0, 300), have=st.integers(0, 300), window=st.integers(2, 64),
    chunk=st.integers(1, 32), cuts=st.sets(st.integers(0, 60)),
)  # fmt: skip
def test_an_upload_arrives_whole_whatever_is_cut(
    size: int, have: int, window: int, chunk: int, cuts: set[int]
) -> None:
    blob = bytes(number % 251 for number in range(size))
    disk = bytearray(blob[:have])
    upload = Upload(DIGEST, size, chunk=chunk)
    taking: Intake | None = None
    up: deque[PutBlob | Part] = deque()
    down: deque[Grant | Refused] = deque()
    number, now = 1, 0.0
    up.append(upload.ask(number, now))
    for turn in range(10_000):
        now += 1.0
        if turn in cuts:  # the connection and the service die; what was written stays
            up.clear()
            down.clear()
            taking = None
        if up:
            said = up.popleft()
            if isinstance(said, PutBlob):
                taking = taking or Intake(DIGEST, size, len(disk))
                down.append(taking.grant(0).model_copy(update={"re": said.re}))
            elif taking is None or taking.chunk(said) == "gap":
                down.append(Refused(re=said.re, reason="lost", code="stale"))
            elif taking.accepted > len(disk):
                disk += said.data
                taking.wrote(len(said.data))
        if taking is not None:
            if taking.written == size:
                down.append(Grant(digest=DIGEST, have=size, until=size, whole=True))
            elif more := taking.wants(window):
                down.append(taking.grant(more))
        again = False
        if down:
            heard = down.popleft()
            if isinstance(heard, Grant):
                upload.grant(heard, now)
            else:
                again = upload.refused(heard, now)
        if upload.done:
            break
        if again or upload.due(now):
            number += 1
            up.append(upload.ask(number, now))
        elif (piece := upload.next()) is not None:
            data = blob[piece.offset : piece.offset + piece.length]
            up.append(Part(number, DIGEST, piece.offset, size, data))
            upload.sent(piece)
    assert upload.done
    assert bytes(disk[:size]) == blob


@given(
    size=st.integers(0, 300), have=st.integers(0, 300), window=st.integers(2, 64),
    chunk=st.integers(1, 32), cuts=st.sets(st.integers(0, 60)),
)  # fmt: skip
def test_a_download_arrives_whole_whatever_is_cut(
    size: int, have: int, window: int, chunk: int, cuts: set[int]
) -> None:
    blob = bytes(number % 251 for number in range(size))
    got = bytearray(blob[:have])
    download = Download(DIGEST, len(got), window=window)
    outlet: Outlet | None = None
    up: deque[GetBlob] = deque()
    down: deque[Part] = deque()
    now = 0.0
    up.append(download.ask(1, now))
    for turn in range(10_000):
        now += 1.0
        if turn in cuts:
            up.clear()
            down.clear()
            outlet = None
        if up:
            outlet = outlet or Outlet(DIGEST, size)
            outlet.ask(up.popleft())
        if outlet is not None and (piece := outlet.next()) is not None:
            length = min(piece.length, chunk)
            outlet.sent(piece._replace(length=length))
            down.append(part(piece.offset, blob[piece.offset : piece.offset + length], size))
        if down:
            got += download.chunk(down.popleft(), now)
            if (on := download.on()) is not None:
                up.append(on)
        if download.done:
            break
        if download.due(now):
            up.append(download.ask(turn, now))
    assert download.done
    assert bytes(got) == blob
