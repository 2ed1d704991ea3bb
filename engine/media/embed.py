"""The graph document inside the file that it made, and back out of it.

Videos carry it as a metadata tag of their container, which `write_video` writes; pictures and
animations get it here.  Reading needs no media library and decodes nothing.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape, unescape

from engine.media.chunks import (
    JPEG_SIGNATURE,
    PNG_SIGNATURE,
    is_webp,
    jpeg_segments,
    payload,
    png_chunks,
    riff_chunks,
)
from engine.media.container_tags import MAX_TAG_BYTES, matroska_tag, mp4_tag
from engine.media.readable import cannot_read, require_file

DOCUMENT_KEY = "reelwright_graph"
# Beside the pictures of a PNG sequence.
DOCUMENT_FILE = "graph.reel"

_KEYWORD = DOCUMENT_KEY.encode()
_GIF_SIGNATURES = (b"GIF87a", b"GIF89a")
_MATROSKA_SIGNATURE = b"\x1a\x45\xdf\xa3"
_JPEG_COMMENT = b"\xfe"
_JPEG_PIECE = 65_000
_MOST_GIF_BLOCKS = 1_000_000
_XMP_FLAG = 0x04
_ALPHA_FLAG = 0x10
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:reelwright="https://reelwright.invalid/ns/"><reelwright:graph>{}</reelwright:graph>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)
_IN_XMP = re.compile("<reelwright:graph>(.*?)</reelwright:graph>", re.DOTALL)


def read_embedded(path: Path) -> str | None:
    """The graph document that a video, picture or folder of frames carries, or None.

    Raises InvalidMedia for a path that cannot be read at all.
    """
    if path.is_dir():
        path = path / DOCUMENT_FILE
        return path.read_text("utf-8") if path.is_file() else None
    require_file(path)
    try:
        with open(path, "rb") as file:
            return _find(file)
    except OSError as error:
        raise cannot_read(
            path, f"cannot be read: {error.strerror}", remedy="Check its permissions."
        ) from error


def _find(file: BinaryIO) -> str | None:
    head = file.read(16)
    if head.startswith(PNG_SIGNATURE):
        return _from_png(file)
    if head.startswith(JPEG_SIGNATURE):
        return _from_jpeg(file)
    if head.startswith(_GIF_SIGNATURES):
        return _from_gif(file)
    if is_webp(head):
        return _from_webp(file)
    if head.startswith(_MATROSKA_SIGNATURE):
        return matroska_tag(file, DOCUMENT_KEY)
    return mp4_tag(file, DOCUMENT_KEY)


def embedded(picture: bytes, document: str) -> bytes:
    """An encoded PNG, JPEG, GIF or WebP with the document put in, pixels untouched."""
    if picture.startswith(PNG_SIGNATURE):
        return _into_png(picture, document)
    if picture.startswith(JPEG_SIGNATURE):
        return _into_jpeg(picture, document)
    if picture.startswith(_GIF_SIGNATURES):
        return _into_gif(picture, document)
    if is_webp(picture[:16]):
        return _into_webp(picture, document)
    raise ValueError("only PNG, JPEG, GIF and WebP pictures can carry a document")


def _into_png(picture: bytes, document: str) -> bytes:
    """An iTXt chunk (PNG 11.3.3.4), compressed, after the header."""
    after_header = len(PNG_SIGNATURE) + 25
    body = b"iTXt" + _KEYWORD + b"\0\1\0\0\0" + zlib.compress(document.encode())
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return picture[:after_header] + chunk + picture[after_header:]


def _from_png(file: BinaryIO) -> str | None:
    prefix = _KEYWORD + b"\0\1\0\0\0"
    for chunk in png_chunks(file):
        if chunk.name == b"iTXt" and chunk.size <= MAX_TAG_BYTES:
            body = payload(file, chunk, MAX_TAG_BYTES)
            if body.startswith(prefix):
                return _inflated(body.removeprefix(prefix))
    return None


def _into_jpeg(picture: bytes, document: str) -> bytes:
    """Comment segments (T.81 B.2.4.5), as many as their 64 kB demand, after the JFIF header."""
    data = zlib.compress(document.encode())
    pieces = [_KEYWORD + b"\0" + data[at : at + _JPEG_PIECE] for at in _steps(data, _JPEG_PIECE)]
    segments = [b"\xff\xfe" + struct.pack(">H", len(piece) + 2) + piece for piece in pieces]
    start = 2
    if picture[2:4] == b"\xff\xe0":
        start = 4 + int.from_bytes(picture[4:6], "big")
    return picture[:start] + b"".join(segments) + picture[start:]


def _from_jpeg(file: BinaryIO) -> str | None:
    prefix = _KEYWORD + b"\0"
    comments = (c for c in jpeg_segments(file) if c.name == _JPEG_COMMENT)
    bodies = (payload(file, comment, comment.size) for comment in comments)
    data = b"".join(body.removeprefix(prefix) for body in bodies if body.startswith(prefix))
    return _inflated(data) if data else None


def _into_gif(picture: bytes, document: str) -> bytes:
    """A comment extension (GIF89a 24) before the first image."""
    start = _gif_blocks_start(picture[:13])
    data = _KEYWORD + b"\0" + zlib.compress(document.encode())
    blocks = b"".join(
        bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in _steps(data, 255)
    )
    return picture[:start] + b"\x21\xfe" + blocks + b"\0" + picture[start:]


def _from_gif(file: BinaryIO) -> str | None:
    prefix = _KEYWORD + b"\0"
    file.seek(0)
    file.seek(_gif_blocks_start(file.read(13)))
    for _ in range(_MOST_GIF_BLOCKS):
        introducer = file.read(2)
        if introducer[:1] != b"\x21":
            return None
        data = b"".join(_gif_sub_blocks(file))
        if introducer == b"\x21\xfe" and data.startswith(prefix):
            return _inflated(data.removeprefix(prefix))
    return None


def _gif_blocks_start(head: bytes) -> int:
    """Where blocks begin: after the header, the screen descriptor and the global palette."""
    flags = head[10] if len(head) > 10 else 0
    return 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)


def _gif_sub_blocks(file: BinaryIO) -> Iterator[bytes]:
    for _ in range(_MOST_GIF_BLOCKS):
        size = file.read(1)
        if size in (b"", b"\0"):
            return
        yield file.read(size[0])


def _into_webp(picture: bytes, document: str) -> bytes:
    """An XMP chunk at the end, announced in the extended header (RFC 9649, 2.7)."""
    xmp = _XMP.format(escape(document)).encode()
    chunks = picture[12:]
    if chunks[:4] == b"VP8X":
        chunks = chunks[:8] + bytes([chunks[8] | _XMP_FLAG]) + chunks[9:]
    else:
        chunks = _webp_header(chunks) + chunks
    body = b"WEBP" + chunks + b"XMP " + struct.pack("<I", len(xmp)) + xmp + b"\0" * (len(xmp) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_header(chunks: bytes) -> bytes:
    """The extended header for a picture that came without: its flags and canvas size."""
    if chunks[:4] == b"VP8L":
        bits = int.from_bytes(chunks[9:13], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = _XMP_FLAG | (_ALPHA_FLAG if bits >> 28 & 1 else 0)
    else:
        width = int.from_bytes(chunks[14:16], "little") & 0x3FFF
        height = int.from_bytes(chunks[16:18], "little") & 0x3FFF
        flags = _XMP_FLAG
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + canvas


def _from_webp(file: BinaryIO) -> str | None:
    for chunk in riff_chunks(file):
        if chunk.name == b"XMP " and chunk.size <= MAX_TAG_BYTES:
            text = payload(file, chunk, MAX_TAG_BYTES).decode("utf-8", "replace")
            found = _IN_XMP.search(text)
            if found:
                return unescape(found[1])
    return None


def _inflated(data: bytes) -> str | None:
    """The text behind compressed bytes; None if they are damaged or swell without bound."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, MAX_TAG_BYTES)
        return text.decode() if inflater.eof else None
    except (zlib.error, UnicodeDecodeError):
        return None


def _steps(data: bytes, size: int) -> range:
    return range(0, len(data), size)
