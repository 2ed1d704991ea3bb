"""Lists of authorities: read in both forms, kept with their dates, every fault told."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from engine.errors import InvalidInput, StorageFailed
from engine.trust.identity import Identity
from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.trust_lists import (
    MAX_BYTES,
    Kind,
    content_of,
    install,
    installed,
    read_list,
    remove,
    roots_of,
)
from engine.trust.verification import Trust
from engine.trust.verify import verify

Maker = Callable[..., Path]

TRUSTED = "http://c2pa.org/conformance/trust-list/trusted"


def published(roots: str, issued: str = "2026-08-05T00:11:39Z", status: str = TRUSTED) -> bytes:
    """A list as the C2PA publishes it."""
    certificates = [
        {"val": base64.b64encode(each.public_bytes(Encoding.DER)).decode()}
        for each in (x509.load_pem_x509_certificates(roots.encode()) if roots else ())
    ]
    service = {
        "ServiceInformation": {
            "ServiceName": [{"lang": "en", "value": "A CA"}],
            "ServiceDigitalIdentity": {"X509Certificates": certificates},
            "ServiceStatus": status,
        }
    }
    scheme = {
        "LoTEVersionIdentifier": 1,
        "SchemeName": [{"lang": "en", "value": "A Trust List"}],
        "ListIssueDateTime": issued,
        "NextUpdate": "2027-08-05T00:11:39Z",
    }
    entities = [{"TrustedEntityServices": [service]}]
    whole = {"LoTE": {"ListAndSchemeInformation": scheme, "TrustedEntitiesList": entities}}
    return json.dumps(whole).encode()


def test_both_forms_name_the_same_authorities(identity: Identity) -> None:
    from_json, from_pem = (
        read_list(published(identity.root), "a"),
        read_list(identity.root.encode(), "b.pem"),
    )
    assert from_json.certificates == from_pem.certificates == identity.root
    assert (from_json.name, from_pem.name) == ("A Trust List", "b.pem")
    assert from_json.issued == "2026-08-05T00:11:39+00:00"
    assert not from_json.overdue(datetime(2026, 12, 1, tzinfo=UTC))
    assert from_json.overdue(datetime(2027, 12, 1, tzinfo=UTC))
    assert not from_pem.overdue(datetime(2027, 12, 1, tzinfo=UTC))


def test_an_installed_list_makes_a_stranger_known(sample: Maker, tmp_path: Path) -> None:
    stranger = self_issued(tmp_path / "elsewhere")
    path = sample(".jpg")
    sign(path, stranger, Statement("T"))
    assert not verify(path).trusted
    install(Kind.SIGNERS, published(stranger.root), "a")
    answer = verify(path)
    assert answer.trusted
    assert answer.signer is not None
    assert answer.signer.trust is Trust.LISTED
    assert remove(Kind.SIGNERS)
    assert not remove(Kind.SIGNERS)
    assert not verify(path).trusted


def test_who_stamps_times_may_not_sign(sample: Maker, tmp_path: Path) -> None:
    stranger = self_issued(tmp_path / "elsewhere")
    path = sample(".jpg")
    sign(path, stranger, Statement("T"))
    install(Kind.STAMPS, published(stranger.root), "a")
    assert not verify(path).trusted


def test_an_authority_that_was_withdrawn_is_left_out(identity: Identity) -> None:
    with pytest.raises(InvalidInput, match="names no authority"):
        read_list(published(identity.root, status="http://x/withdrawn"), "a")


def test_an_older_list_does_not_take_the_place_of_a_newer(identity: Identity) -> None:
    install(Kind.SIGNERS, published(identity.root), "new")
    with pytest.raises(InvalidInput, match="before the one that is here"):
        install(Kind.SIGNERS, published(identity.root, issued="2026-01-01T00:00:00Z"), "old")
    kept = installed(Kind.SIGNERS)
    assert kept is not None
    assert kept.source == "new"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither"),
        (b"hello", "neither"),
        (b"{", "field"),
        (b"{}", "LoTE"),
        (b'{"LoTE": 5}', "LoTE"),
        (published("").replace(b"2026-08-05T00:11:39Z", b"soon"), "ListIssueDateTime"),
        (published("").replace(b"[]", b'[{"val": "AAAA"}]'), "cannot be read"),
        (b" " * (MAX_BYTES + 1), "too large"),
    ],
)
def test_a_fault_is_told_with_its_place(content: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        read_list(content, "the source")
    assert "the source" in str(caught.value)
    assert caught.value.remedy


def test_nothing_is_trusted_that_was_not_put_here(tmp_path: Path) -> None:
    assert [installed(kind, tmp_path) for kind in Kind] == [None, None]
    assert roots_of(Kind.SIGNERS, tmp_path) == ""


def test_a_damaged_and_an_unreadable_list_are_told(tmp_path: Path) -> None:
    place = tmp_path / "trust" / "signers.json"
    place.parent.mkdir()
    place.write_text("{}")
    with pytest.raises(InvalidInput, match="is damaged"):
        installed(Kind.SIGNERS, tmp_path)
    with pytest.raises(StorageFailed, match=r"none\.pem"):
        content_of(tmp_path / "none.pem")


def test_who_is_on_both_lists_may_sign(sample: Maker, tmp_path: Path) -> None:
    stranger = self_issued(tmp_path / "elsewhere")
    path = sample(".jpg")
    sign(path, stranger, Statement("T"))
    for kind in Kind:
        install(kind, published(stranger.root), "a")
    answer = verify(path)
    assert answer.signer is not None
    assert answer.signer.trust is Trust.LISTED


@pytest.mark.parametrize(
    ("kind", "trust"), [(Kind.SIGNERS, Trust.LISTED), (Kind.STAMPS, Trust.OWN)]
)
def test_an_own_root_that_is_on_a_list_is_known_the_same_way_every_time(
    sample: Maker, kind: Kind, trust: Trust
) -> None:
    own, path = self_issued(), sample(".jpg")
    sign(path, own, Statement("T"))
    install(kind, published(own.root), "a")
    answers = [verify(path).signer for _ in range(20)]
    assert {answer and answer.trust for answer in answers} == {trust}


def test_a_list_tells_its_age_and_when_it_is_too_old(identity: Identity) -> None:
    issued = datetime(2026, 8, 5, 0, 11, 39, tzinfo=UTC)
    dated = read_list(published(identity.root), "a")
    assert dated.age(issued + timedelta(days=100)).days == 100
    assert dated.outdated(issued + timedelta(days=100)) == ""
    assert "due on 2027-08-05" in dated.outdated(issued + timedelta(days=366))
    undated = install(Kind.SIGNERS, identity.root.encode(), "b.pem", now=issued)
    assert "ahead of this computer's clock" in dated.outdated(issued - timedelta(days=2))
    assert dated.age(issued - timedelta(days=2)) == timedelta(0)
    assert undated.outdated(issued + timedelta(days=365)) == ""
    assert "is 366 days old" in undated.outdated(issued + timedelta(days=366))


def test_a_list_keeps_the_digest_of_its_file(identity: Identity) -> None:
    for content in (published(identity.root), identity.root.encode()):
        install(Kind.STAMPS, content, "a")
        kept = installed(Kind.STAMPS)
        assert kept is not None
        assert kept.digest == hashlib.sha256(content).hexdigest()
        remove(Kind.STAMPS)
