"""How much louder a slot is than the one after it, and how much that varies by itself."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.trust.watermark.audio.bands import STEP_SECONDS, STEPS_PER_SLOT, Loudness

_AROUND: Final = round(1.0 / STEP_SECONDS)
_LARGEST: Final = 1.0


def contrast(heard: Loudness) -> Loudness:
    """For slots that begin at each step, in nepers; 0 where nothing is known."""
    return np.asarray(np.nan_to_num(heard[:-STEPS_PER_SLOT] - heard[STEPS_PER_SLOT:]), np.float32)


def fluctuation(contrasts: Loudness) -> Loudness:
    """The root mean square over a second, in each band; outliers count as 1 at most."""
    squares = np.minimum(contrasts.astype(np.float64) ** 2, _LARGEST)
    sums = np.cumsum(np.pad(squares, ((1, 0), (0, 0))), axis=0)
    here = np.arange(len(contrasts))
    begin = np.maximum(here - _AROUND // 2, 0)
    end = np.minimum(here + _AROUND // 2 + 1, len(contrasts))
    means = (sums[end] - sums[begin]) / np.maximum(end - begin, 1)[:, None]
    return np.asarray(np.sqrt(np.maximum(means, 0)), np.float32)
