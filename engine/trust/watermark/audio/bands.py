"""How loud a sound is in each band of frequency, moment by moment."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.audio.pattern import BAND_HERTZ, BANDS, LOWEST_HERTZ, SLOT_SECONDS

STEPS_PER_SLOT: Final = 8
STEP_SECONDS: Final = SLOT_SECONDS / STEPS_PER_SLOT

_BATCH: Final = 512
"""Windows that are transformed at once."""
_FLOOR: Final = 1e-10
"""Energy that stands for silence; 16 bits resolve about -98 dB."""

Loudness = NDArray[np.float32]


def loudness(samples_CN: NDArray[np.float32], rate: int) -> Loudness:
    """Logarithms of the amplitude in slots that begin every STEP_SECONDS, shape (steps, bands).

    Bands that the rate cannot hold are NaN.
    """
    length = round(SLOT_SECONDS * rate)
    steps = max(0, int((samples_CN.shape[1] / rate - SLOT_SECONDS) / STEP_SECONDS) + 1)
    window = np.hanning(length).astype(np.float32)
    chosen = band_of(np.arange(length // 2 + 1) * rate / length)
    found = np.full((steps, BANDS), np.nan, np.float32)
    present = np.unique(chosen[chosen >= 0])
    member = (chosen[:, None] == present).astype(np.float32)
    for first in range(0, steps, _BATCH):
        begins = np.round(np.arange(first, min(first + _BATCH, steps)) * STEP_SECONDS * rate)
        energy = _energy(samples_CN, begins.astype(np.int64), window)
        shares = energy @ member / window.sum() ** 2
        found[first : first + len(begins), present] = 0.5 * np.log(shares + _FLOOR)
    return found


def band_of(hertz: NDArray[np.float64]) -> NDArray[np.int64]:
    """The band that a frequency belongs to, -1 for none."""
    bands = np.floor((hertz - LOWEST_HERTZ) / BAND_HERTZ).astype(np.int64)
    return np.where((bands >= 0) & (bands < BANDS), bands, -1)


def _energy(
    samples_CN: NDArray[np.float32], begins: NDArray[np.int64], window: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The power spectra of windows, summed over the channels, of shape (windows, frequencies)."""
    length = len(window)
    total = np.zeros((len(begins), length // 2 + 1), np.float32)
    places = begins[:, None] + np.arange(length)
    for channel in samples_CN:
        padded = channel[np.minimum(places, len(channel) - 1)]
        total += np.abs(np.fft.rfft(padded * window, axis=1)).astype(np.float32) ** 2
    return total


def white_energy(rate: int) -> NDArray[np.float32]:
    """The energy of white noise of deviation 1 in each band, of shape (bands,)."""
    length = round(SLOT_SECONDS * rate)
    window = np.hanning(length)
    chosen = band_of(np.arange(length // 2 + 1) * rate / length)
    counts = np.bincount(chosen[chosen >= 0], minlength=BANDS)
    share = (window**2).sum() / window.sum() ** 2
    return np.asarray(np.maximum(counts, 1) * share, np.float32)
