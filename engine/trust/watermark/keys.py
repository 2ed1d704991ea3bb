"""The owner's watermark key, and what is derived from it: secret streams, one for each segment.

    <configuration>/watermark.key     32 random bytes in hex, readable by the owner alone

Who has the key can read the marks made with it, forge and remove them.  Derivation is HKDF-SHA256
(RFC 5869) and the stream ChaCha20, so that a mark made today is read by every later version of
every library.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from engine.errors import InvalidInput
from engine.folders import config_folder
from engine.trust.secret_file import BYTES, kept_secret


@dataclass(frozen=True)
class MarkKey:
    """A key to make and to read watermarks with."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != BYTES:
            raise InvalidInput(f"A watermark key has {BYTES} bytes, not {len(self.secret)}.")

    @property
    def name(self) -> str:
        """Eight hex digits that tell keys apart and give nothing of them away."""
        return self.derived("name")[:4].hex()

    def derived(self, *purpose: str | int) -> bytes:
        """32 bytes that belong to a purpose, ('video', 'segment', 3) for example."""
        info = "/".join(["reelwright watermark", *map(str, purpose)]).encode()
        return HKDF(hashes.SHA256(), BYTES, salt=None, info=info).derive(self.secret)

    def words(self, count: int, *purpose: str | int) -> NDArray[np.uint32]:
        """A secret stream of `count` uniform 32-bit words for a purpose."""
        cipher = Cipher(ChaCha20(self.derived(*purpose), bytes(16)), mode=None)
        return np.frombuffer(cipher.encryptor().update(bytes(4 * count)), "<u4")


def new_key() -> MarkKey:
    """A fresh random key."""
    return MarkKey(secrets.token_bytes(BYTES))


def owner_key(folder: Path | None = None) -> MarkKey:
    """The key of this computer's owner, made on first use; several processes find the same.

    Raises StorageFailed where `folder` (default: the configuration folder) cannot be used,
    InvalidInput where what lies there is no key.
    """
    path = (folder or config_folder()) / "watermark.key"
    return MarkKey(
        kept_secret(
            path,
            "watermark key",
            lost="no mark made so far can be read. Or remove it, and a new one is made",
        )
    )
