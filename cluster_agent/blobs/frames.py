"""Chunks as frames, without copying what is in them.

A chunk is by far the most that travels, and each copy of it costs a tenth of the whole transfer:
its frame is made first, and the disk fills in the data.
"""

from __future__ import annotations

from typing import NamedTuple

import msgpack

from cluster_agent.protocol.messages import Chunk


class ChunkFrame(NamedTuple):
    """A frame on its way to be sent; `data` is the part of it to be filled."""

    frame: bytearray
    data: memoryview


def chunk_frame(number: int, digest: str, offset: int, size: int, length: int) -> ChunkFrame:
    """The frame of a Chunk that answers `number`, with room for `length` bytes of a blob."""
    packer = msgpack.Packer(autoreset=False)
    fields = {"kind": Chunk.kind, "re": number, "digest": digest, "offset": offset, "size": size}
    packer.pack_map_header(len(fields) + 1)
    for name, value in fields.items():
        packer.pack(name)
        packer.pack(value)
    packer.pack("data")
    head = packer.bytes() + _bin_header(length)
    frame = bytearray(len(head) + length)
    frame[: len(head)] = head
    return ChunkFrame(frame, memoryview(frame)[len(head) :])


def _bin_header(length: int) -> bytes:
    """The head of msgpack's bin family: one, two or four bytes of length."""
    for code, width in ((0xC4, 1), (0xC5, 2)):
        if length < 1 << (8 * width):
            return bytes([code]) + length.to_bytes(width)
    return b"\xc6" + length.to_bytes(4)
