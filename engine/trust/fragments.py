"""Fragmented MP4 as C2PA binds it: digests of segments, and what says where they belong.

A stream is a beginning (the initialisation segment, which carries the manifest) and its segments.
The manifest holds the digest of each beginning and of each segment; a segment says in a box of its
own which of these it is (C2PA 2.4, section 18.7 "BMFF-based hash", and appendix A.5).

What is hashed of a file: of each top-level box its place (8 bytes, big-endian) and its bytes,
but for the boxes that `EXCLUDED` and the uuid of C2PA name.
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import cbor2
from pydantic import BaseModel, Field, ValidationError

from engine.errors import InvalidMedia

C2PA_BOX: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The extended type of the boxes that C2PA has in such files."""

EXCLUDED: Final = ("ftyp", "mfra", "free", "skip")
"""Top-level boxes that are not hashed: those that the library leaves out of other MP4 files."""

BINDING: Final = "c2pa.hash.bmff.v3"
"""The label of the assertion that holds the digests."""

_BEFORE_THE_MANIFEST: Final = "ftyp"
_AFTER_THE_PLACE: Final = frozenset({"sidx", "prft", "emsg", "moof"})
_HASH: Final = "sha256"
_UUID_AT: Final = 8
_MANIFEST, _MERKLE = b"manifest\0", b"merkle\0"
_NO_TABLE: Final = bytes(8)
"""Where the first of the other boxes lies: segments are files of their own."""
_PARTS: Final = frozenset({".mp4", ".m4s", ".m4v", ".m4a", ".mov"})
_LONGEST_HEADER: Final = 16 + len(C2PA_BOX)
_MAX_BOXES: Final = 100_000
_MAX_MERKLE: Final = 64 << 10


class Box(NamedTuple):
    """A top-level box: where it begins, its bytes in all, its type, and those of its header."""

    start: int
    size: int
    kind: str
    header: int

    @property
    def end(self) -> int:
        return self.start + self.size


class Place(NamedTuple):
    """Where a segment belongs: which track of the stream, and which of its segments, from 0."""

    track: int
    number: int


def boxes(content: bytes, name: str) -> Iterator[Box]:
    """The top-level boxes of a file.  Raises InvalidMedia naming it where they do not fill it."""
    at = 0
    for _ in range(_MAX_BOXES):
        if at == len(content):
            return
        box = _box(content, at, len(content) - at)
        if box is None:
            break
        yield box
        at = box.end
    raise InvalidMedia(
        f"'{name}' is damaged: its boxes do not fit into it.", remedy="Write the stream anew."
    )


def _box(content: bytes, at: int, room: int) -> Box | None:
    """The box whose header stands there, if it fits into the bytes that are left."""
    if at + 8 > len(content):
        return None
    size, kind = struct.unpack_from(">I4s", content, at)
    header = 8
    if size == 1 and at + 16 <= len(content):
        (size,) = struct.unpack_from(">Q", content, at + 8)
        header = 16
    elif size == 0:
        size = room
    return Box(at, size, kind.decode("latin-1"), header) if header <= size <= room else None


def binding_digest(content: bytes, name: str) -> bytes:
    """The sha256 of what a beginning or a segment binds."""
    digest = hashlib.sha256()
    for box in boxes(content, name):
        if box.kind not in EXCLUDED and not _is_ours(content, box):
            digest.update(struct.pack(">Q", box.start))
            digest.update(content[box.start : box.end])
    return digest.digest()


def with_place(segment: bytes, place: Place, name: str) -> bytes:
    """A segment with the box that says where it belongs, ahead of all that it describes.

    Raises InvalidMedia for what is no segment, or says that already.
    """
    found = list(boxes(segment, name))
    first = next((box.start for box in found if box.kind in _AFTER_THE_PLACE), None)
    if first is None or any(_is_ours(segment, box) for box in found):
        raise InvalidMedia(
            f"'{name}' is no segment that could be signed.", remedy="Write the stream anew."
        )
    told = {"uniqueId": place.track, "localId": place.track, "location": place.number}
    return segment[:first] + _c2pa_box(_MERKLE + cbor2.dumps(told)) + segment[first:]


def with_manifest(beginning: bytes, manifest: bytes, name: str) -> bytes:
    """A beginning with a manifest behind its brand.  Raises InvalidMedia for what is none."""
    found = list(boxes(beginning, name))
    if not found or found[0].kind != _BEFORE_THE_MANIFEST or "moov" not in {b.kind for b in found}:
        raise InvalidMedia(f"'{name}' does not begin a stream.", remedy="Write the stream anew.")
    at = found[0].end
    return beginning[:at] + _c2pa_box(_MANIFEST + _NO_TABLE + manifest) + beginning[at:]


def manifest_in(beginning: Path) -> bytes:
    """The manifest that a beginning carries, unchecked; empty where it carries none."""
    content = beginning.read_bytes()
    # Where other boxes lie is protected by nothing, so it is not compared.
    return b"".join(body[len(_NO_TABLE) :] for body in _bodies(content, beginning.name, _MANIFEST))


