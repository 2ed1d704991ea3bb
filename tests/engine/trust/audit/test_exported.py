"""A log as text is checked like the log itself; a file that is none is told in a sentence."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput, ReelwrightError
from engine.trust.audit.entry import Decision, Event
from engine.trust.audit.exported import lines, verify_exported
from engine.trust.audit.log import AuditLog
from engine.trust.audit.report import Signers
from engine.trust.identity import from_callback
from engine.trust.self_issued import self_issued

EVENT = Event(decision=Decision.RELEASED, user="ada")


@pytest.fixture
def signers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Signers:
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path / "config"))
    return Signers(leaves=(self_issued().chain,))


@pytest.fixture
def written(tmp_path: Path, signers: Signers) -> Path:
    log = AuditLog(tmp_path / "audit.sqlite")
    for _ in range(4):
        log.append(EVENT, self_issued())
    path = tmp_path / "audit.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines(log)))
    return path


def test_an_exported_log_is_intact_anywhere(written: Path, signers: Signers) -> None:
    found = verify_exported(written, signers)
    assert found.intact
    assert (found.entries, found.vouched) == (5, 5)


@pytest.mark.parametrize("line", range(5))
def test_a_line_that_is_removed_or_moved_is_found(
    written: Path, signers: Signers, line: int
) -> None:
    kept = written.read_text().splitlines()
    written.write_text("\n".join(kept[:line] + kept[line + 1 :]))
    assert not verify_exported(written, signers).intact
    written.write_text("\n".join([kept[line], *kept[:line], *kept[line + 1 :]]))
    assert verify_exported(written, signers).intact == (line == 0)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_every_letter_counts(written: Path, signers: Signers) -> None:
    text = written.read_text()
    for place in range(0, len(text), 3):
        if text[place] in "\n ":
            continue
        other = "1" if text[place] == "0" else "0"
        written.write_text(text[:place] + other + text[place + 1 :])
        with suppress(InvalidInput):
            assert not verify_exported(written, signers).intact, place


@pytest.mark.parametrize(
    "content", [b"x", b"[]", b"[" * 100_000, b"{}", b"\xff\xfe", b'{"head": 3}', b'{"number": 1}']
)
def test_a_file_that_is_no_export_is_told(tmp_path: Path, signers: Signers, content: bytes) -> None:
    path = tmp_path / "no.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="line 1 of it is damaged"):
        verify_exported(path, signers)


def test_values_of_other_kinds_are_no_entries(written: Path, signers: Signers) -> None:
    kept = [json.loads(line) for line in written.read_text().splitlines()]
    for wrong in (None, 1.5, [], {}, "x"):
        lines = [{**kept[0], "number": wrong}, *kept[1:]]
        written.write_text("\n".join(map(json.dumps, lines)))
        assert not verify_exported(written, signers).intact


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_no_file_makes_it_fail_otherwise(tmp_path: Path, signers: Signers, content: bytes) -> None:
    path = tmp_path / "any.jsonl"
    path.write_bytes(content)
    with suppress(ReelwrightError):
        assert verify_exported(path, signers).entries == 0


def test_a_key_that_stays_elsewhere_signs_the_head_too(tmp_path: Path, signers: Signers) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    own = self_issued()
    assert isinstance(own.secret, str)
    key = load_pem_private_key(own.secret.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    token = from_callback(own.chain, lambda data: key.sign(data, ec.ECDSA(hashes.SHA256())))
    log = AuditLog(tmp_path / "other.sqlite")
    log.append(EVENT, token)
    assert log.verify(signers).vouched == 2
