"""Who signs: a certificate chain, and a way to sign with the key behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from engine.errors import InvalidInput, ReelwrightError
from engine.trust.certificates import checked_chain, common_name, pem
from engine.trust.files import content_of
from engine.trust.keys import PublicKey, SignBytes, holds, load_private_key, pkcs8, public_key


@dataclass(frozen=True)
class Identity:
    """A signer of media.

    `name` is what its certificate calls it, `chain` the certificates as PEM text, leaf first and
    root left out, `public` the leaf's key.  `secret` is the private key as PKCS#8 PEM text, or
    the function that signs where the key stays elsewhere.  `root` is the root as PEM text if it
    was made on this computer, so that nobody else vouches for the name; else empty.
    `time_authority` is the address of who stamps the time of each signature (RFC 3161), or empty:
    then signing needs no network, and a signature counts only while its certificate is valid.
    """

    name: str
    chain: str
    public: PublicKey
    secret: str | SignBytes = field(repr=False)
    root: str = ""
    time_authority: str = ""

    @property
    def self_issued(self) -> bool:
        return bool(self.root)


def from_files(chain: Path, key: Path, now: datetime | None = None) -> Identity:
    """The identity of a certificate chain file and its private key file, both PEM.

    Raises InvalidInput naming the file for a chain in the wrong order, expired, or made for
    something else, and for a key that is encrypted or belongs to another certificate;
    StorageFailed for a file that cannot be read.
    """
    certificates = checked_chain(content_of(chain), str(chain), now or datetime.now(UTC))
    private = load_private_key(content_of(key), str(key))
    public = public_key(certificates[0].public_key(), str(chain))
    if private.public_key() != public:
        raise InvalidInput(
            f"The key in '{key}' does not belong to the certificate "
            f"'{common_name(certificates[0])}' in '{chain}'.",
            remedy="Give the key that this certificate was issued for.",
        )
    return identity_of(certificates, pkcs8(private), str(chain))


def from_callback(chain: str, sign: SignBytes, now: datetime | None = None) -> Identity:
    """The identity whose key stays elsewhere: a hardware token, a key management service.

    `chain` is PEM text, leaf first.  `sign` is given the bytes to sign and returns the signature
    that the leaf's kind of key makes: ECDSA with the curve's hash (DER, or r and s joined),
    RSASSA-PSS with SHA-256 and a salt of 32 bytes, or Ed25519.
    """
    source = "the certificate chain"
    certificates = checked_chain(chain.encode(), source, now or datetime.now(UTC))
    public = public_key(certificates[0].public_key(), source)
    return identity_of(certificates, _checking(sign, public), source)


def identity_of(
    chain: list[x509.Certificate], secret: str | SignBytes, source: str, root: str = ""
) -> Identity:
    """The identity of a chain already checked; `source` names it in errors."""
    public = public_key(chain[0].public_key(), source)
    return Identity(common_name(chain[0]), pem(chain), public, secret, root)


def _checking(sign: SignBytes, key: PublicKey) -> SignBytes:
    """`sign`, with its faults told plainly, and no answer but the certificate's key's taken.

    The library embeds whatever a signer answers; a wrong answer would be found by whoever
    verifies the file, long after it was published.
    """

    def checked(data: bytes) -> bytes:
        try:
            signature = sign(data)
        except ReelwrightError:
            raise
        except Exception as error:
            raise InvalidInput(
                f"The signing key could not be used: {error or type(error).__name__}.",
                remedy="Check the token or the service that keeps it.",
            ) from error
        if not holds(key, data, signature):
            raise InvalidInput(
                "The signing key made a signature that its certificate does not confirm.",
                remedy="Check that key, certificate and algorithm belong together.",
            )
        return signature

    return checked
