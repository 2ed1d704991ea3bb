"""The pipe between an agent and a worker believes nothing that was not declared."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import msgpack
import pytest

from cluster_agent.agent.pipe import (
    LARGEST,
    Broken,
    CancelJob,
    JobEnded,
    JobKept,
    JobTold,
    Pipe,
    RunJob,
    Up,
    Warm,
)
from cluster_agent.protocol.messages import Lease

LEASE = Lease(job="j1", epoch=2)
FRAMES = [
    RunJob(lease=LEASE, outputs=("a", "b"), previews=True, fresh=False, rank=1, size=2),
    RunJob(lease=LEASE, outputs=None, previews=False, fresh=True),
    CancelJob(lease=LEASE),
    Warm(model="starter"),
    Up(packs={"core": "1"}, models=("starter",), problems=()),
    JobTold(lease=LEASE, event="{}", node="a", phase="ENCODING", step=1, steps=2),
    JobKept(lease=LEASE, fingerprint="a" * 64, step=3, name="aa-3"),
    JobEnded(lease=LEASE, fault="failed", error="no", peak=7, warm="starter"),
]


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def flood(pipe: Pipe) -> None:
    for _ in range(10_000):
        pipe.send(Warm(model="m" * 1000))


def test_frames_arrive_as_they_were_said(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    for frame in FRAMES:
        Pipe(here).send(frame)
    here.close()
    assert list(Pipe(there).frames()) == FRAMES


@pytest.mark.parametrize(
    "body",
    [
        b"\xc1",
        b"",
        msgpack.packb(7),
        msgpack.packb({"kind": "odd"}),
        msgpack.packb({"kind": "warm"}),
        msgpack.packb({"kind": "warm", "model": 7}),
        msgpack.packb({"kind": "warm", "model": "a", "more": 1}),
        msgpack.packb({"kind": ["warm"]}),
        msgpack.packb(
            {"kind": "kept", "lease": {"job": "j1", "epoch": 1}, "fingerprint": "a" * 64}
            | {"step": 1, "name": "../../elsewhere"}
        ),
    ],
)
def test_nonsense_breaks_the_pipe(ends: tuple[socket.socket, socket.socket], body: bytes) -> None:
    here, there = ends
    here.sendall(struct.pack("<I", len(body)) + body)
    with pytest.raises(Broken):
        next(Pipe(there).frames())


def test_a_length_that_is_too_large_is_not_waited_for(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    here, there = ends
    here.sendall(struct.pack("<I", LARGEST + 1))
    with pytest.raises(Broken, match=str(LARGEST + 1)):
        next(Pipe(there).frames())


def test_a_frame_that_is_cut_off_is_the_end(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    here.sendall(struct.pack("<I", 100) + b"half")
    here.close()
    assert list(Pipe(there).frames()) == []


def test_who_does_not_listen_is_not_waited_for(ends: tuple[socket.socket, socket.socket]) -> None:
    here, _ = ends
    pipe = Pipe(here, patience=0.05)
    with pytest.raises(Broken):
        flood(pipe)


def test_a_closed_pipe_says_so(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    there.close()
    with pytest.raises(Broken):
        flood(Pipe(here))


def test_a_frame_that_is_too_large_is_not_sent(ends: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(Broken, match="too large"):
        Pipe(ends[0]).send(JobTold(lease=LEASE, event="x" * (LARGEST + 1)))
