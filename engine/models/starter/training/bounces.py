"""Finds the moments at which a path bounces, to a fraction of a frame."""

from __future__ import annotations

import numpy as np

_REACH = 5.0  # frames looked at before and after
_DROP = 2.0  # pixels that a bounce stands below what comes before it and after it, at least
_DROP_WITHIN = 6.0  # frames
_APART = 4.0  # frames between two bounces at least
_STEP = 0.05
_BLURRED = 0.8  # frames around a bounce in which it is seen worst: left out of the fit


def find_bounces(time_T: np.ndarray, low_T: np.ndarray) -> np.ndarray:
    """When vertical velocity reverses from down to up, in frames as `time_T` is.

    `low_T` is how low the subject stands (y points down).  Around each lowest place the path is
    fitted by a parabola mirrored at the moment sought: floor - speed |t| + gravity t^2 / 2.
    """
    found: list[float] = []
    for index in range(1, len(low_T) - 1):
        lowest = low_T[index] >= low_T[index - 1] and low_T[index] > low_T[index + 1]
        since = time_T - time_T[index]
        sides = [(since >= -_DROP_WITHIN) & (since < 0), (since > 0) & (since <= _DROP_WITHIN)]
        if not lowest or any(side.sum() < 2 for side in sides):
            continue
        if any(low_T[index] - low_T[side].min() < _DROP for side in sides):
            continue
        if found and time_T[index] - found[-1] < _APART:
            continue
        near = np.abs(since) <= _REACH
        found.append(_mirror(time_T[near], low_T[near], float(time_T[index])))
    return np.array(found)


def _mirror(time_N: np.ndarray, low_N: np.ndarray, around: float) -> float:
    """The moment within 1.5 frames of `around` at which the mirrored parabola fits best."""
    best = (np.inf, around)
    for moment in np.arange(around - 1.5, around + 1.5 + _STEP / 2, _STEP):
        since = np.abs(time_N - moment)
        clear = since >= _BLURRED
        if clear.sum() < 5:
            continue
        basis = np.stack([np.ones_like(since), -since, since**2], axis=1)[clear]
        factors, *_ = np.linalg.lstsq(basis, low_N[clear], rcond=None)
        error = float(np.square(low_N[clear] - basis @ factors).mean())
        best = min(best, (error, float(moment)))
    return best[1]