def is_part(path: Path) -> bool:
    """Whether a file is a signed beginning or segment, which says nothing without the others.

    Only the headers of its boxes are read; False for whatever is no such file.
    """
    if path.suffix.lower() not in _PARTS:
        return False
    kinds, signed = set[str](), False
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        at = 0
        for _ in range(_MAX_BOXES):
            file.seek(at)
            head = file.read(_LONGEST_HEADER)
            box = _box(head, 0, size - at)
            if box is None:
                break
            kinds.add(box.kind)
            signed = signed or _is_ours(head, box)
            at += box.size
    whole = "mdat" in kinds and ("moov" in kinds or "moof" not in kinds)
    return signed and not whole and ("moov" in kinds or "moof" in kinds)


def place_of(path: Path) -> Place | None:
    """Where a segment says that it belongs; None where it says nothing that can be read.

    Nothing of it is believed: only the digest beside that place in the manifest proves it.
    """
    found = list(_bodies(path.read_bytes(), path.name, _MERKLE))
    if len(found) != 1 or len(found[0]) > _MAX_MERKLE:
        return None
    told = _read_places(found[0])
    track, number = told.get("uniqueId"), told.get("location")
    return None if track is None or number is None else Place(track, number)


def binding(beginnings: Sequence[bytes], segments: Sequence[Sequence[bytes]]) -> dict[str, object]:
    """The assertion that holds the digests of beginnings, and of the segments of each.

    All digests of segments stand in it (the lowest row of each tree), so that a segment need not
    carry a proof: 32 bytes for each, against five in every segment.
    """
    trees = [
        {
            "uniqueId": track,
            "localId": track,
            "count": len(digests),
            "alg": _HASH,
            "initHash": list(beginning),
            "hashes": [list(digest) for digest in digests],
        }
        for track, (beginning, digests) in enumerate(zip(beginnings, segments, strict=True), 1)
    ]
    data = {
        "exclusions": exclusions(list(C2PA_BOX)),
        "alg": _HASH,
        "name": "segments",
        "merkle": trees,
    }
    return {"label": BINDING, "data": data}


def exclusions(uuid: object) -> list[dict[str, object]]:
    """What is not hashed, in the words of the assertion; `uuid` is C2PA's as its JSON has bytes."""
    ours: dict[str, object] = {"xpath": "/uuid", "data": [{"offset": _UUID_AT, "value": uuid}]}
    others: list[dict[str, object]] = [{"xpath": f"/{kind}"} for kind in EXCLUDED]
    return [ours, *others]


def digests_in(binding: object) -> dict[int, list[bytes]]:
    """The digests of all segments by track, of an assertion as the library's JSON tells it.

    Empty where it is not of the form that `binding` makes: others leave out other boxes, or keep
    some of the digests in the segments.
    """
    try:
        read = _Read.model_validate(binding)
    except ValidationError:
        return {}
    alike = read.exclusions == exclusions(base64.b64encode(C2PA_BOX).decode())
    trees = {tree.uniqueId: [bytes(each) for each in tree.hashes] for tree in read.merkle}
    whole = all(len(tree.hashes) == tree.count for tree in read.merkle)
    hashed = {read.alg, *(tree.alg for tree in read.merkle)} == {_HASH}
    return trees if alike and whole and hashed and len(trees) == len(read.merkle) else {}


class _Tree(BaseModel):
    uniqueId: int
    count: int
    alg: str
    hashes: list[list[Annotated[int, Field(ge=0, le=255)]]]


class _Read(BaseModel):
    exclusions: list[dict[str, object]]
    alg: str
    merkle: list[_Tree]


def _bodies(content: bytes, name: str, purpose: bytes) -> Iterator[bytes]:
    """What boxes of C2PA for a purpose hold; none of a damaged file."""
    with suppress(InvalidMedia):
        for box in boxes(content, name):
            body = content[box.start + box.header + len(C2PA_BOX) + 4 : box.end]
            if _is_ours(content, box) and body.startswith(purpose):
                yield body[len(purpose) :]


def _is_ours(content: bytes, box: Box) -> bool:
    # The exclusion says where the uuid stands: in a box with a long header it is none.
    at = box.start + _UUID_AT
    there = content[at : at + len(C2PA_BOX)] == C2PA_BOX
    return box.kind == "uuid" and box.header == _UUID_AT and there


def _c2pa_box(body: bytes) -> bytes:
    version_and_flags = bytes(4)
    whole = C2PA_BOX + version_and_flags + body
    return struct.pack(">I4s", 8 + len(whole), b"uuid") + whole


def _read_places(data: bytes) -> dict[str, int]:
    """The whole numbers of the CBOR map at the beginning; none where there is no map."""
    try:
        told = cbor2.load(io.BytesIO(data), max_depth=8)
    except (cbor2.CBORError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    return {str(name): number for name, number in told.items() if type(number) is int}
