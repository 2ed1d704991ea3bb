"""The number as a network's bits: coded, and its signs turned by the owner's key.

A network has no key: who has its weights reads its bits.  So every bit is turned or not as a
secret stream says, and what is read with another key, or out of a video without the mark, is
chance.  How rarely chance passes for a number follows from the signs alone, whatever the network
answers: for one codeword the sum of the bits that agree, weighed by any sizes, exceeds t of its
deviations with a probability of at most exp(-t^2 / 2) (Hoeffding 1963), and there are 2^48
codewords.  `GATE` makes that 2^48 exp(-10.4^2 / 2) < 10^-9 for each video.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.message import CODED_BITS, NOBODY, Known, decode, encode

GATE: Final = 10.4
"""Deviations from which a number counts as read; 16 are the most that 256 bits can show."""

Floats = NDArray[np.float32]


class Said(NamedTuple):
    """A number, and by how many deviations the bits speak for it."""

    number: int
    deviations: float


def keyed_bits(number: int, key: MarkKey, bits: int) -> Floats:
    """What an embedder is to hide, 0 and 1 of shape (bits,); the code comes again where it ends."""
    carried = encode(number)[np.arange(bits) % CODED_BITS] * _signs(key, bits)
    return np.asarray(carried < 0, np.float32)


def said(logits: Floats, key: MarkKey, known: Known = NOBODY) -> Said | None:
    """The number in an extractor's answer of shape (bits,), positive for 1; None for chance.

    One that is `known` is recognised where too little is left to read one that is not.
    """
    size = np.abs(logits)
    # No bit counts for more than the usual: a few large ones would outvote the rest.
    limited = np.clip(logits, -np.median(size), np.median(size)) * _signs(key, len(logits))
    deviation = float(np.sqrt(np.square(limited).sum()))
    if deviation == 0:
        return None
    places = np.arange(len(logits)) % CODED_BITS
    soft = -np.bincount(places, limited, CODED_BITS).astype(np.float32)
    number = decode(soft)
    if number is not None:
        deviations = float((soft * encode(number)).sum()) / deviation
        if deviations >= GATE:
            return Said(number, deviations)
    found = known.recognised(soft, deviation)
    return None if found is None else Said(*found)


@lru_cache(maxsize=8)
def _signs(key: MarkKey, bits: int) -> NDArray[np.int8]:
    return np.asarray(1 - 2 * (key.words(bits, "neural", "signs") & 1).astype(np.int8), np.int8)
