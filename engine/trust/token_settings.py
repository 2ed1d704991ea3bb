"""Where the signing key's token is, as its owner wrote it down.

    <configuration>/token.toml

    module = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"   # the library of the token's maker
    token = "Studio"                # the token's label
    key = "signing"                 # the key's label; or key_id = "02", its id in hex; or both
    certificates = "chain.pem"      # the signer's first; left out: read from the token
    pin_file = "token.pin"          # readable by you alone; left out: from REELWRIGHT_TOKEN_PIN

Paths are taken from the file's own folder.  The PIN is read whenever it is needed and not kept.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from engine.errors import InvalidInput, StorageFailed
from engine.folders import config_folder
from engine.trust.files import content_of
from engine.trust.forms import named_from, parse_form

PIN_VARIABLE: Final = "REELWRIGHT_TOKEN_PIN"

_MAX_PIN_BYTES: Final = 1024
_FOR_OTHERS: Final = 0o077


class TokenSettings(BaseModel):
    """Which key of which token signs; paths are absolute once read."""

    # Somebody may write the PIN itself into the file.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    module: Path
    token: str = Field(min_length=1)
    key: str = ""
    key_id: str = Field("", validate_default=True)
    certificates: Path | None = None
    pin_file: Path | None = None

    @field_validator("key_id")
    @classmethod
    def _names_a_key(cls, text: str, others: ValidationInfo) -> str:
        if not (text or others.data.get("key")):
            raise ValueError("give the key's label as 'key', or its id in hex here")
        bytes.fromhex(text)
        return text


def read_token_settings(path: Path | None = None) -> TokenSettings:
    """The settings in a file (default: in the configuration folder).

    Raises InvalidInput naming line and field of a mistake, StorageFailed for a file that cannot
    be read.
    """
    place = path or config_folder() / "token.toml"
    try:
        content = content_of(place, remedy="Check its rights.")
    except StorageFailed as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        raise InvalidInput(
            f"There is no '{place}', which says where the signing key's token is.",
            remedy="Write one as engine/trust/SIGNING.md shows.",
        ) from error
    settings, _ = parse_form(TokenSettings, content, f"'{place}'")
    paths = named_from(place, settings, "module", "certificates", "pin_file")
    return settings.model_copy(update=paths)


def token_pin(settings: TokenSettings) -> str:
    """The PIN, from its file or else from the environment; no error tells any of it."""
    if settings.pin_file is None:
        pin, place = os.environ.get(PIN_VARIABLE, ""), PIN_VARIABLE
    else:
        pin, place = _pin_in(settings.pin_file), f"'{settings.pin_file}'"
    if not pin:
        raise InvalidInput(
            f"There is no PIN for the token '{settings.token}' in {place}.",
            remedy=f"Set {PIN_VARIABLE}, or name a file that holds it as 'pin_file'.",
        )
    return pin


def _pin_in(path: Path) -> str:
    try:
        with path.open("rb") as file:
            open_to_others = os.fstat(file.fileno()).st_mode & _FOR_OTHERS
            content = file.read(_MAX_PIN_BYTES + 1)
    except OSError as error:
        raise StorageFailed(
            f"The PIN's file '{path}' cannot be read: {error.strerror}.",
            remedy="Check its path and rights.",
        ) from error
    if open_to_others:
        raise InvalidInput(
            f"The PIN's file '{path}' can be read or changed by others.",
            remedy="Give it the rights 600: readable and writable by its owner alone.",
        )
    try:
        return content.decode().strip() if len(content) <= _MAX_PIN_BYTES else ""
    except UnicodeDecodeError:
        # Raised from nothing: the error holds the bytes.
        raise InvalidInput(
            f"The PIN's file '{path}' is not UTF-8 text.", remedy="Write the PIN alone into it."
        ) from None
