"""Chunks as frames, without copying what is in them.

Nearly all that travels are chunks, and every copy of one, and all memory newly taken for one, costs
as much as its encryption does.  So they are written into memory that is used again and again, and
read where they lie.  A frame made here is an ordinary message; one that somebody else made in
another order of fields is read as such.
"""

from __future__ import annotations

import ctypes
import re
from contextlib import suppress
from typing import Final, NamedTuple

from cluster_agent.protocol.messages import Chunk

CHUNK: Final = 1 << 20
"""Bytes of a blob in a message, at most."""

_HEAD: Final = 256
_NUMBER: Final = rb"([\x00-\x7f]|\xcc.|\xcd.{2}|\xce.{4}|\xcf.{8})"
_CHUNK: Final = re.compile(
    rb"\x86\xa4kind\xa5chunk\xa2re" + _NUMBER + rb"\xa6digest\xd9\x40([0-9a-f]{64})\xa6offset"
    + _NUMBER + rb"\xa4size" + _NUMBER + rb"\xa4data(\xc4.|\xc5.{2}|\xc6.{4})",
    re.DOTALL,
)  # fmt: skip
_MOST: Final = 2**53
_TRIM_THRESHOLD: Final = -1  # of the C library's mallopt
_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 32 << 20


class Part(NamedTuple):
    """What a Chunk says; its data may be a view of the frame it came in."""

    re: int
    digest: str
    offset: int
    size: int
    data: bytes | memoryview


def part_of(chunk: Chunk) -> Part:
    """A Chunk that came as an ordinary message."""
    return Part(chunk.re, chunk.digest, chunk.offset, chunk.size, chunk.data)


def read_chunk(frame: memoryview) -> Part | None:
    """What is in a frame as `FrameRoom` makes it; None for any other, sound or not."""
    head = bytes(frame[:_HEAD])
    found = _CHUNK.match(head)
    if found is None:
        return None
    number, offset, size, length = (_value(found[group]) for group in (1, 3, 4, 5))
    data = frame[found.end() :]
    if len(data) != length or max(number, offset, size) > _MOST:
        return None
    return Part(number, found[2].decode(), offset, size, data)


class FrameRoom:
    """Memory for one chunk's frame, to be used again for the next."""

    def __init__(self) -> None:
        self._memory = memoryview(bytearray(_HEAD + CHUNK))

    def room(self, length: int) -> memoryview:
        """Where to put the data of the next chunk."""
        return self._memory[_HEAD : _HEAD + length]

    def frame(self, number: int, digest: str, offset: int, size: int, length: int) -> memoryview:
        """The frame around the data that was put there."""
        head = b"".join((
            b"\x86\xa4kind\xa5chunk\xa2re", _packed(number), b"\xa6digest\xd9\x40", digest.encode(),
            b"\xa6offset", _packed(offset), b"\xa4size", _packed(size),
            b"\xa4data\xc6", length.to_bytes(4),
        ))  # fmt: skip
        self._memory[_HEAD - len(head) : _HEAD] = head
        return self._memory[_HEAD - len(head) : _HEAD + length]


def keep_memory() -> None:
    """Let the C library keep the memory of frames for the next ones, where it can be told so.

    Otherwise it gives every megabyte back and takes it anew, and has it cleared by the system.
    """
    with suppress(AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
        library.mallopt(_MMAP_THRESHOLD, _KEPT)


def _packed(number: int) -> bytes:
    """A number in msgpack, in the one way that takes nine bytes."""
    return b"\xcf" + number.to_bytes(8)


def _value(packed: bytes) -> int:
    """A number or a length in msgpack: the bytes after its type, or all of a single one."""
    return int.from_bytes(packed[1:] or packed)
