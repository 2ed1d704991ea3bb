"""The part of a signature that no signature covers, where anybody could leave anything.

A manifest's signature is a COSE_Sign1 whose unprotected header holds what comes after signing: time
stamps, answers about revocation, and padding (`pad`, `pad2`), since its room is reserved before
its size is known (C2PA 2.4, section 13.2).  Padding is zeros.  The library reads what it knows and
passes over the rest, so what else stands there is looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import cbor2

from engine.errors import InvalidMedia
from engine.trust.fragments import boxes

PADDING: Final = frozenset({"pad", "pad2"})
KNOWN: Final = PADDING | {"sigTst", "sigTst2", "rVals", "x5chain", 33, "temp_signing_time"}
"""What C2PA 1.0 to 2.4 put there; 33 is COSE's number for a chain of certificates, and the last is
what the library itself wrote before there were time stamps.
"""

_CONTAINER, _DESCRIPTION, _CONTENT = "jumb", "jumd", "cbor"
_SIGNATURE: Final = b"c2cs"
_PARTS: Final = 4
_DEEPEST: Final = 8


def holds_more(store: bytes) -> bool:
    """Whether a signature in a manifest store (JUMBF) holds what neither C2PA nor padding explains.

    What cannot be read as a signature holds more, too.
    """
    try:
        return any(_unexplained(cose) for cose in _signatures(store, 0))
    except (InvalidMedia, cbor2.CBORError, RecursionError):
        return True


def _signatures(content: bytes, depth: int) -> Iterator[bytes]:
    """The COSE structures of all signatures in boxes of JUMBF."""
    found = list(boxes(content, "manifest"))
    bodies = [(box.kind, content[box.start + box.header : box.end]) for box in found]
    kinds = [body[: len(_SIGNATURE)] for kind, body in bodies if kind == _DESCRIPTION]
    if _SIGNATURE in kinds:
        yield from (body for kind, body in bodies if kind == _CONTENT)
    elif depth < _DEEPEST:
        for kind, body in bodies:
            if kind == _CONTAINER:
                yield from _signatures(body, depth + 1)


def _unexplained(cose: bytes) -> bool:
    # Keys that are equal would let one stand before readers and another before us.
    told = cbor2.loads(cose, max_depth=16, allow_duplicate_keys=False)
    parts = told.value if isinstance(told, cbor2.CBORTag) else told
    if not isinstance(parts, list | tuple) or len(parts) != _PARTS:
        return True
    header = parts[1]
    return not isinstance(header, Mapping) or any(
        key not in KNOWN or (key in PADDING and not _zeros(value)) for key, value in header.items()
    )


def _zeros(value: object) -> bool:
    return isinstance(value, bytes) and not any(value)
