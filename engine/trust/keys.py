"""Private keys: reading them, signing with them, and checking what somebody else's key made."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from engine.errors import InvalidInput

SignBytes = Callable[[bytes], bytes]
"""Signs the bytes themselves (not their digest); ECDSA answers in DER or as r and s joined."""

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

_CURVES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "secp256r1": ("es256", hashes.SHA256()),
    "secp384r1": ("es384", hashes.SHA384()),
    "secp521r1": ("es512", hashes.SHA512()),
}
PSS_SALT = 32
"""Bytes of salt that RSASSA-PSS takes."""

_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=PSS_SALT)
_MIN_RSA_BITS = 2048


def public_key(key: PublicKeyTypes, source: str) -> PublicKey:
    """`key` if C2PA can sign with its kind, else InvalidInput naming `source`."""
    good_curve = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES
    good_rsa = isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MIN_RSA_BITS
    if good_curve or good_rsa or isinstance(key, ed25519.Ed25519PublicKey):
        assert isinstance(key, PublicKey)
        return key
    raise InvalidInput(
        f"'{source}' holds a key of a kind that cannot sign media.",
        remedy="Use P-256, P-384, P-521, RSA of 2048 bits or more, or Ed25519.",
    )


def algorithm(key: PublicKey) -> str:
    """The C2PA name of the signature algorithm that goes with the key, 'es256' for example."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES[key.curve.name][0]
    return "ps256" if isinstance(key, rsa.RSAPublicKey) else "ed25519"


def load_private_key(text: bytes, source: str) -> PrivateKeyTypes:
    """The unencrypted PEM key in `text`; every fault is an InvalidInput naming `source`."""
    try:
        return load_pem_private_key(text, password=None)
    except TypeError as error:
        raise InvalidInput(
            f"The key in '{source}' is encrypted.",
            remedy="Store it unencrypted and readable by you alone, or sign through a callback.",
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInput(
            f"'{source}' holds no readable private key.", remedy="Give a PKCS#8 key as PEM text."
        ) from error


def pkcs8(key: PrivateKeyTypes) -> str:
    """The key as PKCS#8 PEM text, the one form that the signing library reads."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def what_is_signed(key: PublicKey, data: bytes) -> bytes:
    """What a bare signing operation is given for `data`: its digest; for Ed25519 `data` itself."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return data
    made_by: hashes.HashAlgorithm = hashes.SHA256()
    if isinstance(key, ec.EllipticCurvePublicKey):
        made_by = _CURVES[key.curve.name][1]
    digest = hashes.Hash(made_by)
    digest.update(data)
    return digest.finalize()


def holds(key: PublicKey, data: bytes, signature: bytes) -> bool:
    """Whether `signature` over `data` was made by the private half of `key`."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_as_der(key, signature), data, ec.ECDSA(_CURVES[key.curve.name][1]))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _PSS, hashes.SHA256())
        else:
            key.verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _as_der(key: ec.EllipticCurvePublicKey, signature: bytes) -> bytes:
    """An ECDSA signature in DER, whichever of its two forms it came in."""
    half = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * half:
        return signature
    r, s = signature[:half], signature[half:]
    return utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
