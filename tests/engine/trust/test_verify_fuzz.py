"""Files made to mislead whoever verifies them: bombs, lengths that lie, boxes in boxes in boxes.

Whatever comes is answered within bounds, with a state or one sentence, and never by saying of a
file what its signer did not say.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from engine.errors import ReelwrightError
from engine.trust.identity import Identity
from engine.trust.sign import sign
from engine.trust.verification import State, Verification
from engine.trust.verify import verify
from tests.engine.trust.pieces import pieces
from tests.engine.trust.test_tampering import STATEMENT

Maker = Callable[..., Path]

LENGTHS: Final = (0, 1, 7, 8, 0x7FFFFFFF, 0xFFFFFFFF)
DEEP: Final = (100, 5_000, 200_000)
C2PA_BOX: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
JUMBF_DESCRIPTION: Final = bytes.fromhex("6332706100110010800000aa00389b71") + b"\3c2pa\0"


def nested(kind: bytes, depth: int, beside: bytes = b"") -> bytes:
    """So many boxes, each within the one before, with `beside` in front of what it holds."""
    heads, size = list[bytes](), 0
    for _ in range(depth):
        size += 8 + len(beside)
        heads.append(size.to_bytes(4, "big") + kind + beside)
    return b"".join(reversed(heads))


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def with_manifest(video: bytes, store: bytes) -> bytes:
    """A video whose manifest store is this."""
    brand = int.from_bytes(video[:4], "big")
    place = C2PA_BOX + bytes(4) + b"manifest\0" + bytes(8)
    return video[:brand] + box(b"uuid", place + store) + video[brand:]


def answered(path: Path, identity: Identity) -> Verification | None:
    """What is said of a file; None for a sentence.  Whatever else is raised fails the test."""
    try:
        return verify(path, own_roots=identity.root)
    except ReelwrightError:
        return None


@pytest.mark.parametrize("depth", DEEP)
def test_boxes_within_boxes_end_somewhere(sample: Maker, identity: Identity, depth: int) -> None:
    path = sample(".mp4")
    plain = path.read_bytes()
    described = nested(b"jumb", min(depth, 5_000), box(b"jumd", JUMBF_DESCRIPTION))
    bombs = [with_manifest(plain, nested(b"jumb", depth)), with_manifest(plain, described)]
    bombs.append(plain[: int.from_bytes(plain[:4], "big")] + nested(b"moov", depth))
    for bomb in bombs:
        path.write_bytes(bomb)
        answer = answered(path, identity)
        assert answer is None or answer.state is not State.INTACT


@pytest.mark.parametrize("head", [b"\x81", b"\xa1\x61a", b"\xc1", b"\x9b" + b"\xff" * 8])
def test_a_claim_that_is_a_bomb_is_not_unpacked(
    sample: Maker, identity: Identity, head: bytes
) -> None:
    """Arrays in arrays, maps in maps, tags on tags, and a list of 2^64 things."""
    path = sample(".mp4")
    sign(path, identity, STATEMENT)
    signed = path.read_bytes()
    claims = [p for p in pieces(".mp4", signed) if p.name.endswith("cbor")]
    assert len(claims) >= 3
    for piece in claims:
        size = piece.end - piece.start
        bomb = (head * size)[:size]
        path.write_bytes(signed[: piece.start] + bomb + signed[piece.end :])
        answer = answered(path, identity)
        assert answer is None or answer.state is State.ALTERED


def lies(signed: bytes, suffix: str, chance: random.Random) -> Iterator[bytes]:
    """The file with a length that lies, a run of bytes moved, doubled, cut off or overwritten."""
    for piece in pieces(suffix, signed):
        order = "little" if suffix == ".wav" else "big"
        length = chance.choice(LENGTHS).to_bytes(4, order)  # type: ignore[arg-type]
        at = piece.start + (4 if suffix == ".wav" else 0)
        yield signed[:at] + length + signed[at + 4 :]
        end = chance.randint(piece.start, piece.end)
        other = chance.randrange(len(signed))
        yield signed[: piece.start] + signed[other : other + 64] + signed[end:]
        yield signed[:end] + signed[piece.start : end] + signed[end:]
        yield signed[:end] + bytes([255] * (piece.end - end)) + signed[piece.end :]
        yield signed[:end]


@pytest.mark.parametrize("suffix", [".mp4", ".png", ".wav"])
def test_no_lie_about_its_parts_makes_a_file_say_something_else(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    sign(path, identity, STATEMENT)
    signed = path.read_bytes()
    honest = verify(path, own_roots=identity.root)
    for lie in lies(signed, suffix, random.Random(suffix)):
        path.write_bytes(lie or b"\0")
        answer = answered(path, identity)
        if answer is not None and answer.state is State.INTACT:
            assert (answer.claims, answer.signer) == (honest.claims, honest.signer)


@pytest.mark.parametrize(
    "suffix", [".jpg", ".webp", ".gif", ".tiff", ".avif", ".mp3", ".flac", ".webm", ".m4a", ".mov"]
)
def test_a_broken_file_of_any_kind_is_answered(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    sign(path, identity, STATEMENT)
    signed = path.read_bytes()
    chance = random.Random(suffix)
    for _ in range(25):
        broken = bytearray(signed)
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(broken))
            broken[at : at + 4] = chance.choice(LENGTHS).to_bytes(4, "big")
        path.write_bytes(broken[: chance.randint(1, len(broken))])
        answered(path, identity)
