"""Keys that stay on a token: they sign as any other, and every trouble with one is told."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509

from engine.atomic import write_private
from engine.errors import InvalidInput, ReelwrightError
from engine.trust import tokens
from engine.trust.certificates import pem
from engine.trust.chosen_identity import ready_identity, signing_identity
from engine.trust.identity import Identity
from engine.trust.keys import algorithm, holds
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.token_settings import PIN_VARIABLE, read_token_settings
from engine.trust.tokens import token_identity
from engine.trust.verification import State, Trust, Verification
from engine.trust.verify import verify
from tests.engine.trust.software_token import LABEL, PIN, SoftwareToken, library
from tests.engine.trust.test_identity import ISSUER, KEYS, ROOT, leaf_for
from tests.engine.trust.test_token_settings import whole_chain

pytest.importorskip("pkcs11", reason="the extra 'token' is not installed")
pytestmark = pytest.mark.skipif(not library(), reason="SoftHSM is not installed")

Maker = Callable[..., Path]
Configure = Callable[..., Path]

WRONG_PIN = "0815-wrong"


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftwareToken]:
    monkeypatch.setenv("SOFTHSM2_CONF", "")
    made = SoftwareToken.made(tmp_path / "token")
    yield made
    tokens.log_out()


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Writes a token.toml with these lines in place of the usual ones; the PIN is right."""
    monkeypatch.setenv(PIN_VARIABLE, PIN)

    def write(chain: x509.Certificate | None = None, **lines: str) -> Path:
        usual = {"module": library(), "token": LABEL, "key": "signing"}
        if chain is not None:
            (tmp_path / "chain.pem").write_text(pem([chain, ISSUER.certificate]))
            usual["certificates"] = "chain.pem"
        text = "".join(f'{name} = "{value}"\n' for name, value in {**usual, **lines}.items())
        (tmp_path / "token.toml").write_text(text)
        return tmp_path / "token.toml"

    return write


KINDS = {"es256": "secp256r1", "es384": "secp384r1", "es512": "secp521r1", "ps256": "rsa"}


@pytest.mark.parametrize("kind", [*KINDS, "ed25519"])
def test_a_key_on_a_token_signs_a_video_that_the_root_confirms(
    token: SoftwareToken, configure: Configure, sample: Maker, kind: str
) -> None:
    leaf = token.key(KINDS.get(kind, kind), "signing")
    identity = token_identity(configure(leaf))
    assert (algorithm(identity.public), identity.self_issued) == (kind, False)
    path = sample(".mp4")
    sign(path, identity, Statement("T"))
    answer = verify(path, own_roots="", trust_list=pem([ROOT.certificate]))
    assert (answer.state, answer.trusted) == (State.INTACT, True)
    assert answer.signer is not None
    assert (answer.signer.name, answer.signer.trust) == ("The Signer", Trust.LISTED)


def test_the_environment_chooses_the_token(
    token: SoftwareToken, configure: Configure, sample: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = configure(token.key("secp256r1", "signing"))
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(place.parent))
    monkeypatch.setenv("REELWRIGHT_IDENTITY", "pkcs11")
    path = sample(".mp4")
    sign(path, signing_identity(), Statement("T"))
    assert verify(path, own_roots="", trust_list=pem([ROOT.certificate])).trusted


def test_the_chain_is_read_from_the_token(
    token: SoftwareToken, configure: Configure, sample: Maker
) -> None:
    leaf = token.key("secp256r1", "signing", b"\7")
    token.store(ROOT.certificate, "root", b"\1")
    token.store(ISSUER.certificate, "issuer", b"\2")
    token.store(leaf_for(KEYS["es256"]), "signing", b"\3")  # of that label, but another key's
    token.store(leaf, "mine", b"\7")
    token.store(leaf, "damaged", b"\7", value=b"no certificate")
    identity = token_identity(configure())
    assert identity.chain == pem([leaf, ISSUER.certificate])
    path = sample(".jpg")
    sign(path, identity, Statement("T"))
    assert verify(path, own_roots="", trust_list=pem([ROOT.certificate])).trusted


def test_a_key_that_asks_for_the_pin_each_time_gets_it(
    token: SoftwareToken, configure: Configure, sample: Maker
) -> None:
    leaf = token.key("secp256r1", "signing", ALWAYS_AUTHENTICATE=True)
    identity = token_identity(configure(leaf))
    for _ in range(2):
        path = sample(".jpg")
        sign(path, identity, Statement("T"))
        assert verify(path, own_roots="").state is State.INTACT


