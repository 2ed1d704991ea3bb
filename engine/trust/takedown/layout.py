"""Where which colours lie in a frame, in a dozen fields a side: the second look at a candidate.

Signs of frequencies tell a scene from others, but not whether the one small thing in it is red or
blue.  So the mean colours of fields are kept too (after the colour layout descriptor of MPEG-7,
ISO/IEC 15938-3), in steps that are coarse beside the frame's contrast: mosaics of 12 x 12, from
which no more can be had than where colours lie in broad strokes.

Shapes: G fields a side, C colours (luma and two chromas).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Layout = NDArray[np.uint8]

FIELDS: Final = 12
_STEPS: Final = ((96, 8), (48, 4), (0, 2))
"""How many levels of a colour are kept as one, by the range over which a frame's fields spread."""


def layout(frame_HWC: NDArray[np.uint8]) -> Layout:
    """The mean colours of a frame's fields, of shape (G, G, C)."""
    import cv2
    import numpy as np

    small = cv2.resize(
        np.ascontiguousarray(frame_HWC), (FIELDS, FIELDS), interpolation=_how(frame_HWC)
    )
    colours_GGC = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), np.uint8)
    spread = int(np.ptp(colours_GGC, axis=(0, 1)).max())
    step = np.uint8(next(step for least, step in _STEPS if spread >= least))
    return colours_GGC // step * step + step // 2


def _how(frame_HWC: NDArray[np.uint8]) -> int:
    import cv2

    return int(cv2.INTER_AREA if min(frame_HWC.shape[:2]) >= FIELDS else cv2.INTER_LINEAR)
