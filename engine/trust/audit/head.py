"""The head of an audit log: how many entries there are and how the last one reads, signed.

It lies apart from the log (in the configuration, beside the signing identity), so that a log that
was cut short, exchanged or deleted contradicts it.  Who can write both folders and use the signing
key can make both anew; against that only a head helps that was exported and kept elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.atomic import write_private
from engine.errors import InvalidInput, ReelwrightError, StorageFailed
from engine.folders import config_folder
from engine.trust.audit.entry import canonical
from engine.trust.certificates import common_name
from engine.trust.identity import Identity
from engine.trust.keys import holds, load_private_key, public_key

_HEX = r"^[0-9a-f]{64}$"
_LARGEST = 1 << 20  # bytes; a head is far smaller
# What the library raises for a certificate that is damaged or made up.
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)


class Signed(Protocol):
    """What somebody signed: the certificates as PEM, leaf first, and the signature in hex."""

    @property
    def chain(self) -> str: ...

    @property
    def signature(self) -> str: ...

    def sealed(self) -> bytes:
        """What the signature covers."""
        ...


class Head(BaseModel):
    """`log` is the digest of the first entry, `digest` of the last of `count`.

    `chain` (PEM, leaf first) and `signature` (hex) are empty where there was no key to sign with.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    log: str = Field(pattern=_HEX)
    count: int = Field(ge=1)
    digest: str = Field(pattern=_HEX)
    time: str = Field(max_length=64)
    chain: str = ""
    signature: str = Field(default="", pattern=r"^[0-9a-f]*$")

    def sealed(self) -> bytes:
        """What the signature covers."""
        parts = ["reelwright audit head 1", self.log, self.count, self.digest, self.time]
        return canonical([*parts, self.chain]).encode("ascii")


def head_place(log: Path) -> Path:
    """Where the head of the log at this path lies."""
    name = hashlib.sha256(str(log.resolve()).encode()).hexdigest()[:16]
    return config_folder() / "audit" / f"{name}.json"


def read_head(path: Path) -> Head | None:
    """The head kept in a file, None where there is none.

    Raises InvalidInput for a file that is no head, StorageFailed for one that cannot be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST)
        return Head.model_validate_json(text)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFailed(
            f"The audit head '{path}' cannot be read: {error.strerror}.",
            remedy="Check the path and its rights.",
        ) from error
    except ValidationError as error:
        raise InvalidInput(
            f"'{path}' is not the head of an audit log, or it is damaged.",
            remedy="Give a file that 'reelwright audit export --head' wrote.",
        ) from error


def read_head_or_none(path: Path) -> Head | None:
    """The head kept in a file; None where there is none that can be read."""
    try:
        return read_head(path)
    except ReelwrightError:
        return None


def write_head(path: Path, head: Head) -> None:
    """Replace the head at once.  Raises StorageFailed."""
    write_private(path, head.model_dump_json(indent=2).encode())


def signed_head(head: Head, identity: Identity | None) -> Head:
    """The head with the signature of `identity`; as it is where there is none."""
    if identity is None:
        return head
    head = head.model_copy(update={"chain": identity.chain})
    return head.model_copy(update={"signature": sign_bytes(identity, head.sealed()).hex()})


def signature_holds(head: Signed) -> bool:
    """Whether the certificate that a head, or the like, names made its signature."""
    try:
        leaf = x509.load_pem_x509_certificates(head.chain.encode())[0]
        key = public_key(leaf.public_key(), "the head")
        return holds(key, head.sealed(), bytes.fromhex(head.signature))
    except (*_UNREADABLE, InvalidInput):
        return False


def signer_of(head: Signed) -> str:
    """The name in the certificate that signed, '' where none did."""
    try:
        return common_name(x509.load_pem_x509_certificates(head.chain.encode())[0])
    except _UNREADABLE:
        return ""


def signer_known(head: Signed, roots: str, leaves: Iterable[str]) -> bool:
    """Whether the signer is one of `leaves` or was issued under one of `roots` (all PEM)."""
    try:
        chain = x509.load_pem_x509_certificates(head.chain.encode())
        known = [x509.load_pem_x509_certificates(leaf.encode())[0] for leaf in leaves]
        anchors = x509.load_pem_x509_certificates(roots.encode()) if roots else []
    except _UNREADABLE:
        return False
    return chain[0] in known or any(_issued(chain, root) for root in anchors)


def certificate_digest(identity: Identity) -> str:
    """sha256 of the identity's certificate, in hex."""
    leaf = x509.load_pem_x509_certificates(identity.chain.encode())[0]
    return hashlib.sha256(leaf.public_bytes(Encoding.DER)).hexdigest()


def _issued(chain: list[x509.Certificate], root: x509.Certificate) -> bool:
    links = [*chain, root]
    try:
        for issued, issuer in pairwise(links):
            issued.verify_directly_issued_by(issuer)
    except (*_UNREADABLE, InvalidSignature):
        return False
    return True


def sign_bytes(identity: Identity, data: bytes) -> bytes:
    """The signature of an identity, in the form that `keys.holds` reads."""
    if not isinstance(identity.secret, str):
        return identity.secret(data)
    key = load_private_key(identity.secret.encode(), f"the key of '{identity.name}'")
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(_hash_of(key.curve)))
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
        return key.sign(data, pss, hashes.SHA256())
    assert isinstance(key, ed25519.Ed25519PrivateKey), "identities hold no other keys"
    return key.sign(data)


def _hash_of(curve: ec.EllipticCurve) -> hashes.HashAlgorithm:
    """The hash that goes with a curve, as `keys.holds` expects it."""
    return {256: hashes.SHA256(), 384: hashes.SHA384()}.get(curve.key_size, hashes.SHA512())
