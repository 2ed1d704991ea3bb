"""Which shape an outline is, turned in whatever way: the one whose drawing of equal area overlaps
best.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from engine.models.starter.training.scene import SHAPES
from engine.models.starter.training.shading import turned
from engine.models.starter.training.world import signed_distance

Mask = NDArray[np.bool_]

_SYMMETRY: Final = {"ball": 0, "cube": 4, "star": 5, "triangle": 3, "ring": 0}
_TURN_STEP: Final = 15.0  # degrees, at most, between the drawings of one shape
# Squares of odd and even sides stand differently on the grid of pixels.
_SHIFTS: Final = (0.0, 0.5)


def _turns_of(shape: str) -> list[float]:
    """Turns in degrees that make a shape look different, 0 first."""
    if not _SYMMETRY[shape]:
        return [0.0]
    whole = 360.0 / _SYMMETRY[shape]
    return list(np.arange(round(whole / _TURN_STEP)) * _TURN_STEP)


@lru_cache(maxsize=4096)
def radius_of(shape: str, area: int, shift: float = 0.0) -> float:
    """The radius at which a shape covers so many pixels."""
    size = _side(area)
    x, y = _grid(size, shift)
    low, high = 1.0, float(size)
    for _ in range(14):
        radius = (low + high) / 2
        small = int((signed_distance(shape, x, y, radius) < 0).sum()) < area
        low, high = (radius, high) if small else (low, radius)
    return high


def _side(area: int) -> int:
    """Pixels of a square in which every shape of this area has room."""
    return 2 * int(np.sqrt(area) * 1.6)


def _grid(size: int, shift: float) -> tuple[torch.Tensor, torch.Tensor]:
    span = torch.arange(size) + 0.5 - size / 2 + shift
    return span[None, :].expand(size, size), span[:, None].expand(size, size)


@lru_cache(maxsize=1024)
def _drawings(shape: str, area: int) -> NDArray[np.float32]:
    """A shape of about the given area in all its turns, each centred by its centre of mass,
    [drawings, pixels].
    """
    size = _side(area)
    drawn = []
    for shift in _SHIFTS:
        x, y = _grid(size, shift)
        for turn in np.deg2rad(_turns_of(shape)):
            places = turned(x, y, torch.tensor(turn))
            inside = signed_distance(shape, *places, radius_of(shape, area, shift)) < 0
            drawn.append(_centred(inside.numpy(), size).ravel())
    return np.stack(drawn).astype(np.float32)


def _centred(mask_HW: Mask, size: int) -> Mask:
    rows, columns = (round(value) for value in ndimage.center_of_mass(mask_HW))
    half = size // 2
    return np.pad(mask_HW, half)[rows : rows + size, columns : columns + size]


def whole_parts(labels_HW: np.ndarray) -> list[Mask]:
    """The numbered parts that do not touch the picture's edge."""
    parts = (labels_HW == number for number in range(1, int(labels_HW.max()) + 1))
    return [
        part
        for part in parts
        if not (part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any())
    ]


def shape_of(frames: Sequence[np.ndarray]) -> str | None:
    """The shape of the numbered parts in some frames, or None where all touch the edge."""
    scores = np.zeros(len(SHAPES))
    for labels in frames:
        for part in whole_parts(labels):
            area = int(part.sum())
            mine = _centred(part, _side(area))
            scores += [_overlap(mine, _drawings(name, area)) for name in SHAPES]
    return SHAPES[int(scores.argmax())] if scores.any() else None


def _overlap(mask_HW: Mask, drawn_KN: NDArray[np.float32]) -> float:
    """Intersection over union with the drawing that fits best, at the best of nine shifts by a
    pixel: whole pixels cannot centre a shape better.
    """
    shifts = [(rows, columns) for rows in (-1, 0, 1) for columns in (-1, 0, 1)]
    moved_SN = np.stack([np.roll(mask_HW, shift, (0, 1)).ravel() for shift in shifts])
    both_SK = (moved_SN.astype(np.float32) @ drawn_KN.T).astype(np.float64)
    either_SK = mask_HW.sum() + drawn_KN.sum(1) - both_SK
    return float((both_SK / np.maximum(1.0, either_SK)).max())
