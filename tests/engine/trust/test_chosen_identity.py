"""Who signs is chosen by the environment; a wrong choice is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import InvalidInput, ReelwrightError
from engine.trust.audit.entry import Decision, Event
from engine.trust.audit.log import AuditLog
from engine.trust.audit.recording import own_signers, record
from engine.trust.chosen_identity import ready_identity, signing_identity
from engine.trust.identity import Identity, from_callback
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.verify import verify
from tests.engine.trust.test_sign import _signing_with
from tests.engine.trust.time_authority import time_authority

Maker = Callable[..., Path]

MODULE = """
made = None

def make():
    if isinstance(made, Exception):
        raise made
    return made
"""


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Installs a package that offers something as the identity 'token'."""
    info = tmp_path / "token_pack-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: token-pack\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[reelwright.identities]\ntoken = token_pack:make\n")
    (tmp_path / "token_pack.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "token_pack", raising=False)
    monkeypatch.setenv("REELWRIGHT_IDENTITY", "token")

    def put(made: object) -> None:
        module = __import__("token_pack")
        module.made = made

    return put


def test_without_a_choice_this_computer_s_own_identity_signs() -> None:
    chosen = signing_identity()
    assert chosen.self_issued
    assert chosen.time_authority == ""


def test_an_identity_that_a_package_offers_signs(
    sample: Maker, identity: Identity, offer: Callable[[object], None]
) -> None:
    offer(from_callback(identity.chain, _signing_with(identity)))
    path = sample(".jpg")
    sign(path, signing_identity(), Statement("T"))
    assert verify(path, own_roots=identity.root).trusted


def test_the_audit_log_knows_its_signer_again(
    tmp_path: Path, identity: Identity, offer: Callable[[object], None]
) -> None:
    offer(from_callback(identity.chain, _signing_with(identity)))
    log = AuditLog(tmp_path / "audit.sqlite")
    assert record(Event(decision=Decision.EXPORTED), log).event.signer == identity.name
    assert log.verify(own_signers()).vouched == 2


def test_a_service_that_is_down_is_found_by_trying_its_key(
    identity: Identity, offer: Callable[[object], None]
) -> None:
    def down(data: bytes) -> bytes:
        raise OSError("no answer from the vault")

    offer(from_callback(identity.chain, down))
    signing_identity()  # which names it, and asks it for nothing
    with pytest.raises(InvalidInput, match="no answer from the vault"):
        ready_identity()
    offer(from_callback(identity.chain, _signing_with(identity)))
    assert ready_identity().name == identity.name


@pytest.mark.parametrize(
    ("made", "words"), [("nothing", "is none"), (OSError("no token in the slot"), "no token")]
)
def test_an_offer_that_fails_is_told(
    offer: Callable[[object], None], made: object, words: str
) -> None:
    offer(made)
    with pytest.raises(InvalidInput, match=words) as caught:
        signing_identity()
    assert "'token'" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"IDENTITY": "nobody"}, "No package offers"),
        ({"CERTIFICATE": "a.pem"}, "Only one of"),
        ({"IDENTITY": "x", "CERTIFICATE": "a", "KEY": "b"}, "both set"),
        ({"TIME_AUTHORITY": "ftp://clock"}, "no address"),
        ({"TIME_AUTHORITY": "clock"}, "no address"),
    ],
)
def test_a_wrong_choice_is_told(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], words: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"REELWRIGHT_{name}", value)
    with pytest.raises(InvalidInput, match=words):
        signing_identity()


def test_a_time_authority_that_is_down_is_found_by_asking_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with time_authority() as authority:
        monkeypatch.setenv("REELWRIGHT_TIME_AUTHORITY", authority.address)
        assert ready_identity().time_authority == authority.address
    with pytest.raises(ReelwrightError, match="gave no time") as caught:
        ready_identity()
    assert authority.address in str(caught.value)


def test_a_time_authority_that_is_chosen_stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELWRIGHT_TIME_AUTHORITY", "https://clock.example/stamp")
    assert signing_identity().time_authority == "https://clock.example/stamp"