def test_several_threads_may_sign_at_once(token: SoftwareToken, configure: Configure) -> None:
    identity = token_identity(configure(token.key("secp256r1", "signing")))
    assert not isinstance(identity.secret, str)
    messages = [f"{number}".encode() for number in range(40)]
    with ThreadPoolExecutor(4) as threads:
        signatures = list(threads.map(identity.secret, messages))
    assert all(map(partial(holds, identity.public), messages, signatures))


def test_the_key_s_id_tells_two_of_one_label_apart(
    token: SoftwareToken, configure: Configure, sample: Maker
) -> None:
    token.key("secp256r1", "signing", b"\1")
    leaf = token.key("secp256r1", "signing", b"\2")
    with pytest.raises(InvalidInput, match="2 private keys"):
        signed(sample, configure(leaf))
    assert signed(sample, configure(leaf, key_id="02")).trusted
    assert signed(sample, configure(leaf, key="", key_id="02")).trusted
    with pytest.raises(InvalidInput, match="no private key"):
        signed(sample, configure(leaf, key_id="03"))


def test_the_pin_may_stand_in_a_file(
    token: SoftwareToken, configure: Configure, sample: Maker, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv(PIN_VARIABLE)
    write_private(tmp_path / "pin", f"{PIN}\n".encode())
    place = configure(token.key("secp256r1", "signing"), pin_file="pin")
    assert signed(sample, place).trusted


def test_a_wrong_pin_is_told_and_tried_once(
    token: SoftwareToken, configure: Configure, sample: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pkcs11

    place = configure(token.key("secp256r1", "signing"))
    monkeypatch.setenv(PIN_VARIABLE, WRONG_PIN)
    with pytest.raises(InvalidInput, match="'Studio' refuses the PIN"):
        signed(sample, place)
    assert next(token.lib.get_tokens(token_label=LABEL)).flags & (
        pkcs11.TokenFlag.USER_PIN_COUNT_LOW
    )
    with token.session():  # the right one, which gives the token its tries back
        pass
    with pytest.raises(InvalidInput, match="refuses the PIN"):
        signed(sample, place)
    assert not next(token.lib.get_tokens(token_label=LABEL)).flags & (
        pkcs11.TokenFlag.USER_PIN_COUNT_LOW
    )
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    assert signed(sample, place).trusted


@pytest.mark.parametrize(
    ("answer", "words"),
    [("PinLocked", "is locked after"), ("PinExpired", "wants a new PIN"), ("PinLenRange", "short")],
)
def test_what_a_log_in_answers_is_told(
    token: SoftwareToken, configure: Configure, sample: Maker, monkeypatch: pytest.MonkeyPatch,
    answer: str, words: str,
) -> None:  # fmt: skip
    place = configure(token.key("secp256r1", "signing"))
    found = Refusing(next(token.lib.get_tokens(token_label=LABEL)), answer)
    monkeypatch.setattr(tokens, "_present", lambda settings: found)
    with pytest.raises(InvalidInput, match=words):
        signed(sample, place)


@pytest.mark.parametrize(
    ("flag", "words"),
    [("USER_PIN_FINAL_TRY", "locked if the next"), ("USER_PIN_LOCKED", "is locked after")],
)
def test_a_token_s_last_try_is_left_to_its_owner(
    token: SoftwareToken, configure: Configure, sample: Maker, monkeypatch: pytest.MonkeyPatch,
    flag: str, words: str,
) -> None:  # fmt: skip
    import pkcs11

    place = configure(token.key("secp256r1", "signing"))
    found = Refusing(next(token.lib.get_tokens(token_label=LABEL)), "PinIncorrect")
    found.flags |= pkcs11.TokenFlag[flag]
    monkeypatch.setattr(tokens, "_present", lambda settings: found)
    with pytest.raises(InvalidInput, match=words):
        signed(sample, place)
    assert found.tries == 0


class Refusing:
    """A token whose log-in answers as SoftHSM never does: it locks nobody out."""

    def __init__(self, token: object, answer: str) -> None:
        self.label, self.serial = token.label, token.serial  # type: ignore[attr-defined]
        self.flags = token.flags  # type: ignore[attr-defined]
        self.answer, self.tries = answer, 0

    def open(self, user_pin: str) -> object:
        import pkcs11

        self.tries += 1
        raise getattr(pkcs11, self.answer)


def test_a_token_that_is_taken_out_is_told_and_signs_again_once_it_is_back(
    token: SoftwareToken, configure: Configure, sample: Maker
) -> None:
    place = configure(token.key("secp256r1", "signing"))
    assert signed(sample, place).trusted
    identity = token_identity(place)
    kept = token.folder / "tokens"
    away = shutil.move(kept, token.folder / "drawer")
    kept.mkdir()
    token.lib.reinitialize()  # SoftHSM looks for its tokens at the start alone
    path = sample(".jpg")
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match="no token of the label 'Studio'"):
        sign(path, identity, Statement("T"))
    assert path.read_bytes() == before
    kept.rmdir()
    shutil.move(away, kept)
    token.lib.reinitialize()
    sign(path, identity, Statement("T"))
    assert verify(path, own_roots="", trust_list=pem([ROOT.certificate])).trusted


def test_a_token_in_a_drawer_is_found_missing_before_it_is_needed(
    token: SoftwareToken, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = configure(token.key("secp256r1", "signing"))
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(place.parent))
    monkeypatch.setenv("REELWRIGHT_IDENTITY", "pkcs11")
    assert ready_identity().name == "The Signer"
    tokens.log_out()
    shutil.move(token.folder / "tokens", token.folder / "drawer")
    (token.folder / "tokens").mkdir()
    token.lib.reinitialize()
    signing_identity()  # its chain is a file: the token is not asked
    with pytest.raises(InvalidInput, match="no token of the label 'Studio'"):
        ready_identity()


@pytest.mark.parametrize(
    ("other", "words"),
    [("es256", "does not confirm"), ("ps256", "of the kind RSA"), ("ed25519", "EC_EDWARDS")],
)
def test_a_key_of_another_certificate_is_found_out(
    token: SoftwareToken, configure: Configure, sample: Maker, other: str, words: str
) -> None:
    token.key("secp256r1", "signing")
    with pytest.raises(InvalidInput, match=words):
        signed(sample, configure(leaf_for(KEYS[other])))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ({"token": "Other"}, "no token of the label 'Other'; there is: 'Studio'"),
        ({"module": "/nowhere/lib.so"}, "'/nowhere/lib.so' cannot be used"),
        ({"module": sys.executable}, "cannot be used"),
        ({"module": __file__}, "cannot be used"),
        ({"module": "/"}, "'/' cannot be used"),
        ({"certificates": ""}, "cannot be read"),
    ],
)
def test_a_wrong_setting_is_told(
    token: SoftwareToken, configure: Configure, sample: Maker, lines: dict[str, str], words: str
) -> None:
    place = configure(token.key("secp256r1", "signing"), **lines)
    with pytest.raises(ReelwrightError, match=words):
        signed(sample, place)


