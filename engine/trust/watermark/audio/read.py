"""Finding the number that is hidden in a sound."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.audio.bands import STEPS_PER_SLOT, Loudness, loudness
from engine.trust.watermark.audio.contrast import contrast, fluctuation
from engine.trust.watermark.audio.pattern import BANDS, CYCLE_PAIRS, SEGMENT_SECONDS, pattern_of
from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.message import decode
from engine.trust.watermark.reading import Reading
from engine.values import Audio

GATE: Final = 5.5
"""Standard deviations that the pilot must stand out by.

Over the 8,192 places where a cycle may begin, chance reaches it once in about 6,000 sounds; the
message's check bits then let one in 16,000 pass.
"""

_STEPS_PER_PAIR: Final = 2 * STEPS_PER_SLOT
_CYCLE_STEPS: Final = CYCLE_PAIRS * _STEPS_PER_PAIR
_CLIPPED: Final = 2.0
_SHARED: Final = 0.8
"""How much of what neighbouring bands do together is taken away: onsets, fades."""
_CANDIDATES: Final = 3


def read_audio_mark(audio: Audio, key: MarkKey) -> Reading | None:
    """The mark that was made with this key, or None.

    Speed must not have been changed; what was cut off, gain, mixing and resampling do not matter.
    """
    heard = loudness(np.nan_to_num(audio.samples_CN).astype(np.float32), audio.rate)
    if len(heard) <= STEPS_PER_SLOT:
        return None
    folded = _folded(_evidence(heard))
    pattern = pattern_of(key)
    scores = _scores(folded, pattern.pilot)
    for begin in _highest(scores):
        if scores[begin] < GATE:
            return None
        number = decode(pattern.gathered(np.roll(folded, -begin, axis=0)[::_STEPS_PER_PAIR]))
        if number is not None:
            segments = max(1, round(float(audio.duration) / SEGMENT_SECONDS))
            return Reading(number, float(scores[begin]), segments)
    return None


def _evidence(heard: Loudness) -> Loudness:
    """What speaks for the first slot of a pair being the louder, in its own fluctuations."""
    found = contrast(heard)
    beside = np.pad(found, ((0, 0), (2, 2)), mode="reflect")
    shared = (beside[:, :-4] + beside[:, 1:-3] + beside[:, 3:-1] + beside[:, 4:]) / 4
    alone = np.asarray(found - _SHARED * shared, np.float32)
    usual = fluctuation(alone) + np.float32(1e-3)
    return np.asarray(np.clip(alone / usual, -_CLIPPED, _CLIPPED), np.float32)


def _folded(evidence: Loudness) -> Loudness:
    """All cycles laid over each other, of shape (steps of a cycle, bands)."""
    missing = -len(evidence) % _CYCLE_STEPS
    whole = np.pad(evidence, ((0, missing), (0, 0)))
    return np.asarray(whole.reshape(-1, _CYCLE_STEPS, BANDS).sum(axis=0), np.float32)


def _scores(folded: Loudness, pilot: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far the pilot stands out if the cycle begins at each step, in standard deviations."""
    comb = np.zeros_like(folded)
    comb[::_STEPS_PER_PAIR] = pilot
    product = np.fft.rfft(folded, axis=0) * np.conj(np.fft.rfft(comb, axis=0))
    agreement = np.fft.irfft(product.sum(axis=1), _CYCLE_STEPS)
    # The median is not moved by the mark's own peak.
    deviation = 1.4826 * np.median(np.abs(agreement))
    return np.asarray(agreement / max(float(deviation), 1e-9), np.float64)


def _highest(scores: NDArray[np.float64]) -> list[int]:
    return [int(place) for place in np.argsort(scores)[::-1][:_CANDIDATES]]
