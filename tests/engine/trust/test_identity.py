"""Identities that a user brings along: chains, keys, and everything wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from engine.errors import InvalidInput, StorageFailed
from engine.trust.certificates import Issued, issue, pem
from engine.trust.identity import from_callback, from_files
from engine.trust.keys import algorithm
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.verification import State, Trust
from engine.trust.verify import verify

NOW = datetime.now(UTC)
EMAIL, DOCUMENTS, CLAIMS, SERVERS, ANYTHING = (
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.4.1.62558.2.1",
    "1.3.6.1.5.5.7.3.1",
    "2.5.29.37.0",
)
Key = CertificateIssuerPrivateKeyTypes
Maker = Callable[..., Path]


def name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A Studio"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


ROOT = issue(name("Root"), None, path_length=1, now=NOW, years=5)
ISSUER = issue(name("Issuer"), ROOT, path_length=0, now=NOW, years=5)


_SIGNING = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def leaf_for(
    key: Key,
    purposes: tuple[str, ...] = (EMAIL,),
    starts: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=30),
    issuer: Issued = ISSUER,
) -> x509.Certificate:
    authority = issuer.certificate.public_key()
    assert isinstance(authority, ec.EllipticCurvePublicKey)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name("The Signer"))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + starts)
        .not_valid_after(NOW + ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNING, critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority), critical=False
        )
    )
    if purposes:
        oids = [x509.ObjectIdentifier(each) for each in purposes]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def key_text(key: Key, form: PrivateFormat = PrivateFormat.PKCS8, password: bytes = b"") -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, lock)


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str, bytes], tuple[Path, Path]]:
    def write(chain: str, key: bytes) -> tuple[Path, Path]:
        (tmp_path / "chain.pem").write_text(chain)
        (tmp_path / "key.pem").write_bytes(key)
        return tmp_path / "chain.pem", tmp_path / "key.pem"

    return write


Files = Callable[[str, bytes], tuple[Path, Path]]
P256 = ec.generate_private_key(ec.SECP256R1())
KEYS: dict[str, Key] = {
    "es256": P256,
    "es384": ec.generate_private_key(ec.SECP384R1()),
    "es512": ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ps256": rsa.generate_private_key(65537, 2048),
}


def chain_of(leaf: x509.Certificate) -> str:
    return pem([leaf, ISSUER.certificate])


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("purpose", [EMAIL, DOCUMENTS, CLAIMS])
def test_a_chain_and_its_key_sign_what_the_trust_list_confirms(
    files: Files, sample: Maker, kind: str, purpose: str
) -> None:
    leaf = leaf_for(KEYS[kind], (purpose,))
    identity = from_files(*files(chain_of(leaf), key_text(KEYS[kind])))
    assert algorithm(identity.public) == kind
    assert not identity.self_issued
    path = sample(".jpg")
    sign(path, identity, Statement("T"))
    answer = verify(path, own_roots="", trust_list=pem([ROOT.certificate]))
    assert (answer.state, answer.trusted) == (State.INTACT, True)
    assert answer.signer is not None
    assert (answer.signer.name, answer.signer.trust) == ("The Signer", Trust.LISTED)
    assert not answer.signer.self_issued


@pytest.mark.parametrize("kind", ["ed25519", "ps256", "es384"])
def test_a_callback_signs_with_any_kind_of_key(sample: Maker, kind: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import padding

    key = KEYS[kind]

    def sign_elsewhere(data: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            return key.sign(data, pss, hashes.SHA256())
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, ec.ECDSA(hashes.SHA384()))
        assert isinstance(key, ed25519.Ed25519PrivateKey)
        return key.sign(data)

    path = sample(".jpg")
    sign(path, from_callback(chain_of(leaf_for(key)), sign_elsewhere), Statement("T"))
    assert verify(path, own_roots="", trust_list=pem([ROOT.certificate])).trusted


def test_a_key_in_its_older_form_is_taken_too(files: Files, sample: Maker) -> None:
    older = key_text(P256, PrivateFormat.TraditionalOpenSSL)
    assert b"EC PRIVATE KEY" in older
    identity = from_files(*files(chain_of(leaf_for(P256)), older))
    path = sample(".jpg")
    sign(path, identity, Statement("T"))
    assert verify(path, own_roots="").state is State.INTACT


def test_a_root_at_the_end_of_the_chain_is_left_out(files: Files) -> None:
    chain = chain_of(leaf_for(P256)) + pem([ROOT.certificate])
    assert from_files(*files(chain, key_text(P256))).chain == chain.removesuffix(
        pem([ROOT.certificate])
    )


GOOD_KEY = key_text(P256)
STRANGER = issue(name("Stranger"), None, path_length=0, now=NOW, years=1)
SMALL = ec.generate_private_key(ec.SECP224R1())
FAULTS = {
    "wrong order": (pem([ISSUER.certificate, leaf_for(P256)]), GOOD_KEY, "begins with 'Issuer'"),
    "a gap": (pem([leaf_for(P256), ROOT.certificate]), GOOD_KEY, "not issued by 'Root'"),
    "a stranger": (pem([leaf_for(P256), STRANGER.certificate]), GOOD_KEY, "by 'Stranger'"),
    "no certificate": ("hello", GOOD_KEY, "no readable certificates"),
    "expired": (
        chain_of(leaf_for(P256, starts=timedelta(days=-9), ends=timedelta(days=-2))),
        GOOD_KEY,
        "expired on",
    ),
    "too early": (chain_of(leaf_for(P256, starts=timedelta(days=2))), GOOD_KEY, "not valid before"),
    "for servers": (chain_of(leaf_for(P256, (SERVERS,))), GOOD_KEY, "not made for signing media"),
    "no purpose": (chain_of(leaf_for(P256, ())), GOOD_KEY, "not made for signing media"),
    "any purpose": (chain_of(leaf_for(P256, (EMAIL, ANYTHING))), GOOD_KEY, "any purpose"),
    "another key": (chain_of(leaf_for(P256)), key_text(KEYS["es384"]), "does not belong to"),
    "encrypted key": (
        chain_of(leaf_for(P256)),
        key_text(P256, password=b"secret"),
        "is encrypted",
    ),
    "no key": (chain_of(leaf_for(P256)), b"hello", "no readable private key"),
    "a weak curve": (chain_of(leaf_for(SMALL)), key_text(SMALL), "cannot sign media"),
    "self-signed": (
        pem([issue(name("Alone"), None, path_length=None, now=NOW, years=1).certificate]),
        GOOD_KEY,
        "issued itself",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_the_file_it_is_in(files: Files, fault: str) -> None:
    chain, key, words = FAULTS[fault]
    with pytest.raises(InvalidInput, match=words) as caught:
        from_files(*files(chain, key))
    assert ".pem" in str(caught.value)
    assert caught.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match=r"none\.pem"):
        from_files(tmp_path / "none.pem", tmp_path / "key.pem")
