"""Secrets of 32 bytes in files that only their owner can read, made on first use."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from engine.atomic import write_private
from engine.errors import InvalidInput, StorageFailed

BYTES: Final = 32


def kept_secret(path: Path, what: str, *, lost: str) -> bytes:
    """The secret in a file, made if there is none; several processes find the same.

    Raises StorageFailed where the file cannot be read or written, InvalidInput where it holds
    something else; `what` says in both which secret it is, `lost` what is lost without it.
    """
    try:
        if not path.exists():
            _put(path, secrets.token_bytes(BYTES))
        return _read(path, what, lost)
    except OSError as error:
        raise StorageFailed(
            f"The {what} cannot be kept in '{path}': {error.strerror}.",
            remedy="Make its folder writable, or set REELWRIGHT_CONFIG to another.",
        ) from error


def _put(path: Path, secret: bytes) -> None:
    """Write it whole, unless another process was first: a link takes no name twice."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_private(draft, secret.hex().encode() + b"\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _read(path: Path, what: str, lost: str) -> bytes:
    try:
        secret = bytes.fromhex(path.read_text("ascii"))
    except ValueError:
        secret = b""
    if len(secret) != BYTES:
        raise InvalidInput(
            f"'{path}' holds no {what}.",
            remedy=f"Put back a copy of it; without it {lost}.",
        )
    return secret
