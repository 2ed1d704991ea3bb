"""The key of the face database, and sealing with it: AES-256-GCM, a fresh nonce for each record.

    <configuration>/faces.key     32 random bytes in hex, readable by the owner alone

What is sealed is bound to its place: a record that was moved to another number does not open.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import StorageFailed
from engine.folders import config_folder
from engine.trust.secret_file import kept_secret

_NONCE: Final = 12


@dataclass(frozen=True)
class Seal:
    """Seals and opens records with a key."""

    secret: bytes = field(repr=False)

    def seal(self, content: bytes, place: str) -> bytes:
        """The content so that only the key opens it, and only at its place."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.secret).encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed.  Raises StorageFailed for another key, and for what was altered."""
        try:
            return AESGCM(self.secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise StorageFailed(
                "The face database cannot be opened: it was altered, or its key is another.",
                remedy="Put back 'faces.key' in the configuration folder, or a copy of both.",
            ) from error


def owner_seal(folder: Path | None = None) -> Seal:
    """The seal of this computer's owner; its key is made on first use.

    Raises StorageFailed where `folder` (default: the configuration folder) cannot be used,
    InvalidInput where what lies there is no key.
    """
    path = (folder or config_folder()) / "faces.key"
    what, lost = "key of the face database", "nothing that it sealed can be read"
    return Seal(kept_secret(path, what, lost=lost))
