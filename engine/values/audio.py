"""A stretch of sound."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.values.origin import Origin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Audio:
    """Samples as float32 in [-1, 1], shape (channels, samples), at `rate` hertz."""

    samples_CN: NDArray[np.float32]
    rate: int
    origin: Origin = Origin()

    @property
    def duration(self) -> Fraction:
        """Length in seconds, exactly."""
        return Fraction(int(self.samples_CN.shape[1]), self.rate)

    @property
    def nbytes(self) -> int:
        return int(self.samples_CN.nbytes)
