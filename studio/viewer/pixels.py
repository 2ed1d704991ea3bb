"""Decoded frames as 32-bit pixels at the size they are shown; the bytes are never copied again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.viewer.look import NEUTRAL, Look, looked_at

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.to_rgb import Display


@dataclass(frozen=True, eq=False, slots=True)
class Pixels:
    """Rows of BGRA bytes, `stride` apart: what QImage calls RGB32, or ARGB32 with `alpha`."""

    width: int
    height: int
    stride: int
    data: memoryview
    alpha: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """How frames are wanted: upright size in pixels, look, and whether exact or quick.

    Exact conversion gives the very values that nodes see; quick is for playing.
    """

    width: int
    height: int
    look: Look = NEUTRAL
    exact: bool = False


class Converter:
    """Turns decoded frames into pixels; keeps its scaler between frames.  Of one thread."""

    def __init__(self, display: Display) -> None:
        from av.video.reformatter import VideoReformatter

        self._display = display
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame, output: Output) -> Pixels:
        """The frame upright, in sRGB, scaled to the output's size."""
        alpha = any(component.is_alpha for component in frame.format.components)
        shown = self._scaled(frame, output)
        if self._display.orientation == 1 and output.look.neutral:
            plane = shown.planes[0]
            return Pixels(shown.width, shown.height, plane.line_size, memoryview(plane), alpha)
        return _from_array(self._turned(shown, output.look), alpha)

    def _scaled(self, frame: av.VideoFrame, output: Output) -> av.VideoFrame:
        """See engine.media.to_rgb.ToRGB: the same rules for matrix, range and HDR curves."""
        from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc, Interpolation

        turned = self._display.orientation >= 5
        hdr = frame.color_trc in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
        wide = frame.color_primaries == ColorPrimaries.BT2020
        hd = frame.colorspace == _UNSPECIFIED and frame.height >= _HD_HEIGHT
        exact = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
        return self._reformatter.reformat(
            frame,
            width=output.height if turned else output.width,
            height=output.width if turned else output.height,
            format="bgra",
            src_colorspace=Colorspace.ITU709 if hd and not frame.format.is_rgb else None,
            dst_color_trc=ColorTrc.IEC61966_2_1 if hdr else None,
            dst_color_primaries=ColorPrimaries.BT709 if wide else None,
            interpolation=exact if output.exact else Interpolation.BILINEAR,
            threads=1,
        )

    def _turned(self, shown: av.VideoFrame, look: Look) -> NDArray[np.uint8]:
        import numpy as np

        from engine.media.orientation import upright

        pixels_HWA = np.asarray(shown.to_ndarray(), np.uint8)
        turned = np.ascontiguousarray(upright(pixels_HWA, self._display.orientation))
        return looked_at(turned, look)


def decoded_picture(data: bytes) -> Pixels | None:
    """The pixels of a JPEG or PNG in memory; None if it is damaged."""
    import cv2
    import numpy as np

    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if found is None:
        return None
    return _from_array(np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2BGRA), np.uint8), False)


def rgb_from_rows(pixels: Pixels) -> NDArray[np.uint8]:
    """The picture as nodes see it: (height, width, 3) in R, G, B, transparency over black."""
    import cv2
    import numpy as np

    from engine.media.to_rgb import over_black

    rows = np.frombuffer(pixels.data, np.uint8, pixels.stride * pixels.height)
    bgra = rows.reshape(pixels.height, -1)[:, : pixels.width * 4].reshape(pixels.height, -1, 4)
    rgba = np.asarray(cv2.cvtColor(np.ascontiguousarray(bgra), cv2.COLOR_BGRA2RGBA), np.uint8)
    return over_black(rgba) if pixels.alpha else np.ascontiguousarray(rgba[..., :3])


def _from_array(pixels_HWA: NDArray[np.uint8], alpha: bool) -> Pixels:
    height, width = pixels_HWA.shape[:2]
    return Pixels(width, height, width * 4, pixels_HWA.data.cast("B"), alpha)


_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HD_HEIGHT = 720
