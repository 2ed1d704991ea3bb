from __future__ import annotations

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from cluster_agent.blobs.frames import CHUNK, FrameRoom, part_of, read_chunk
from cluster_agent.protocol.messages import Chunk
from cluster_agent.protocol.wire import TO_BLOBS, decode, encode

DIGEST = "0f" * 32
count = st.integers(0, 2**53)


def made(re: int, offset: int, size: int, data: bytes) -> memoryview:
    room = FrameRoom()
    room.room(len(data))[:] = data
    return room.frame(re, DIGEST, offset, size, len(data))


@given(count, count, count, st.binary(max_size=300))
def test_a_frame_made_here_is_an_ordinary_chunk(
    re: int, offset: int, size: int, data: bytes
) -> None:
    frame = made(re, offset, size, data)
    chunk = Chunk(re=re, digest=DIGEST, offset=offset, size=size, data=data)
    assert decode(bytes(frame), TO_BLOBS) == chunk
    assert read_chunk(frame) == part_of(chunk)


@given(count, count, count, st.binary(max_size=300))
def test_the_wires_own_chunks_are_read_or_left_to_it(
    re: int, offset: int, size: int, data: bytes
) -> None:
    chunk = Chunk(re=re, digest=DIGEST, offset=offset, size=size, data=data)
    assert read_chunk(memoryview(encode(chunk))) in (None, part_of(chunk))


@given(st.binary(max_size=400))
def test_no_bytes_are_mistaken_for_a_chunk(frame: bytes) -> None:
    assert read_chunk(memoryview(frame)) is None


@given(st.data())
def test_a_changed_frame_is_read_as_the_wire_reads_it_or_left_to_it(data: st.DataObject) -> None:
    frame = bytearray(made(5, 10, 100, b"content"))
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    frame = frame[: data.draw(st.integers(0, len(frame)))] + data.draw(st.binary(max_size=3))
    part = read_chunk(memoryview(frame))
    if part is not None:
        chunk = decode(bytes(frame), TO_BLOBS)
        assert isinstance(chunk, Chunk)
        assert part == part_of(chunk)


def test_a_frame_with_too_little_or_too_much_is_left_to_the_wire() -> None:
    frame = bytes(made(1, 0, 7, b"content"))
    assert read_chunk(memoryview(frame)) is not None
    assert read_chunk(memoryview(frame[:-1])) is None
    assert read_chunk(memoryview(frame + b"!")) is None


def test_a_number_out_of_range_is_left_to_the_wire() -> None:
    assert read_chunk(made(2**53 + 1, 0, 1, b"x")) is None


def test_a_room_is_used_again() -> None:
    room = FrameRoom()
    for data in (b"first", b"the second", b"x" * CHUNK, b""):
        room.room(len(data))[:] = data
        part = read_chunk(room.frame(1, DIGEST, 0, len(data), len(data)))
        assert part is not None
        assert part.data == data
        assert msgpack.unpackb(bytes(room.frame(1, DIGEST, 0, 1, len(data))))["data"] == data
