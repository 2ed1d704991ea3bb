"""What the ear does not hear beside the sound that is there, band by band.

A simple model of simultaneous masking: each band hides what lies 20 dB below it, and less the
farther away it is on the Bark scale (Zwicker and Terhardt, 1980): 15 dB a Bark upwards, 27 dB a
Bark downwards (Schroeder, Atal and Hall, 1979).  20 dB is between what noise hides (6 dB) and
what a tone hides (about 24 dB).  Energies are of full scale, as `bands.loudness` gives them.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.audio.pattern import BAND_HERTZ, BANDS, LOWEST_HERTZ

BELOW_MASKER: Final = 10 ** (-20 / 10)
_UPWARDS: Final = 15.0
_DOWNWARDS: Final = 27.0
_QUIET: Final = 10 ** (-80 / 10) / 2
"""The threshold in silence: a tone at -80 dB, 20 dB of sound pressure where full scale is 100."""

Energy = NDArray[np.float32]


def threshold(energy: Energy) -> Energy:
    """The energy that stays unheard in each band, both of shape (steps, bands)."""
    return np.asarray(np.maximum(energy @ _spread() * BELOW_MASKER, _QUIET), np.float32)


@cache
def _spread() -> Energy:
    """How much of each band's energy (rows) counts in each other (columns)."""
    middle = LOWEST_HERTZ + BAND_HERTZ * (np.arange(BANDS) + 0.5)
    bark = 13 * np.arctan(0.00076 * middle) + 3.5 * np.arctan((middle / 7500) ** 2)
    above = bark[None, :] - bark[:, None]
    falls = np.where(above > 0, _UPWARDS * above, -_DOWNWARDS * above)
    return np.asarray(10 ** (-falls / 10), np.float32)
