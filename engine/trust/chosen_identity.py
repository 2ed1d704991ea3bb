"""Who signs on this computer, and who stamps the time of it.

    REELWRIGHT_CERTIFICATE and REELWRIGHT_KEY    a certificate chain and its key, as files
    REELWRIGHT_IDENTITY                          'pkcs11' for a token (token_settings.py says how),
                                                 or an identity that a package brings along
    REELWRIGHT_TIME_AUTHORITY                    the address of a time-stamp authority

A package offers an identity (of a key management service, say) through the entry point group
`reelwright.identities`: a name, and a function without arguments that answers an `Identity`,
usually by `from_callback`.  SIGNING.md beside this file shows all ways, one example each.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from engine.errors import InvalidInput, ReelwrightError
from engine.trust.identity import Identity, from_files
from engine.trust.self_issued import self_issued
from engine.trust.sign import try_out
from engine.trust.tokens import token_identity

VARIABLES: Final = ("REELWRIGHT_IDENTITY", "REELWRIGHT_CERTIFICATE", "REELWRIGHT_KEY")
"""Any of these set means that it is not this computer's own identity that signs."""

_STAMPED_BY: Final = "REELWRIGHT_TIME_AUTHORITY"

GROUP: Final = "reelwright.identities"
TOKEN: Final = "pkcs11"
"""The one name that no package need offer."""


def signing_identity() -> Identity:
    """Who the environment says signs, else this computer's own identity, made on first use.

    Raises InvalidInput for a choice that cannot be followed.
    """
    chain, key = os.environ.get("REELWRIGHT_CERTIFICATE"), os.environ.get("REELWRIGHT_KEY")
    name = os.environ.get("REELWRIGHT_IDENTITY", "")
    if bool(chain) != bool(key):
        raise InvalidInput(
            "Only one of REELWRIGHT_CERTIFICATE and REELWRIGHT_KEY is set.",
            remedy="Set both, or none to sign with this computer's own identity.",
        )
    if name and chain:
        raise InvalidInput(
            "REELWRIGHT_IDENTITY and REELWRIGHT_CERTIFICATE are both set.",
            remedy="Set one of them.",
        )
    if name == TOKEN:
        chosen = token_identity()
    elif name:
        chosen = _offered(name)
    else:
        chosen = from_files(Path(chain), Path(key)) if chain and key else self_issued()
    return replace(chosen, time_authority=_time_authority() or chosen.time_authority)


def ready_identity() -> Identity:
    """Whoever signs, after a trial where anything of it stays elsewhere: the key, or the clock.

    A token that is out, a service or a time-stamp authority that is down is found only so.  Raises
    as `signing_identity` and `sign` do.
    """
    chosen = signing_identity()
    if callable(chosen.secret) or chosen.time_authority:
        try_out(chosen)
    return chosen


def is_named() -> bool:
    """Whether the environment says who signs."""
    return any(os.environ.get(variable) for variable in VARIABLES)


def is_chosen() -> bool:
    """Whether the environment says who signs, or who stamps the time: either may be wrong."""
    return is_named() or bool(os.environ.get(_STAMPED_BY))


def _offered(name: str) -> Identity:
    offers = entry_points(group=GROUP)
    if name not in offers.names:
        known = ", ".join(sorted(offers.names)) or "none"
        raise InvalidInput(
            f"No package offers the identity '{name}' that REELWRIGHT_IDENTITY names.",
            remedy=f"Install the package that does; there is: {known}.",
        )
    try:
        make: Callable[[], Identity] = offers[name].load()
        made = make()
    except ReelwrightError:
        raise
    except Exception as error:
        raise InvalidInput(
            f"The identity '{name}' could not be had: {error or type(error).__name__}.",
            remedy="Check the token or the service behind it, or unset REELWRIGHT_IDENTITY.",
        ) from error
    if not isinstance(made, Identity):
        raise InvalidInput(
            f"What the package offers as the identity '{name}' is none.",
            remedy="Its function must answer engine.trust.identity.Identity.",
        )
    return made


def _time_authority() -> str:
    """The address of the time-stamp authority; empty where none is set."""
    address = os.environ.get(_STAMPED_BY, "").strip()
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput(
            f"{_STAMPED_BY} is '{address}', which is no address of a web service.",
            remedy="Give one that begins with https:// or http://, or unset it.",
        )
    return address
