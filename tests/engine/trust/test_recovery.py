"""A file that lost its signature leads back to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import InvalidMedia
from engine.trust.identity import Identity
from engine.trust.ledger import Entry, Ledger
from engine.trust.recovery import ReadMarks, recovered
from engine.trust.release import VIDEO_WATERMARK, Mark, MarkKind, Release
from engine.trust.self_issued import self_issued
from engine.trust.sign import Signed, sign
from engine.trust.statement import Statement
from engine.trust.verification import Claims, State, Verification
from engine.trust.verify import verify
from engine.values import Origin

Maker = Callable[..., Path]

MARK = Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 0xABC)
STATEMENT = Statement(
    "A red ball", Origin((), "starter", "d", "a red ball", 5), "{}", "0.1", Release(marks=(MARK,))
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state" / "ledger.sqlite")


def seen(*marks: Mark) -> ReadMarks:
    return lambda path: marks


def release(path: Path, identity: Identity, ledger: Ledger) -> Signed:
    signed = sign(path, identity, STATEMENT)
    ledger.add(Entry("A red ball", str(path), signed.digest, signed.manifest, "{}"), [MARK])
    return signed


def look(path: Path, identity: Identity, ledger: Ledger, read_marks: ReadMarks) -> Verification:
    found = verify(path, own_roots=identity.root)
    return recovered(found, [ledger], read_marks, own_roots=identity.root)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_file_saved_anew_leads_by_its_watermark_to_its_manifest(
    sample: Maker, identity: Identity, ledger: Ledger, suffix: str
) -> None:
    path = sample(suffix)
    release(path, identity, ledger)
    Image.open(path).save(path)
    answer = look(path, identity, ledger, seen(MARK))
    assert answer.state is State.UNSIGNED, "what was changed since cannot be told"
    assert not answer.trusted
    assert answer.claims == Claims(), "it says nothing of the file as it is now"
    assert answer.recovery is not None
    assert answer.recovery.claims.prompt == "a red ball"
    assert answer.recovery.found is not None
    assert answer.recovery.found.signer is not None
    assert answer.recovery.found.signer.name == identity.name
    assert "leads to 'A red ball', signed here" in answer.reasons[-1]


def test_a_file_in_another_container_leads_there_too(
    sample: Maker, identity: Identity, ledger: Ledger, tmp_path: Path
) -> None:
    release(sample(".mp4"), identity, ledger)
    answer = look(sample(".mkv", "copy"), identity, ledger, seen(MARK))
    assert answer.recovery is not None
    assert answer.recovery.claims.prompt == "a red ball"


def test_a_lost_sidecar_is_found_by_the_file_itself(
    sample: Maker, identity: Identity, ledger: Ledger
) -> None:
    path = sample(".webm")
    sidecar = release(path, identity, ledger).sidecar
    assert sidecar is not None
    sidecar.unlink()

    def never(path: Path) -> tuple[Mark, ...]:
        raise AssertionError("a file that is known need not be decoded")

    answer = look(path, identity, ledger, never)
    assert (answer.state, answer.trusted) == (State.INTACT, True)
    assert answer.claims.prompt == "a red ball"
    assert "in the ledger of this computer" in answer.reasons[0]


def test_a_mark_that_the_ledger_does_not_know_leads_nowhere_and_is_told(
    sample: Maker, identity: Identity, ledger: Ledger
) -> None:
    answer = look(sample(".png"), identity, ledger, seen(MARK))
    assert answer.state is State.UNSIGNED
    assert answer.recovery is not None
    assert answer.recovery.entry is None
    assert answer.recovery.claims == Claims()
    assert "000000000abc" in answer.reasons[-1]
    assert "no ledger here knows it" in answer.reasons[-1]


def test_a_manifest_in_the_ledger_that_does_not_name_the_mark_does_not_count(
    sample: Maker, identity: Identity, ledger: Ledger
) -> None:
    other = Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 0xDEF)
    signed = sign(sample(".png", "other"), identity, STATEMENT)
    ledger.add(Entry("Forged", "/x", signed.digest, signed.manifest), [other])
    answer = look(sample(".png"), identity, ledger, seen(other))
    assert answer.recovery is not None
    assert answer.recovery.entry is None


def test_a_damaged_manifest_in_the_ledger_does_not_count(
    sample: Maker, identity: Identity, ledger: Ledger
) -> None:
    signed = sign(sample(".png", "other"), identity, STATEMENT)
    damaged = signed.manifest.replace(b"a red ball", b"a bad ball")
    ledger.add(Entry("Damaged", "/x", "00", damaged), [MARK])
    ledger.add(Entry("Rubbish", "/x", "00", b"rubbish"), [MARK])
    answer = look(sample(".png"), identity, ledger, seen(MARK))
    assert answer.recovery is not None
    assert answer.recovery.entry is None


def test_a_release_that_was_not_signed_is_found_by_its_mark(
    sample: Maker, identity: Identity, ledger: Ledger
) -> None:
    ledger.add(Entry("Unsigned", "/x", "00", b"", '{"n": 1}'), [MARK])
    answer = look(sample(".png"), identity, ledger, seen(MARK))
    assert answer.recovery is not None
    assert answer.recovery.entry is not None
    assert answer.recovery.entry.document == '{"n": 1}'
    assert "released unsigned here" in answer.reasons[-1]


def test_a_file_with_a_manifest_to_believe_is_not_looked_for(
    sample: Maker, identity: Identity, ledger: Ledger
) -> None:
    path = sample(".png")
    release(path, identity, ledger)
    found = verify(path, own_roots=identity.root)
    assert recovered(found, [ledger], seen(MARK)) is found
    changed = replace(found, state=State.ALTERED)
    assert recovered(changed, [ledger], seen(MARK)) is changed


def test_a_file_whose_signature_is_damaged_is_still_altered(
    sample: Maker, identity: Identity, ledger: Ledger
) -> None:
    path = sample(".png")
    release(path, identity, ledger)
    path.write_bytes(path.read_bytes().replace(b"a red ball", b"a bad ball"))
    answer = look(path, identity, ledger, seen(MARK))
    assert answer.state is State.ALTERED
    assert answer.recovery is not None
    assert answer.recovery.claims.prompt == "a red ball"


def test_what_cannot_be_decoded_or_carries_no_mark_is_answered_as_before(
    sample: Maker, identity: Identity, ledger: Ledger
) -> None:
    def broken(path: Path) -> tuple[Mark, ...]:
        raise InvalidMedia("It is damaged.")

    path = sample(".png")
    plain = verify(path, own_roots=identity.root)
    assert look(path, identity, ledger, broken) == plain
    assert look(path, identity, ledger, seen()) == plain


def test_a_stranger_s_manifest_in_the_ledger_stays_a_stranger_s(
    sample: Maker, identity: Identity, ledger: Ledger, tmp_path: Path
) -> None:
    release(sample(".png", "other"), self_issued(tmp_path / "elsewhere"), ledger)
    answer = look(sample(".png"), identity, ledger, seen(MARK))
    assert answer.recovery is not None
    assert answer.recovery.found is not None
    assert not answer.recovery.found.trusted
