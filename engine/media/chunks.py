"""Walking the chunks of PNG, WebP and JPEG files without decoding anything.

Sources: PNG (W3C, third edition) 5.3; WebP container (RFC 9649) 2.3; JPEG (ITU-T T.81) B.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff"
# More than any picture has; a walk over hostile data ends here.
_MOST_CHUNKS = 1_000_000
_MOST_EXIF = 1 << 20
_JPEG_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_JPEG_SCAN = 0xDA
_JPEG_APP1 = 0xE1


class Chunk(NamedTuple):
    """A named stretch of a file: its payload begins at `start` and is `size` bytes long."""

    name: bytes
    start: int
    size: int


def png_chunks(file: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a PNG file, up to the first that is cut short."""
    at = len(PNG_SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            return
        size, name = struct.unpack(">I4s", header)
        yield Chunk(name, at + 8, size)
        at += 12 + size


def riff_chunks(file: BinaryIO) -> Iterator[Chunk]:
    """The top-level chunks of a RIFF file, WebP among them."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            return
        name, size = struct.unpack("<4sI", header)
        yield Chunk(name, at + 8, size)
        at += 8 + size + size % 2


def jpeg_segments(file: BinaryIO) -> Iterator[Chunk]:
    """The segments of a JPEG file before its image data, named by their marker byte."""
    at = 2
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        header = file.read(4)
        if len(header) < 4 or header[0] != 0xFF or header[1] == _JPEG_SCAN:
            return
        if header[1] in _JPEG_STANDALONE:
            at += 2
            continue
        size = struct.unpack(">H", header[2:])[0] - 2
        if size < 0:
            return
        yield Chunk(header[1:2], at + 4, size)
        at += 4 + size


def payload(file: BinaryIO, chunk: Chunk, limit: int) -> bytes:
    """A chunk's bytes, at most `limit` of them."""
    file.seek(chunk.start)
    return file.read(min(chunk.size, limit))


def is_webp(head: bytes) -> bool:
    """Whether a file that begins like this is a WebP."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def exif_of(path: Path) -> bytes:
    """The EXIF data of a JPEG, PNG, WebP or TIFF, beginning with its byte order; else nothing."""
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] in (b"II*\0", b"MM\0*"):
            file.seek(0)
            return file.read(_MOST_EXIF)
        if head.startswith(PNG_SIGNATURE):
            found = (c for c in png_chunks(file) if c.name == b"eXIf")
        elif is_webp(head):
            found = (c for c in riff_chunks(file) if c.name == b"EXIF")
        elif head.startswith(JPEG_SIGNATURE):
            found = (c for c in jpeg_segments(file) if c.name[0] == _JPEG_APP1)
        else:
            return b""
        for chunk in found:
            exif = payload(file, chunk, _MOST_EXIF)
            if chunk.name[0] != _JPEG_APP1 or exif.startswith(b"Exif\0"):
                return exif.removeprefix(b"Exif\0\0")
        return b""
