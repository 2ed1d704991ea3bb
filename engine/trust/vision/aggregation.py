"""One score of a video from those of its samples: what lasts counts, and what is beyond doubt.

The log-odds of a video are the mean of its three highest samples'.  A sample that stands alone
counts with its own, less the logarithm of nine: it must be nine times surer than harm that lasts.
Thresholds are calibrated on scores made in this way, so their false rate is one of videos.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Final

from engine.trust.classifiers import log_odds, sigmoid

LASTING: Final = 3
"""Samples that make harm lasting."""

ALONE: Final = math.log(9)
"""By how much the log-odds of a sample that stands alone are lowered."""


def over_time(log_odds_of_samples: Sequence[float]) -> float:
    """The log-odds of a video.  ValueError without a sample."""
    if not log_odds_of_samples:
        raise ValueError("a video without a sample has no score")
    highest = sorted(log_odds_of_samples, reverse=True)[:LASTING]
    if len(log_odds_of_samples) == 1:
        return highest[0]
    return max(fmean(highest), highest[0] - ALONE)


def score_over_time(scores: Sequence[float]) -> float:
    """The probability of a video from those of its samples."""
    return sigmoid(over_time([log_odds(score) for score in scores]))
