"""What we sign, read by another implementation of C2PA: TrustNXT's c2pa-ts, in TypeScript.

It is no part of the suite's own set-up: `make test-c2pa` fetches it, and these tests skip without.
Two things it cannot do (0.9.4) are not asked of it: ES512, for which it takes SHA-256, and time
stamps of the second kind, which it reads as a whole response where C2PA 2.1 puts the token alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from engine.errors import InvalidMedia
from engine.trust.identity import Identity
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.verification import State
from engine.trust.verify import verify
from engine.values import Origin
from tests.engine.trust.pieces import is_framing, store_in
from tests.engine.trust.test_tampering import STATEMENT

Maker = Callable[..., Path]

PREFIX: Final = Path(os.environ.get("REELWRIGHT_C2PA_TS", ""))
PACKAGE: Final = "node_modules/@trustnxt/c2pa-ts/package.json"
JUDGE: Final = Path(__file__).parent / "judge.mjs"
READ: Final = (".jpg", ".png", ".avif", ".mp4", ".mov", ".m4a")
TAMPERED: Final = (".jpg", ".png", ".mp4")
PLACES: Final = 150

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("REELWRIGHT_C2PA_TS") or not (PREFIX / PACKAGE).is_file(),
        reason="c2pa-ts is not installed; 'make test-c2pa' fetches it",
    ),
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
]


class Judged(NamedTuple):
    """What the other implementation says of a file, and the codes of what it finds wrong."""

    valid: bool
    failed: list[str]


def judged(paths: Sequence[Path]) -> list[Judged]:
    done = subprocess.run(
        ["node", str(JUDGE), str(PREFIX), *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return [Judged(**json.loads(line)) for line in done.stdout.splitlines()]


def intact(path: Path, identity: Identity) -> bool:
    try:
        return verify(path, own_roots=identity.root).state is State.INTACT
    except InvalidMedia:
        return False


@pytest.mark.parametrize("suffix", READ)
def test_a_signed_file_is_valid(sample: Maker, identity: Identity, suffix: str) -> None:
    path = sample(suffix)
    sign(path, identity, STATEMENT)
    assert judged([path]) == [Judged(True, [])]


@pytest.mark.parametrize("suffix", [".jpg", ".mp4"])
def test_a_file_with_inputs_is_valid(sample: Maker, identity: Identity, suffix: str) -> None:
    signed, plain = sample(".png", "signed"), sample(".jpg", "plain")
    sign(signed, identity, STATEMENT)
    inputs = (str(signed), str(plain))
    path = sample(suffix, "made")
    sign(path, identity, Statement("T", Origin(inputs, "starter", "d", "p", 5), "{}", "0.1"))
    assert judged([path]) == [Judged(True, [])]


def test_a_file_signed_twice_is_valid(sample: Maker, identity: Identity) -> None:
    path = sample(".mp4")
    sign(path, identity, STATEMENT)
    sign(path, identity, STATEMENT)
    assert judged([path]) == [Judged(True, [])]


@pytest.mark.parametrize("suffix", TAMPERED)
def test_of_changed_files_both_say_the_same(
    sample: Maker, identity: Identity, tmp_path: Path, suffix: str
) -> None:
    path = sample(suffix)
    sign(path, identity, STATEMENT)
    signed = path.read_bytes()
    places = [number * len(signed) // PLACES for number in range(PLACES)]
    copies = []
    for at in places:
        changed = bytearray(signed)
        changed[at] ^= 0x21
        copy = tmp_path / f"changed_{at:05d}{suffix}"
        copy.write_bytes(changed)
        copies.append(copy)
    theirs = [each.valid for each in judged(copies)]
    ours = [intact(each, identity) for each in copies]
    assert theirs.count(False) > PLACES // 2
    framing = [piece for piece in store_in(signed) if is_framing(piece)]
    for at, their, our in zip(places, theirs, ours, strict=True):
        assert their == our or any(piece.start <= at < piece.end for piece in framing), at
