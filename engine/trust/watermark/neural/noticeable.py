"""How much a picture can change before the eye sees it, place by place.

The just noticeable difference of luminance adaptation and contrast masking, as Video Seal
attenuates with it (Wu et al. 2017, "Enhanced just noticeable difference model for images with
pattern complexity", equations 2 to 5, without the pattern's part).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_AROUND: Final = np.array(
    [
        [1, 1, 1, 1, 1],
        [1, 2, 2, 2, 1],
        [1, 2, 0, 2, 1],
        [1, 2, 2, 2, 1],
        [1, 1, 1, 1, 1],
    ],
    np.float32,
)
_OVERLAP: Final = 0.3  # of the smaller of both is counted twice

Plane = NDArray[np.float32]


def just_noticeable(luma: Plane) -> Plane:
    """Levels of change that are just seen, for a luma in levels of 255; shape (height, width)."""
    around = cv2.filter2D(luma, -1, _AROUND / _AROUND.sum())
    dark = 17 * (1 - np.sqrt(np.clip(around, 0, 127) / 127))
    light = 3 / 128 * (around - 127) + 3
    adapted = np.where(around <= 127, dark, light)
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    edge = np.hypot(across, down)
    masked = 0.117 * 16 * edge**2.4 / (edge**2 + 26**2)
    both = adapted + masked - _OVERLAP * np.minimum(adapted, masked)
    return np.asarray(np.maximum(both, 0), np.float32)