def test_two_tokens_of_one_label_are_told(
    token: SoftwareToken, configure: Configure, sample: Maker
) -> None:
    place = configure(token.key("secp256r1", "signing"))
    token.add_token(LABEL)
    with pytest.raises(InvalidInput, match="2 tokens of the label"):
        signed(sample, place)


def test_a_token_without_its_certificate_is_told(
    token: SoftwareToken, configure: Configure, sample: Maker
) -> None:
    token.key("secp256r1", "signing")
    with pytest.raises(InvalidInput, match="no certificate of its key 'signing'"):
        signed(sample, configure())


def test_nothing_tells_the_pin(
    token: SoftwareToken, configure: Configure, sample: Maker, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    leaf = token.key("secp256r1", "signing")
    said = [repr(token_identity(configure(leaf))), repr(read_token_settings(configure(leaf)))]
    signed(sample, configure(leaf))
    tokens.log_out()
    monkeypatch.setenv(PIN_VARIABLE, WRONG_PIN)
    for lines in ({}, {"pin": WRONG_PIN}):
        with pytest.raises(InvalidInput) as caught:
            signed(sample, configure(leaf, **lines))
        said += [str(each) for each in whole_chain(caught.value)]
    said += [caplog.text, *capfd.readouterr()]
    assert not any(PIN in text or WRONG_PIN in text for text in said)


def signed(sample: Maker, place: Path) -> Verification:
    """The answer to a picture that was signed by the token's identity."""
    path = sample(".jpg")
    identity: Identity = token_identity(place)
    sign(path, identity, Statement("T"))
    return verify(path, own_roots="", trust_list=pem([ROOT.certificate]))
