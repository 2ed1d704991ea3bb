"""What one computer signed is found on another; what lies in a file of others is not believed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import InvalidInput, StorageFailed
from engine.trust.identity import Identity
from engine.trust.ledger import Entry, Ledger
from engine.trust.ledger_exchange import lines, take_over
from engine.trust.recovery import recovered
from engine.trust.verification import State, Trust, Verification
from engine.trust.verify import verify
from tests.engine.trust.test_recovery import MARK, release, seen

Maker = Callable[..., Path]


@pytest.fixture
def theirs(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "theirs.sqlite")


@pytest.fixture
def ours(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ours" / "others.sqlite", elsewhere=True)


def given(ledger: Ledger, path: Path) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines(ledger)))
    return path


def changed(path: Path, **fields: object) -> Path:
    """The file with other fields in its first release."""
    head, line, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head, json.dumps(json.loads(line) | fields), *rest]) + "\n")
    return path


def looked(path: Path, *ledgers: Ledger) -> Verification:
    return recovered(verify(path, own_roots=""), ledgers, seen(MARK), own_roots="")


def test_a_copy_leads_by_its_watermark_to_what_another_computer_signed(
    sample: Maker, identity: Identity, theirs: Ledger, ours: Ledger, tmp_path: Path
) -> None:
    path = sample(".png")
    release(path, identity, theirs)
    taken = take_over(given(theirs, tmp_path / "render1.ledger"), ours, own_roots="")
    ((signer, number),) = taken.added.items()
    assert (signer.name, signer.trust, number) == (identity.name, Trust.NONE, 1)
    Image.open(path).save(path)
    answer = looked(path, Ledger(tmp_path / "own.sqlite"), ours)
    assert answer.recovery is not None
    assert answer.recovery.elsewhere
    assert answer.recovery.claims.prompt == "a red ball"
    assert "signed on another computer (from 'render1.ledger')" in answer.reasons[-1]


def test_a_file_that_lost_its_sidecar_is_found_and_nothing_twice(
    sample: Maker, identity: Identity, theirs: Ledger, ours: Ledger, tmp_path: Path
) -> None:
    path = sample(".webm")
    signed = release(path, identity, theirs)
    assert signed.sidecar is not None
    signed.sidecar.unlink()
    file = given(theirs, tmp_path / "theirs.ledger")
    take_over(file, ours)
    again = take_over(file, ours)
    assert (again.known, again.added.total(), again.refused) == (1, 0, [])
    answer = looked(path, ours)
    assert answer.state is State.INTACT
    assert "of another computer" in answer.reasons[0]


def test_where_files_lay_and_what_is_unsigned_stays_at_home(
    sample: Maker, identity: Identity, theirs: Ledger, tmp_path: Path
) -> None:
    path = sample(".jpg", "unheard_of_name")
    release(path, identity, theirs)
    theirs.add(Entry("plain", str(path), "0" * 64, b""), [MARK])
    _, *releases = lines(theirs)
    (only,) = releases
    assert set(json.loads(only)) == {"time", "digest", "manifest"}
    assert "unheard_of_name" not in only


def test_a_manifest_that_was_changed_is_left_out_with_the_line(
    sample: Maker, identity: Identity, theirs: Ledger, ours: Ledger, tmp_path: Path
) -> None:
    release(sample(".jpg"), identity, theirs)
    file = given(theirs, tmp_path / "theirs.ledger")
    manifest = bytearray(base64.b64decode(json.loads(file.read_text().splitlines()[1])["manifest"]))
    at = manifest.index(b"a red ball")
    manifest[at : at + 5] = b"a BAD"
    changed(file, manifest=base64.b64encode(manifest).decode())
    taken = take_over(file, ours)
    assert taken.added.total() == 0
    assert taken.refused == ["Line 2: its manifest is not as it was signed."]
    assert list(ours.entries()) == []


def test_a_digest_that_is_claimed_for_a_file_leads_nowhere(
    sample: Maker, identity: Identity, theirs: Ledger, ours: Ledger, tmp_path: Path
) -> None:
    release(sample(".jpg"), identity, theirs)
    stranger = sample(".png", "stranger")
    (entry,) = Ledger(theirs.path).entries()
    theirs.add(replace(entry, digest="1" * 64), [])
    file = given(theirs, tmp_path / "theirs.ledger")
    changed(file, digest=sha256(stranger.read_bytes()).hexdigest())
    assert take_over(file, ours).added.total() == 2
    assert recovered(verify(stranger), [ours]).recovery is None


def test_a_mark_that_somebody_wrote_beside_a_manifest_is_not_followed(
    sample: Maker, theirs: Ledger, ours: Ledger
) -> None:
    path = sample(".png")
    ours.add_all([(Entry("a lie", "x", "0" * 64, b""), [(MARK.algorithm, MARK.value)])])
    answer = looked(path, ours)
    assert answer.recovery is not None
    assert answer.recovery.entry is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"digest": "abc"}, "digest"),
        ({"time": "yesterday"}, "time"),
        ({"manifest": "!"}, "base64"),
        ({"manifest": base64.b64encode(b"no manifest" * 9).decode()}, "cannot be read"),
        ({"manifest": ""}, "cannot be read"),
        ({"prompt": "x"}, "prompt"),
        ({"manifest": 7}, "manifest"),
    ],
)
def test_a_line_with_a_wrong_field_is_left_out_and_the_others_are_taken(
    sample: Maker,
    identity: Identity,
    theirs: Ledger,
    ours: Ledger,
    tmp_path: Path,
    fields: dict[str, object],
    words: str,
) -> None:
    for number in (1, 2):
        release(sample(".jpg", f"clip{number}"), identity, theirs)
    taken = take_over(changed(given(theirs, tmp_path / "x.ledger"), **fields), ours)
    assert taken.added.total() == 1
    (reason,) = taken.refused
    assert reason.startswith("Line 2: ")
    assert words in reason


@pytest.mark.parametrize("content", [b"", b"junk\n", b"[" * 900, b'{"reelwright": "ledger"}\n'])
def test_what_is_no_ledger_is_told(ours: Ledger, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InvalidInput, match="is no ledger"):
        take_over(tmp_path / "x", ours)
    with pytest.raises(StorageFailed, match="cannot be read"):
        take_over(tmp_path / "missing", ours)
