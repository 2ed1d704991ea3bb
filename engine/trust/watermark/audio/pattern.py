"""Where the mark of a sound lies in time and frequency, and which way each place is moved.

Time is cut into slots of 32 ms, frequency into bands of 200 Hz.  Two slots of one band that
follow each other are a pair: one is made louder, the other softer by the same ratio, so that what
the sound itself does slowly cancels out.  A segment of 32 pairs (2.048 s) says the whole message;
a quarter of its pairs is a pilot, known to who has the key.  Sixteen segments, each with a stream
of its own from the key, make a cycle: only a long recording could be folded to find the pattern.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.message import CODED_BITS, Bits

SLOT_SECONDS: Final = 0.032
LOWEST_HERTZ: Final = 300
BAND_HERTZ: Final = 200
BANDS: Final = 33
SEGMENT_PAIRS: Final = 32
SEGMENTS: Final = 16
CYCLE_PAIRS: Final = SEGMENTS * SEGMENT_PAIRS
SEGMENT_SECONDS: Final = SEGMENT_PAIRS * 2 * SLOT_SECONDS

_COPIES: Final = 3
"""How often a segment says each coded bit; the other pairs are its pilot."""
_PILOT: Final = -1

Signs = NDArray[np.float32]


class Pattern(NamedTuple):
    """One cycle as a key lays it out, of shape (pairs, bands).

    `bits` numbers the coded bit that a pair carries, -1 for the pilot; `chips` is +1 where a
    pilot, or a bit of +1, makes the first slot of the pair the louder one, else -1.
    """

    bits: NDArray[np.int64]
    chips: Signs

    @property
    def pilot(self) -> Signs:
        """The chips of the pilot, 0 elsewhere."""
        return np.where(self.bits == _PILOT, self.chips, np.float32(0))

    def signs(self, coded: Bits) -> Signs:
        """Which way every pair is moved to say a coded message."""
        said = np.append(coded, 1).astype(np.float32)  # the last is what -1 picks: the pilot
        return np.asarray(self.chips * said[self.bits], np.float32)

    def gathered(self, agreement: Signs) -> Signs:
        """The reliability of every coded bit, of shape (CODED_BITS,).

        `agreement` (pairs, bands) says how far the first slot of each pair is the louder one.
        """
        taken = self.bits != _PILOT
        weights = (agreement * self.chips)[taken]
        return np.bincount(self.bits[taken], weights, CODED_BITS).astype(np.float32)


@lru_cache(maxsize=8)
def pattern_of(key: MarkKey) -> Pattern:
    """The cycle that belongs to a key."""
    segments = [_segment(key, number) for number in range(SEGMENTS)]
    return Pattern(*(np.concatenate(parts) for parts in zip(*segments, strict=True)))


def _segment(key: MarkKey, number: int) -> Pattern:
    pairs = SEGMENT_PAIRS * BANDS
    words = key.words(2 * pairs, "audio", "segment", number)
    carried = np.full(pairs, _PILOT, np.int64)
    carried[: _COPIES * CODED_BITS] = np.arange(_COPIES * CODED_BITS) % CODED_BITS
    shuffled = carried[np.argsort(words[:pairs], kind="stable")]
    chips = 1 - 2 * (words[pairs:] & 1).astype(np.float32)
    shape = (SEGMENT_PAIRS, BANDS)
    return Pattern(shuffled.reshape(shape), chips.reshape(shape))
