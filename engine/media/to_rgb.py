"""Decoded frames of any kind to full-range sRGB arrays."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import (
    ColorPrimaries,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)
from numpy.typing import NDArray

from engine.media.orientation import upright

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HDR_CURVES = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
_HD_HEIGHT = 720
# Arithmetic needs twice the memory of pixels: it goes by bands that fit in a cache.
_BAND_PIXELS = 1 << 17
_PRECISE = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND


@dataclass(frozen=True)
class Display:
    """How decoded frames are shown: coded size in square pixels, then orientation (EXIF, 1-8)."""

    coded_width: int
    coded_height: int
    orientation: int

    @property
    def width(self) -> int:
        return self.coded_height if self.orientation >= 5 else self.coded_width

    @property
    def height(self) -> int:
        return self.coded_width if self.orientation >= 5 else self.coded_height


class ToRGB:
    """Converts frames to (height, width, 3) uint8; an instance keeps its scaler between frames.

    Matrix and range follow the frame's tags; an untagged YCbCr frame is BT.709 from 720 lines
    up and BT.601 below.  HDR curves (PQ, HLG) are tone-mapped and BT.2020 primaries brought to
    BT.709.  Transparency is composited over black.  A frame of another size than the first is
    scaled to it.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        transparent = any(component.is_alpha for component in frame.format.components)
        untagged = frame.colorspace == _UNSPECIFIED and frame.height >= _HD_HEIGHT
        wide = frame.color_primaries == ColorPrimaries.BT2020
        shown = self._reformatter.reformat(
            frame,
            width=self._display.coded_width,
            height=self._display.coded_height,
            format="rgba" if transparent else "rgb24",
            src_colorspace=Colorspace.ITU709 if untagged and not frame.format.is_rgb else None,
            dst_color_trc=ColorTrc.IEC61966_2_1 if frame.color_trc in _HDR_CURVES else None,
            dst_color_primaries=ColorPrimaries.BT709 if wide else None,
            interpolation=_PRECISE,
            threads=1,
        )
        pixels = np.asarray(shown.to_ndarray(), np.uint8)
        return upright(over_black(pixels) if transparent else pixels, self._display.orientation)


def over_black(pixels_HWA: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Composite RGBA pixels of shape (height, width, 4) over black."""
    height, width = pixels_HWA.shape[:2]
    shown_HWC = np.empty((height, width, 3), np.uint8)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        band = pixels_HWA[top : top + rows]
        shown_HWC[top : top + rows] = (band[..., :3] * band[..., 3:].astype(np.uint16) + 127) // 255
    return shown_HWC
