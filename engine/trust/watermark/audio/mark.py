"""Hiding a number in a sound."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.trust.watermark.audio.bands import (
    STEP_SECONDS,
    STEPS_PER_SLOT,
    Loudness,
    loudness,
    white_energy,
)
from engine.trust.watermark.audio.contrast import contrast, fluctuation
from engine.trust.watermark.audio.filtering import Samples, filtered
from engine.trust.watermark.audio.masking import Energy, threshold
from engine.trust.watermark.audio.pattern import (
    CYCLE_PAIRS,
    SEGMENT_SECONDS,
    SLOT_SECONDS,
    pattern_of,
)
from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.message import encode
from engine.values import Audio

MIN_SECONDS: Final = SEGMENT_SECONDS
"""Less says not even the whole message once."""

_PER_FLUCTUATION: Final = 0.5
"""How far a band is moved, in what it moves by itself: what flickers hides flicker."""
_LEAST: Final = 0.028
_MOST: Final = 0.09
"""Bounds of that in nepers: 0.24 dB, where a steady tone is seen to beat, and 0.8 dB."""
_MOST_MASKED: Final = 0.4
"""The same for a band that is drowned by its neighbours."""
_FILLED: Final = 0.3
"""The share of the masking threshold up to which empty bands are filled with noise."""
_NOISE_SAMPLES: Final = 1 << 17


def mark_audio(audio: Audio, *, id: int, key: MarkKey, strength: float = 1.0) -> Audio:
    """The sound with the number `id` in it, from its first sample on, in every segment.

    Bands are made louder and softer by less than they mask, in all channels alike, so that
    mixing them down leaves the mark; bands that hold nothing get noise below the threshold of
    hearing first.  `strength` scales the changes.  Raises InvalidInput for an id that is too
    large.
    """
    signs = pattern_of(key).signs(encode(id))
    rate = audio.rate
    clean = np.nan_to_num(audio.samples_CN).astype(np.float32)
    filled = _filled(clean, rate, key)
    depth = _depth(loudness(filled, rate)) * np.float32(strength)
    if not len(depth):
        return audio

    def gains(moments: NDArray[np.float64]) -> NDArray[np.float32]:
        slots = np.floor(moments / SLOT_SECONDS).astype(np.int64)
        depths = depth[np.clip(slots * STEPS_PER_SLOT, 0, len(depth) - 1)]
        louder_first = np.where(slots % 2 == 0, 1, -1)[:, None]
        return np.asarray(signs[slots // 2 % CYCLE_PAIRS] * louder_first * depths, np.float32)

    return replace(audio, samples_CN=filtered(filled, rate, gains))


def _filled(samples_CN: Samples, rate: int, key: MarkKey) -> Samples:
    """The sound with unheard noise where there is less than a share of what is masked."""
    energy = _energy(loudness(samples_CN, rate))
    if not len(energy):
        return samples_CN
    masked = threshold(energy)
    lacking = np.where(energy < masked, masked * _FILLED, 0) / white_energy(rate)
    level = 0.5 * np.log(np.maximum(lacking, 1e-20))

    def gains(moments: NDArray[np.float64]) -> NDArray[np.float32]:
        steps = np.round((moments - SLOT_SECONDS / 2) / STEP_SECONDS).astype(np.int64)
        return np.asarray(level[np.clip(steps, 0, len(level) - 1)], np.float32)

    noise = _band_noise(samples_CN.shape[1], rate, key)
    return samples_CN + filtered(noise, rate, gains, outside=False)


def _band_noise(samples: int, rate: int, key: MarkKey) -> Samples:
    """White noise of deviation 1, the same at each call, of shape (1, samples)."""
    words = key.words(_NOISE_SAMPLES, "audio", "noise").astype(np.float32)
    return np.resize((words / 2**32 - 0.5) * np.sqrt(12), (1, samples)).astype(np.float32)


def _depth(heard: Loudness) -> Loudness:
    """How far each band may be moved at each step, in nepers, of shape (steps, bands)."""
    energy = _energy(heard)
    room = np.sqrt(threshold(energy) / (energy + np.float32(1e-12)))
    room = np.minimum(room, _MOST_MASKED)
    own = fluctuation(contrast(heard)) * np.float32(_PER_FLUCTUATION / np.sqrt(2))
    missing = len(room) - len(own)
    own = np.pad(own, ((0, missing), (0, 0)), mode="edge") if len(own) else np.zeros_like(room)
    usual = np.clip(own, _LEAST, _MOST)
    # A band that masks itself alone has room for a tenth: more means that others drown it.
    return np.asarray(np.where(room > 1.3 * _MOST, np.maximum(usual, room), usual), np.float32)


def _energy(heard: Loudness) -> Energy:
    return np.asarray(np.nan_to_num(np.exp(2 * heard)), np.float32)
