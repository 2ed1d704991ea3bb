"""What some people look for in made videos, told as weak evidence: it decides nothing.

On recordings and made videos alike, pulse and spectrum told the two apart no better than chance
(areas under the curve from 0.40 to 0.60).  So they are said in words beside what was measured, with
no score, and no check may block for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_PULSE: Final = (0.7, 4.0)
"""Hertz in which hearts beat."""
_SHORTEST: Final = 3.0
"""Seconds that hold two beats of the slowest."""
_LONGEST: Final = 4096
_CLEAR: Final = 0.3
"""The share of the band's power in one beat and its neighbours that is called a clear one."""
_SIDE: Final = 128
_LOOKS: Final = 8


class WeakEvidence:
    """Sees every frame of a video in turn; at its end it says in words what was measured."""

    def __init__(self, frames: int, fps: Fraction) -> None:
        self._fps = float(fps)
        self._every = max(1, -(-frames // _LOOKS))
        self._number = 0
        self._green: list[float] = []
        self._slopes: list[float] = []

    def see(self, chunk_THWC: NDArray[np.uint8]) -> None:
        """Look at further frames."""
        height, width = chunk_THWC.shape[1:3]
        middle = chunk_THWC[
            :, height // 4 : -(height // 4) or None, width // 4 : -(width // 4) or None
        ]
        if len(self._green) < _LONGEST:
            self._green += [float(frame[..., 1].mean()) for frame in middle]
        for frame in chunk_THWC:
            if self._number % self._every == 0:
                self._slopes.append(_slope(frame))
            self._number += 1

    def end(self) -> Mapping[str, str]:
        """Sentences by what they are about."""
        return {
            "weak evidence, pulse": self._pulse(),
            "weak evidence, spectrum": self._spectrum(),
            "weak evidence, worth": "no better than chance; it decides nothing",
        }

    def _pulse(self) -> str:
        """Remote photoplethysmography (Verkruysse and others, 2008): green in the middle."""
        import numpy as np

        if len(self._green) < _SHORTEST * self._fps:
            return "too short to look for one"
        signal = np.asarray(self._green)
        signal = (signal - signal.mean()) * np.hanning(len(signal))
        power: Floats = np.square(np.abs(np.fft.rfft(signal)))
        hertz = np.fft.rfftfreq(len(signal), 1 / self._fps)
        band = np.flatnonzero((hertz >= _PULSE[0]) & (hertz <= _PULSE[1]))
        if not len(band) or power[band].sum() <= 0:
            return "none found"
        peak = int(band[np.argmax(power[band])])
        share = float(power[max(0, peak - 1) : peak + 2].sum() / power[band].sum())
        beats = f"{60 * hertz[peak]:.0f} beats a minute"
        return f"something like {beats}" if share >= _CLEAR else "none found"

    def _spectrum(self) -> str:
        import numpy as np

        if not self._slopes:
            return "too small to look at one"
        return f"power falls with frequency to the power of {float(np.median(self._slopes)):.1f}"


def _slope(frame: NDArray[np.uint8]) -> float:
    """The exponent with which power falls with spatial frequency; about -2 for most pictures."""
    import cv2
    import numpy as np

    grey = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (_SIDE, _SIDE)).astype(np.float64)
    window = np.outer(np.hanning(_SIDE), np.hanning(_SIDE))
    power = np.square(np.abs(np.fft.fft2((grey - grey.mean()) * window)))
    along = np.fft.fftfreq(_SIDE) * _SIDE
    radius = np.hypot(along[:, None], along[None]).round().astype(int)
    sums = np.bincount(radius.ravel(), power.ravel())
    ring = np.arange(2, _SIDE // 2)
    rings = sums[ring] / np.bincount(radius.ravel())[ring]
    return float(np.polyfit(np.log(ring), np.log(rings + 1e-6), 1)[0])
