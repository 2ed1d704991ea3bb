"""The tile that is hidden in the frames of a segment, as waves whose phases the key gives.

A tile is a sum of waves that fit into it a whole number of times, so that copies of it side by side
join without a seam.  A frame holds `TILES` of them along its longer side, whatever its size: a
video that was scaled as a whole carries the same waves.  They lie in a ring of low frequencies,
above what is seen as brightness and below what codecs leave out first.  A part of them, the pilot,
is the same for every message and says where the tile begins; each of the others carries one coded
bit as its sign.  Phases, the choice of the pilot and the order of the bits come from the key and
the number of the segment.

Shapes: W waves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.message import CODED_BITS, Bits

TILES: Final = 5
"""Tiles along the longer side of a frame."""
SIDE: Final = 64
"""The side of a tile as readers see it, in their pixels."""
SEGMENTS: Final = 4
"""Tiles that follow each other, a second each, before the first one comes again."""
MIN_LONG_SIDE: Final = 256
"""Pixels below which the highest waves would be lost."""
MIN_SECONDS: Final = 0.5

LOWEST: Final = 6.0
HIGHEST: Final = 20.0
_PILOT_SHARE: Final = 0.25

Tile = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


class Waves(NamedTuple):
    """The waves of the ring: how often each fits into the tile, by rows and by columns."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]


class Layout(NamedTuple):
    """What the key makes of the waves in one segment.

    `carrier` is each wave's complex amplitude, of size 1, for a bit of +1; `bit` the coded bit
    that it carries, -1 for the waves of the pilot.
    """

    carrier: Spectrum
    bit: NDArray[np.int64]

    @property
    def pilot(self) -> NDArray[np.bool_]:
        return self.bit < 0

    def spectrum(self, coded: Bits) -> Spectrum:
        """The complex amplitudes of all waves for a coded message."""
        signs = np.where(self.pilot, 1, coded[self.bit])
        return np.asarray(self.carrier * signs, np.complex64)


@lru_cache(maxsize=1)
def waves() -> Waves:
    """All waves of the ring, one of each pair that is the other's mirror image."""
    reach = int(HIGHEST)
    rows, columns = np.mgrid[-reach : reach + 1, 0 : reach + 1]
    radius = np.hypot(rows, columns)
    once = (columns > 0) | (rows > 0)
    chosen = once & (radius >= LOWEST) & (radius <= HIGHEST)
    return Waves(rows[chosen], columns[chosen])


@lru_cache(maxsize=64)
def layout(key: MarkKey, segment: int) -> Layout:
    """The layout of a segment, the same for everybody who has the key."""
    count = len(waves().rows)
    words = key.words(3 * count, "video", segment % SEGMENTS)
    phases = words[:count].astype(np.float64) * (2 * np.pi / 2**32)
    # A permutation by sorting random numbers; 64 bits, so that no two are alike.
    order = np.argsort(words[count:].astype("<u4").view("<u8"), kind="stable")
    num_pilot = int(_PILOT_SHARE * count)
    bit = np.full(count, -1)
    bit[order[num_pilot:]] = np.arange(count - num_pilot) % CODED_BITS
    return Layout(np.exp(1j * phases).astype(np.complex64), bit)


def tile(key: MarkKey, coded: Bits, segment: int, side: int) -> Tile:
    """The pattern of a segment with mean 0 and deviation 1, of shape (side, side)."""
    ring = waves()
    half = np.zeros((side, side // 2 + 1), np.complex64)
    values = layout(key, segment).spectrum(coded)
    half[ring.rows % side, ring.columns] = values
    own = ring.columns == 0  # a real picture has their mirror images in the same column
    half[-ring.rows[own] % side, 0] = values[own].conj()
    drawn = np.fft.irfft2(half, s=(side, side))
    return np.asarray(drawn / drawn.std(), np.float32)
