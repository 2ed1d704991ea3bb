"""Finding one text tag in MP4/MOV and Matroska/WebM files without a media library.

Sources: ISO/IEC 14496-12 (boxes), QuickTime File Format ('Metadata'), RFC 8794 (EBML), RFC 9559
(Matroska 5.1.8, tags).  Nothing here recurses, and every walk is bounded, so that a hostile file
costs a moment at most.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

# More than any file has; a walk over hostile data ends here.
_MOST_ELEMENTS = 100_000
# A longer tag is none of ours.
MAX_TAG_BYTES = 32 << 20

_SEGMENT = 0x18538067
_TAGS = 0x1254C367
_TAG = 0x7373
_SIMPLE_TAG = 0x67C8
_TAG_NAME = 0x45A3
_TAG_STRING = 0x4487


class _Element(NamedTuple):
    """A box or EBML element: what it is, and where its payload lies."""

    kind: bytes | int
    start: int
    end: int


def mp4_tag(file: BinaryIO, name: str) -> str | None:
    """The value of a metadata key ('mdta' namespace) in an MP4 or MOV file."""
    moov = _first(file, 0, _size(file), b"moov")
    if moov is None:
        return None
    for place in (moov, *_boxes(file, moov.start, moov.end, b"udta")):
        for meta in _boxes(file, place.start, place.end, b"meta"):
            found = _mp4_value(file, meta, name.encode())
            if found is not None:
                return found
    return None


def _mp4_value(file: BinaryIO, meta: _Element, name: bytes) -> str | None:
    # In MP4 a 'meta' box begins with four bytes of version and flags, in QuickTime it does not.
    start = meta.start + (0 if _read(file, meta.start + 4, 4) == b"hdlr" else 4)
    keys = _first(file, start, meta.end, b"keys")
    items = _first(file, start, meta.end, b"ilst")
    if keys is None or items is None:
        return None
    index = _key_index(file, keys, name)
    item = _first(file, items.start, items.end, index.to_bytes(4, "big"))
    data = item and _first(file, item.start, item.end, b"data")
    return _text(file, data.start + 8, data.end) if data else None


def _key_index(file: BinaryIO, keys: _Element, name: bytes) -> int:
    """The number, from 1, under which the item list files this key; 0 if it does not."""
    at = keys.start + 8
    for index in range(1, _MOST_ELEMENTS):
        header = _read(file, at, 8)
        if at >= keys.end or len(header) < 8:
            return 0
        size = struct.unpack(">I", header[:4])[0]
        if size == 8 + len(name) and _read(file, at + 8, len(name)) == name:
            return index
        at += max(8, size)
    return 0


def _first(file: BinaryIO, start: int, end: int, kind: bytes) -> _Element | None:
    return next(_boxes(file, start, end, kind), None)


def _boxes(file: BinaryIO, start: int, end: int, kind: bytes) -> Iterator[_Element]:
    """The boxes of one kind between two positions, not looking inside others."""
    for _ in range(_MOST_ELEMENTS):
        header = _read(file, start, 16)
        if start + 8 > end or len(header) < 8:
            return
        size, found = struct.unpack(">I4s", header[:8])
        head = 8
        if size == 1 and len(header) == 16:
            size, head = struct.unpack(">Q", header[8:])[0], 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            return
        if found == kind:
            yield _Element(found, start + head, start + size)
        start += size


def matroska_tag(file: BinaryIO, name: str) -> str | None:
    """The value of a tag, whose name Matroska writes in capitals."""
    wanted = name.upper().encode()
    path: list[Iterator[_Element]] = [_elements(file, 0, _size(file), {_SEGMENT})]
    inside = {_SEGMENT: {_TAGS}, _TAGS: {_TAG}, _TAG: {_SIMPLE_TAG}}
    while path:
        element = next(path[-1], None)
        if element is None:
            path.pop()
        elif element.kind == _SIMPLE_TAG:
            value = _simple_tag(file, element, wanted)
            if value is not None:
                return value
        elif isinstance(element.kind, int):
            path.append(_elements(file, element.start, element.end, inside[element.kind]))
    return None


def _simple_tag(file: BinaryIO, tag: _Element, name: bytes) -> str | None:
    parts = list(_elements(file, tag.start, tag.end, {_TAG_NAME, _TAG_STRING}))
    named = any(
        part.kind == _TAG_NAME
        and part.end - part.start < 256
        and _read(file, part.start, part.end - part.start).upper() == name
        for part in parts
    )
    values = [part for part in parts if part.kind == _TAG_STRING]
    return _text(file, values[0].start, values[0].end) if named and values else None


def _elements(file: BinaryIO, start: int, end: int, kinds: set[int]) -> Iterator[_Element]:
    """The EBML elements of these kinds between two positions."""
    for _ in range(_MOST_ELEMENTS):
        # Sizes reach far beyond what a file system lets anybody seek to.
        header = _read(file, start, 12) if start < end else b""
        if not header or header[0] == 0:
            return
        id_length = 9 - header[0].bit_length()
        if id_length > 4 or len(header) <= id_length or header[id_length] == 0:
            return
        kind = int.from_bytes(header[:id_length], "big")
        length = 9 - header[id_length].bit_length()
        size = int.from_bytes(header[id_length : id_length + length], "big")
        size &= (1 << 7 * length) - 1
        payload = start + id_length + length
        unknown = size == (1 << 7 * length) - 1
        after = end if unknown else payload + size
        if kind in kinds:
            yield _Element(kind, payload, min(after, end))
        elif unknown:
            return
        start = after


def _text(file: BinaryIO, start: int, end: int) -> str | None:
    if not 0 <= end - start <= MAX_TAG_BYTES:
        return None
    try:
        return _read(file, start, end - start).decode()
    except UnicodeDecodeError:
        return None


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


def _size(file: BinaryIO) -> int:
    return file.seek(0, 2)
