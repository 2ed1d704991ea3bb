"""Every class of bytes of a signed file, changed: never intact, but for what is listed here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from engine.errors import InvalidMedia
from engine.trust.identity import Identity
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.verification import State, Verification
from engine.trust.verify import verify
from engine.values import Origin
from tests.engine.trust.pieces import Piece, is_framing, pieces

Maker = Callable[..., Path]

STATEMENT = Statement("T", Origin((), "starter", "d", "a red ball", 5), '{"nodes": {}}', "0.1")
PER_CLASS: Final = 3

EXCLUDED: Final = {
    ".mp4": {"ftyp", "free", "skip", "mfra"},
    ".wav": set[str](),
    ".png": set[str](),
}
"""What C2PA 2.4 leaves out of the content's hash (section 18.6.2 and annex A.5): a change there is
not found.  The manifest's own place is left out too, and is judged by what the file then says."""


def _places(piece: Piece) -> list[int]:
    """A few bytes of a piece: its first, its last, and some between."""
    size = piece.end - piece.start
    steps = range(PER_CLASS)
    return sorted({piece.start + size * step // PER_CLASS for step in steps} | {piece.end - 1})


def _verified(path: Path, data: bytes, identity: Identity) -> Verification:
    path.write_bytes(data)
    try:
        return verify(path, own_roots=identity.root)
    except InvalidMedia:
        return Verification(path, State.UNSIGNED)


@pytest.mark.parametrize("suffix", EXCLUDED)
def test_a_changed_byte_of_any_class_is_found(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    sign(path, identity, STATEMENT)
    signed = path.read_bytes()
    honest = verify(path, own_roots=identity.root)
    store = signed.index(b"jumdc2pa") - 12
    manifest = range(store - 64, store + int.from_bytes(signed[store : store + 4], "big") + 16)
    classes = pieces(suffix, signed)
    assert len({piece.name for piece in classes}) >= 10
    passed = set[str]()
    for piece in classes:
        for at in _places(piece):
            changed = bytearray(signed)
            changed[at] ^= 0x21
            answer = _verified(path, bytes(changed), identity)
            if answer.state is not State.INTACT:
                continue
            if at in manifest:  # it may be nobody's byte, but must not say anything else
                assert "jumb" not in piece.name or is_framing(piece), piece
                assert (answer.claims, answer.signer) == (honest.claims, honest.signer), piece
            else:
                passed.add(piece.name.removesuffix(" header"))
    assert passed <= EXCLUDED[suffix], passed


@pytest.mark.parametrize("suffix", EXCLUDED)
@pytest.mark.parametrize("added", [b"\0", b"trailing" * 9, b"\0\0\0\x0cmdat1234"])
def test_what_is_added_behind_is_found(
    sample: Maker, identity: Identity, suffix: str, added: bytes
) -> None:
    path = sample(suffix)
    sign(path, identity, STATEMENT)
    answer = _verified(path, path.read_bytes() + added, identity)
    assert answer.state is not State.INTACT


@pytest.mark.parametrize("suffix", EXCLUDED)
def test_a_piece_taken_out_or_put_twice_is_found(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    sign(path, identity, STATEMENT)
    signed = path.read_bytes()
    for piece in pieces(suffix, signed):
        if piece.name.removesuffix(" header") in EXCLUDED[suffix]:
            continue
        cut = signed[: piece.start] + signed[piece.end :]
        twice = signed[: piece.end] + signed[piece.start :]
        for changed in (cut, twice):
            assert _verified(path, changed, identity).state is not State.INTACT, piece
