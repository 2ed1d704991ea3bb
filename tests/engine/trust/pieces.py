"""Signed files taken apart into runs of bytes of one class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

_CONTAINERS: Final = {"moov", "trak", "mdia", "minf", "stbl", "udta", "dinf", "edts", "jumb"}


class Piece(NamedTuple):
    """A run of bytes of one class."""

    name: str
    start: int
    end: int


def boxes(data: bytes, start: int, end: int, path: str = "") -> Iterator[Piece]:
    """The boxes of BMFF or JUMBF: header and content of each apart, containers opened."""
    while start + 8 <= end:
        size = int.from_bytes(data[start : start + 4], "big") or end - start
        name = data[start + 4 : start + 8].decode("latin-1")
        if size < 8 or start + size > end:
            break
        inner = f"{path}/{name}".lstrip("/")
        yield Piece(f"{inner} header", start, start + 8)
        if name in _CONTAINERS:
            yield from boxes(data, start + 8, start + size, inner)
        elif size > 8:
            yield Piece(inner, start + 8, start + size)
        start += size


def _chunks(data: bytes) -> Iterator[Piece]:
    """The chunks of a PNG: length, kind, content and check sum of each."""
    yield Piece("signature", 0, 8)
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8].decode("latin-1")
        parts = {"length": 4, "kind": 4, "content": size, "check sum": 4}
        for part, length in parts.items():
            if length:
                yield Piece(f"{kind} {part}", at, at + length)
            at += length


def _riff(data: bytes) -> Iterator[Piece]:
    """The chunks of a RIFF file."""
    yield Piece("RIFF header", 0, 12)
    at = 12
    while at + 8 <= len(data):
        kind = data[at : at + 4].decode("latin-1")
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield Piece(f"{kind} header", at, at + 8)
        yield Piece(kind, at + 8, min(at + 8 + size, len(data)))
        at += 8 + size + size % 2


def store_in(data: bytes) -> list[Piece]:
    """The boxes of the manifest store of a file that carries it in one piece."""
    store = data.index(b"jumdc2pa") - 12
    return list(boxes(data, store, store + int.from_bytes(data[store : store + 4], "big")))


def is_framing(piece: Piece) -> bool:
    """Whether it says where boxes of the store begin and what kind they are, and nothing else.

    The library finds its way by labels, and passes over some of this.
    """
    return "jumb" in piece.name and piece.name.endswith((" header", "/jumd", "/bfdb"))


def pieces(suffix: str, data: bytes) -> list[Piece]:
    """A file's pieces, and those of its manifest store."""
    inside = store_in(data)
    outer = {".mp4": lambda: boxes(data, 0, len(data)), ".png": lambda: _chunks(data)}
    found = list(outer.get(suffix, lambda: _riff(data))())
    return [*found, *inside]
