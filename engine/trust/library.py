"""The C2PA library, set up the one way we use it: offline, and trusting only what we are told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import ReelwrightError
from engine.trust.certificates import SIGNING_PURPOSES
from engine.trust.identity import Identity
from engine.trust.keys import SignBytes, algorithm

if TYPE_CHECKING:
    import c2pa

# Stamping and revocation answers are signed under these purposes, beside the claims themselves.
_BLOCK = re.compile(r"-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?")

STAMPS = "stamps"
"""What the report calls the list of those who stamp times."""

_STAMPING = "1.3.6.1.5.5.7.3.8"
_OTHER_PURPOSES = (_STAMPING, "1.3.6.1.5.5.7.3.9")
_MAX_MANIFEST_MB = 32
# A larger file is copied through a temporary file instead of memory while it is signed.
_MAX_IN_MEMORY_MB = 64


def context(own_roots: str = "", trust_list: str = "", stamp_list: str = "") -> c2pa.Context:
    """Settings for reading and signing: no network, the given roots (PEM text) trusted.

    `own_roots` and `trust_list` may sign, the authorities of `stamp_list` stamp times and no more.
    A root that is on the list too counts as listed, which says more than that it is known here.
    """
    import c2pa

    purposes = "\n".join((*SIGNING_PURPOSES, *_OTHER_PURPOSES))
    trust: dict[str, object] = {"trust_config": purposes}
    own_alone = _without(own_roots, trust_list)
    if own_alone:
        trust["user_anchors"] = own_alone
    if trust_list:
        trust["trust_anchors"] = trust_list
    stamps_alone = _without(stamp_list, trust_list + own_roots)
    if stamps_alone:
        stamping = {"trust_anchors": stamps_alone, "trust_uri": STAMPS, "trust_kind": "tsa"}
        trust["anchors"] = [stamping | {"trust_config": _STAMPING}]
    return c2pa.Context.from_dict(
        {
            "version": 1,
            "trust": trust,
            "core": {
                "max_decompressed_manifest_size_in_mb": _MAX_MANIFEST_MB,
                "backing_store_memory_threshold_in_mb": _MAX_IN_MEMORY_MB,
            },
            "verify": {
                "remote_manifest_fetch": False,
                "ocsp_fetch": False,
                "verify_trust": True,
                # The signature is checked as it is made (identity.py), so that the whole file
                # need not be read and hashed a second time.
                "verify_after_sign": False,
            },
            # Thumbnails would enlarge every file and every frame of a sequence.
            "builder": {"thumbnail": {"enabled": False}},
        }
    )


def _without(roots: str, others: str) -> str:
    """The PEM blocks of `roots` that are not among `others`.

    Of an authority on two lists the library names either, by chance; the signers' allows both.
    """
    there = {_content(block) for block in _BLOCK.findall(others)}
    return "".join(block for block in _BLOCK.findall(roots) if _content(block) not in there)


def _content(block: str) -> str:
    """A PEM block without its line breaks, which others may set differently."""
    return "".join(block.split())


def plain(error: Exception) -> str:
    """What the library says of a failure, without the names of its own parts."""
    words = re.sub(r"^(?:[A-Za-z]+: )+", "", str(error)).strip().rstrip(".")
    return words[:200] or "it gave no reason"


def library_signer(identity: Identity) -> tuple[c2pa.Signer, Callable[[], ReelwrightError | None]]:
    """The library's signer for an identity, and a function that tells why its key failed."""
    import c2pa

    chosen = c2pa.C2paSigningAlg[algorithm(identity.public).upper()]
    if isinstance(identity.secret, str):
        chain, secret = identity.chain.encode(), identity.secret.encode()
        stamps = identity.time_authority.encode() or None
        info = c2pa.C2paSignerInfo(chosen, chain, secret, stamps)
        return c2pa.Signer.from_info(info), lambda: None
    key = _FaultKeepingKey(identity.secret)
    stamps_at = identity.time_authority or None
    signer = c2pa.Signer.from_callback(key, chosen, identity.chain, stamps_at)
    return signer, lambda: key.fault


class _FaultKeepingKey:
    """A signing function that remembers why it failed: the library knows failure only as b""."""

    def __init__(self, sign: SignBytes) -> None:
        self._sign = sign
        self.fault: ReelwrightError | None = None

    def __call__(self, data: bytes) -> bytes:
        try:
            return self._sign(data)
        except ReelwrightError as error:
            self.fault = error
            return b""
