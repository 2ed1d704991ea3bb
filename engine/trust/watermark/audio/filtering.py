"""Changing a sound band by band and moment by moment, without clicks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.audio.pattern import BAND_HERTZ, BANDS, LOWEST_HERTZ, SLOT_SECONDS

_BATCH: Final = 512
"""Windows that are transformed at once."""
_OVERLAP: Final = 4
_EDGE: Final = 0.15
"""How far, in widths of a band, one band's gain passes into the next one's."""

Samples = NDArray[np.float32]
Gains = Callable[[NDArray[np.float64]], NDArray[np.float32]]
"""The logarithms of the gains at moments in seconds, of shape (moments, bands)."""


def filtered(samples_CN: Samples, rate: int, gains: Gains, *, outside: bool = True) -> Samples:
    """The sound with gains that follow the moment; outside of the bands it stays, or goes.

    Windows of a slot that overlap by three quarters are changed and added up again.
    """
    hop = max(1, round(SLOT_SECONDS * rate / _OVERLAP))
    length = _OVERLAP * hop
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length))
    window = window.astype(np.float32)
    slopes = _slopes(np.arange(length // 2 + 1) * rate / length)
    kept = np.ones(length // 2 + 1, np.float32) if outside else slopes.sum(axis=0) > 0.999
    count = samples_CN.shape[1] // hop + _OVERLAP
    padded = np.pad(samples_CN, ((0, 0), (length - hop, length)))
    made = np.zeros((len(samples_CN), (count + _OVERLAP) * hop), np.float32)
    for first in range(0, count, _BATCH):
        numbers = np.arange(first, min(first + _BATCH, count))
        moments = (numbers * hop - (length - hop) + length / 2) / rate
        factors = np.exp(gains(moments) @ slopes) * kept
        places = numbers[:, None] * hop + np.arange(length)
        for channel, into in zip(padded, made, strict=True):
            spectrum = np.fft.rfft(channel[places] * window, axis=1) * factors
            pieces = np.fft.irfft(spectrum, length, axis=1).astype(np.float32) * window / 2
            for part in range(_OVERLAP):
                begin = (first + part) * hop
                piece = pieces[:, part * hop : (part + 1) * hop].ravel()
                into[begin : begin + len(piece)] += piece
    return made[:, length - hop :][:, : samples_CN.shape[1]]


def _slopes(hertz: NDArray[np.float64]) -> NDArray[np.float32]:
    """How much of each band's gain a frequency gets, of shape (bands, frequencies)."""
    place = (hertz - LOWEST_HERTZ) / BAND_HERTZ - np.arange(BANDS)[:, None]
    inside = np.minimum(place + _EDGE, 1 + _EDGE - place) / (2 * _EDGE)
    return np.clip(inside, 0, 1).astype(np.float32)
