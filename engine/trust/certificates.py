"""X.509 certificates as C2PA wants them: issuing our own, and checking anyone's.

The profile is section 14.5 of the C2PA specification 2.2 ("X.509 Certificates"): an end-entity
certificate of version 3, not a CA, with a critical digitalSignature key usage, an authority key
identifier, and an extended key usage that names signing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from engine.errors import InvalidInput

SIGNING_PURPOSES: dict[str, str] = {
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.36": "documentSigning",
    "1.3.6.1.4.1.62558.2.1": "c2pa-kp-claimSigning",
}
"""Extended key usages that may sign a claim, and their names."""

# A computer whose clock runs a little behind still finds a fresh certificate valid.
_BACKDATED = timedelta(days=1)
_ANY_PURPOSE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True)
class Issued:
    """A certificate and the key that it certifies."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def issue(
    name: x509.Name, issuer: Issued | None, *, path_length: int | None, now: datetime, years: int
) -> Issued:
    """A fresh P-256 key with its certificate, signed by `issuer`, or by itself without one.

    `path_length` is how many authorities may follow below; None makes an end-entity certificate
    that may sign claims and nothing else.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    parent_key = key if issuer is None else issuer.key
    is_authority = path_length is not None
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(is_authority, path_length), critical=True)
        .add_extension(_key_usage(authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(parent_key.public_key()),
            critical=False,
        )
    )
    if not is_authority:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return Issued(builder.sign(parent_key, hashes.SHA256()), key)


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def pem(certificates: Sequence[x509.Certificate]) -> str:
    """The certificates as PEM text, in the given order."""
    return "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in certificates)


def common_name(certificate: x509.Certificate) -> str:
    """What the certificate calls its owner."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def valid_at(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether `now` lies within the certificate's validity."""
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def checked_chain(text: bytes, source: str, now: datetime) -> list[x509.Certificate]:
    """The chain in `text`, leaf first and without a root; every fault of it is an InvalidInput."""
    try:
        chain = x509.load_pem_x509_certificates(text)
    except ValueError as error:
        raise InvalidInput(
            f"'{source}' holds no readable certificates.",
            remedy="Give PEM text, the signing certificate first, then those that issued it.",
        ) from error
    _check_order(chain, source)
    _check_dates(chain, source, now)
    _check_profile(chain[0], source)
    ends_in_root = len(chain) > 1 and chain[-1].issuer == chain[-1].subject
    return chain[:-1] if ends_in_root else chain


def _check_order(chain: Sequence[x509.Certificate], source: str) -> None:
    remedy = "Put the signing certificate first, each followed by the one that issued it."
    if _is_authority(chain[0]):
        raise InvalidInput(
            f"'{source}' begins with '{common_name(chain[0])}', an authority's certificate.",
            remedy=remedy,
        )
    if chain[0].issuer == chain[0].subject:
        raise InvalidInput(
            f"'{source}' holds a signing certificate that issued itself, which C2PA refuses.",
            remedy="Have an authority issue it, or use the self-issued identity.",
        )
    for child, parent in pairwise(chain):
        try:
            child.verify_directly_issued_by(parent)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise InvalidInput(
                f"In '{source}', '{common_name(child)}' was not issued by "
                f"'{common_name(parent)}', which follows it.",
                remedy=remedy,
            ) from error


def _check_dates(chain: Sequence[x509.Certificate], source: str, now: datetime) -> None:
    for certificate in chain:
        if certificate.not_valid_after_utc < now:
            when = certificate.not_valid_after_utc.date()
            fault, remedy = f"expired on {when}", "Renew it, or check this computer's clock."
        elif now < certificate.not_valid_before_utc:
            when = certificate.not_valid_before_utc.date()
            fault, remedy = f"is not valid before {when}", "Check this computer's clock."
        else:
            continue
        raise InvalidInput(
            f"In '{source}', the certificate '{common_name(certificate)}' {fault}.", remedy=remedy
        )


def _check_profile(leaf: x509.Certificate, source: str) -> None:
    """Raise unless `leaf` may sign claims."""
    usage = _extension(leaf, x509.KeyUsage)
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    oids = set() if purposes is None else {each.dotted_string for each in purposes}
    if usage is None or not usage.digital_signature:
        fault = "does not allow digital signatures (key usage)"
    elif not oids & SIGNING_PURPOSES.keys():
        wanted = ", ".join(SIGNING_PURPOSES.values())
        fault = f"is not made for signing media (extended key usage: none of {wanted})"
    elif _ANY_PURPOSE in oids:
        fault = "is made for any purpose (extended key usage), which C2PA refuses"
    elif _extension(leaf, x509.AuthorityKeyIdentifier) is None:
        fault = "names no authority key identifier"
    else:
        return
    raise InvalidInput(
        f"In '{source}', the certificate '{common_name(leaf)}' {fault}.",
        remedy="Ask its authority for a certificate made for C2PA claim signing.",
    )


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _is_authority(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca
