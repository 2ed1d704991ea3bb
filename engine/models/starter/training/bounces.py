"""Finds the moments at which a path bounces, to a fraction of a frame."""

from __future__ import annotations

import numpy as np

_REACH = 4  # frames looked at before and after
_FALL = 1.0  # pixels a frame at least, down before a bounce and up after it
_APART = 4.0  # frames between two bounces at least
_STEP = 0.05


def find_bounces(time_T: np.ndarray, low_T: np.ndarray) -> np.ndarray:
    """When vertical velocity reverses from down to up, in the units of `time_T`.

    `low_T` is how low the subject stands (y points down).  Around each lowest place the path is
    fitted by a parabola mirrored at the moment sought: floor - speed |t| + gravity t^2 / 2.
    """
    found: list[float] = []
    half_way = (low_T.min() + low_T.max()) / 2 if len(low_T) else 0.0
    for index in range(1, len(low_T) - 1):
        if low_T[index] < half_way or not (
            low_T[index] >= low_T[index - 1] and low_T[index] > low_T[index + 1]
        ):
            continue
        near = np.abs(time_T - time_T[index]) <= _REACH
        before, after = near & (time_T < time_T[index]), near & (time_T > time_T[index])
        if before.sum() < 2 or after.sum() < 2:
            continue
        moment, speed = _mirror(time_T[near], low_T[near], float(time_T[index]))
        if speed > _FALL and (not found or moment - found[-1] > _APART):
            found.append(moment)
    return np.array(found)


def _mirror(time_N: np.ndarray, low_N: np.ndarray, around: float) -> tuple[float, float]:
    """The moment within a frame of `around` at which the mirrored parabola fits best, and its
    speed.
    """
    best = (np.inf, around, 0.0)
    for moment in np.arange(around - 1.0, around + 1.0 + _STEP / 2, _STEP):
        since = np.abs(time_N - moment)
        basis = np.stack([np.ones_like(since), -since, since**2], axis=1)
        (_, speed, _), *_ = np.linalg.lstsq(basis, low_N, rcond=None)
        error = float(np.square(low_N - basis @ np.linalg.lstsq(basis, low_N, rcond=None)[0]).sum())
        if error < best[0]:
            best = (error, float(moment), float(speed))
    return best[1], best[2]
