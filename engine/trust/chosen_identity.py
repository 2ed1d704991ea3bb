"""Who signs on this computer."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import InvalidInput
from engine.trust.identity import Identity, from_files
from engine.trust.self_issued import self_issued


def signing_identity() -> Identity:
    """Who signs: the certificate that REELWRIGHT_CERTIFICATE and REELWRIGHT_KEY name, or this
    computer's own, made on first use.
    """
    chain, key = os.environ.get("REELWRIGHT_CERTIFICATE"), os.environ.get("REELWRIGHT_KEY")
    if bool(chain) != bool(key):
        raise InvalidInput(
            "Only one of REELWRIGHT_CERTIFICATE and REELWRIGHT_KEY is set.",
            remedy="Set both, or none to sign with this computer's own identity.",
        )
    return from_files(Path(chain), Path(key)) if chain and key else self_issued()
