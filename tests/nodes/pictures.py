"""Small pictures, clips and sounds whose content can be recognised."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.values import Audio, Clip, Image, Origin

MADE = Origin(model="tiny", model_digest="d1", prompt="a red ball", seed=7)


def picture(height: int = 32, width: int = 48, level: int = 100) -> Image:
    """Left half `level`, right half 200."""
    pixels_HWC = np.full((height, width, 3), level, np.uint8)
    pixels_HWC[:, width // 2 :] = 200
    return Image(pixels_HWC)


def clip(
    frames: int = 9, height: int = 32, width: int = 48, *, chunk: int = 4, origin: Origin = MADE
) -> Clip:
    """Frame t is evenly 20 t (mod 256)."""

    def stream() -> Iterator[NDArray[np.uint8]]:
        for start in range(0, frames, chunk):
            levels_T = np.arange(start, min(start + chunk, frames)) * 20 % 256
            yield np.broadcast_to(
                levels_T.astype(np.uint8)[:, None, None, None], (len(levels_T), height, width, 3)
            ).copy()

    return Clip(stream, frames, height, width, Fraction(16), origin=origin)


def levels(of: Clip) -> list[int]:
    """The value in the corner of each frame."""
    return [int(frame_HWC[0, 0, 0]) for chunk_THWC in of for frame_HWC in chunk_THWC]


def tone(seconds: float = 1.0, rate: int = 16_000) -> Audio:
    """One channel that rises from 0 to 1."""
    samples_CN = np.linspace(0, 1, int(seconds * rate), dtype=np.float32)[None]
    return Audio(samples_CN, rate)
