"""A token of software (SoftHSM) with keys that were made on it, and certificates for them."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from tests.engine.trust.test_identity import leaf_for

PIN, LABEL = "4711-correct", "Studio"

# Where distributions put the library; REELWRIGHT_SOFTHSM names another place.
_PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)


def library() -> str:
    """The path of SoftHSM's library; empty where it, or its program, is not installed."""
    if shutil.which("softhsm2-util") is None:
        return ""
    places = (os.environ.get("REELWRIGHT_SOFTHSM", ""), *_PLACES)
    return next((place for place in places if Path(place).is_file()), "")


@dataclass
class SoftwareToken:
    """A fresh token called `LABEL` in a folder of its own."""

    lib: Any
    folder: Path

    @classmethod
    def made(cls, folder: Path) -> SoftwareToken:
        """Raises what PKCS#11 raises; SOFTHSM2_CONF is left naming the folder."""
        import pkcs11

        (folder / "tokens").mkdir(parents=True)
        (folder / "softhsm.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm.conf")
        token = cls(pkcs11.lib(library()), folder)
        token.add_token(LABEL)
        return token

    def add_token(self, label: str) -> None:
        """Make one more token, as SoftHSM's own program does it."""
        named = ["--label", label, "--pin", PIN, "--so-pin", "security officer"]
        made = ["softhsm2-util", "--module", library(), "--init-token", "--free", *named]
        subprocess.run(made, check=True, capture_output=True)
        self.lib.reinitialize()  # a token gets its slot at the start

    def key(self, kind: str, label: str, id: bytes = b"\1", **private: Any) -> x509.Certificate:
        """Make a key on the token; the answer is a certificate for it."""
        with self.session() as session:
            public = _generated(session, kind, label, id, private)
        return leaf_for(SimpleNamespace(public_key=lambda: public))  # its public half is enough

    def store(
        self, certificate: x509.Certificate, label: str, id: bytes, value: bytes = b""
    ) -> None:
        """Put a certificate on the token, or what only calls itself one (`value`)."""
        from pkcs11 import Attribute, CertificateType, ObjectClass

        with self.session() as session:
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                    Attribute.TOKEN: True,
                    Attribute.LABEL: label,
                    Attribute.ID: id,
                    Attribute.SUBJECT: certificate.subject.public_bytes(),
                    Attribute.VALUE: value or certificate.public_bytes(Encoding.DER),
                }
            )

    def session(self) -> Any:
        return self._of(LABEL).open(rw=True, user_pin=PIN)

    def _of(self, label: str) -> Any:
        return next(self.lib.get_tokens(token_label=label))


def _generated(session: Any, kind: str, label: str, id: bytes, private: dict[str, Any]) -> Any:
    from pkcs11 import Attribute, KeyType
    from pkcs11.util import ec, rsa

    more = {
        "store": True,
        "label": label,
        "id": id,
        "private_template": {Attribute[name]: value for name, value in private.items()},
    }
    if kind == "rsa":
        public, _ = session.generate_keypair(KeyType.RSA, 2048, **more)
        return load_der_public_key(rsa.encode_rsa_public_key(public))
    if kind == "ed25519":
        domain = {Attribute.EC_PARAMS: bytes.fromhex("06032b6570")}  # RFC 8410, id-Ed25519
        parameters = session.create_domain_parameters(KeyType.EC_EDWARDS, domain, local=True)
        public, _ = parameters.generate_keypair(**more)
        return ed25519.Ed25519PublicKey.from_public_bytes(public[Attribute.EC_POINT][-32:])
    domain = {Attribute.EC_PARAMS: ec.encode_named_curve_parameters(kind)}
    parameters = session.create_domain_parameters(KeyType.EC, domain, local=True)
    public, _ = parameters.generate_keypair(**more)
    return load_der_public_key(ec.encode_ec_public_key(public))
