"""RGB arrays to the YCbCr frames that encoders take, with the BT.709 matrix, limited range."""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray


class ToYCbCr:
    """Converts full-range sRGB frames of one size; an instance keeps its scaler between frames.

    Chroma is subsampled in pairs of pixels, so odd widths and heights are padded to even by
    repeating the last column and row: at most one pixel more, and no frame is cropped.
    """

    def __init__(self, width: int, height: int, pixel_format: str) -> None:
        self.width = width + width % 2
        self.height = height + height % 2
        self._padding = ((0, height % 2), (0, width % 2), (0, 0))
        self._pixel_format = pixel_format
        self._reformatter = VideoReformatter()

    def __call__(self, frame_HWC: NDArray[np.uint8]) -> av.VideoFrame:
        """Convert one frame of shape (height, width, 3)."""
        if self._padding != ((0, 0), (0, 0), (0, 0)):
            frame_HWC = np.pad(frame_HWC, self._padding, mode="edge")
        return self._reformatter.reformat(
            av.VideoFrame.from_numpy_buffer(frame_HWC, "rgb24"),
            format=self._pixel_format,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BICUBIC,
            threads=1,
        )
