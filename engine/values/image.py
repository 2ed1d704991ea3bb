"""A still picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.values.origin import Origin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Image:
    """Pixels as uint8 RGB, full range, sRGB.

    `pixels_HWC` has shape (height, width, 3); `origin` says where they came from.
    """

    pixels_HWC: NDArray[np.uint8]
    origin: Origin = Origin()

    def __post_init__(self) -> None:
        shape = self.pixels_HWC.shape
        if len(shape) != 3 or shape[2] != 3:
            raise ValueError(f"an Image wants (height, width, 3) pixels, got {shape}")

    @property
    def width(self) -> int:
        return int(self.pixels_HWC.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels_HWC.shape[0])

    @property
    def nbytes(self) -> int:
        return int(self.pixels_HWC.nbytes)
