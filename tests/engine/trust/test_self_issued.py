"""The identity that a computer makes for itself."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from engine.errors import InvalidInput, StorageFailed
from engine.trust.self_issued import known_roots, self_issued

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FILES = ("root.pem", "issuer.pem", "signer.pem")


def test_it_is_made_once_and_found_again(tmp_path: Path) -> None:
    first, again = self_issued(tmp_path), self_issued(tmp_path)
    assert first == again
    assert first.self_issued
    assert first.name.startswith("Reelwright self-issued ")


def test_the_chain_follows_the_profile_of_c2pa(tmp_path: Path) -> None:
    leaf, issuer = x509.load_pem_x509_certificates(self_issued(tmp_path, NOW).chain.encode())
    root = x509.load_pem_x509_certificate((tmp_path / "identity" / "root.pem").read_bytes())
    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert leaf.version is x509.Version.v3
    constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert not constraints.value.ca
    assert usage.critical
    assert usage.value.digital_signature
    leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert leaf.not_valid_before_utc < NOW, "a clock a little behind finds it valid"


@pytest.mark.skipif(sys.platform == "win32", reason="rights work differently")
def test_only_the_owner_can_read_what_is_kept(tmp_path: Path) -> None:
    self_issued(tmp_path)
    place = tmp_path / "identity"
    assert sorted(each.name for each in place.iterdir()) == sorted(FILES)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    for name in FILES:
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [place], "no draft stays behind"


def test_the_key_of_the_root_is_not_kept(tmp_path: Path) -> None:
    self_issued(tmp_path)
    assert "PRIVATE" not in (tmp_path / "identity" / "root.pem").read_text()


def test_no_name_of_the_user_or_the_computer_is_in_it(tmp_path: Path) -> None:
    issued = re.compile(
        r"CN=Reelwright self-issued( root| issuer)? [0-9a-f]{8},O=Reelwright self-issued"
    )
    for certificate in x509.load_pem_x509_certificates(self_issued(tmp_path).chain.encode()):
        assert issued.fullmatch(certificate.subject.rfc4514_string())
        assert issued.fullmatch(certificate.issuer.rfc4514_string())


def test_a_secret_is_not_shown_by_accident(tmp_path: Path) -> None:
    assert "PRIVATE" not in repr(self_issued(tmp_path))


def test_two_computers_have_different_names(tmp_path: Path) -> None:
    assert self_issued(tmp_path / "a").name != self_issued(tmp_path / "b").name


@pytest.mark.parametrize("age", [timedelta(days=365 * 6), timedelta(days=365 * 15)])
def test_an_ageing_or_expired_leaf_is_renewed_under_the_same_root(
    tmp_path: Path, age: timedelta
) -> None:
    old = self_issued(tmp_path, NOW - age)
    new = self_issued(tmp_path, NOW)
    assert new.root == old.root
    assert new.name == old.name
    assert new.chain != old.chain
    leaf = x509.load_pem_x509_certificates(new.chain.encode())[0]
    assert leaf.not_valid_after_utc > NOW + timedelta(days=365 * 9)
    assert self_issued(tmp_path, NOW) == new, "renewed once, not each time"


def test_one_from_a_clock_gone_wrong_makes_way_but_its_root_stays_known(tmp_path: Path) -> None:
    future = self_issued(tmp_path, NOW + timedelta(days=3650))
    present = self_issued(tmp_path, NOW)
    assert present.root != future.root
    assert future.root in known_roots(tmp_path)
    assert present.root in known_roots(tmp_path)


def test_looking_for_roots_makes_none(tmp_path: Path) -> None:
    assert known_roots(tmp_path / "nothing") == ""
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA"])
def test_a_damaged_file_is_named_with_the_way_out(tmp_path: Path, name: str, content: str) -> None:
    self_issued(tmp_path)
    (tmp_path / "identity" / name).write_text(content)
    with pytest.raises(InvalidInput, match=name.replace(".", r"\.")) as caught:
        self_issued(tmp_path)
    assert caught.value.remedy


def test_a_key_swapped_for_another_is_found(tmp_path: Path) -> None:
    self_issued(tmp_path / "a")
    self_issued(tmp_path / "b")
    mine, other = (tmp_path / each / "identity" / "signer.pem" for each in ("a", "b"))
    certificate = mine.read_text().partition("-----BEGIN PRIVATE")[0]
    mine.write_text(certificate + "".join(other.read_text().partition("-----BEGIN PRIVATE")[1:]))
    with pytest.raises(InvalidInput, match="damaged"):
        self_issued(tmp_path / "a")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(StorageFailed, match="REELWRIGHT_CONFIG"):
        self_issued(blocked / "inside")


_RACER = """
import sys
from pathlib import Path
from engine.trust.self_issued import self_issued
print("ready", flush=True)
sys.stdin.readline()
print(self_issued(Path(sys.argv[1])).name)
"""


def test_processes_that_come_at_once_get_the_same_identity(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _RACER, str(tmp_path / "new")]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    names = {racer.communicate()[0] for racer in racers}
    assert len(names) == 1
    assert names == {self_issued(tmp_path / "new").name + "\n"}
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["identity"]
