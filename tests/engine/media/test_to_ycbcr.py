from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.media.to_ycbcr import ToYCbCr
from tests.engine.media.samples import PURE_COLOURS, colour_fields

# ITU-R BT.709-6, 3.4 and 3.5: luma weights and quantisation to 219 (luma) and 224 (chroma) steps.
KR, KB = 0.2126, 0.0722


def bt709(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    red, green, blue = colours.T / 255
    luma = KR * red + (1 - KR - KB) * green + KB * blue
    chroma = ((blue - luma) / (2 * (1 - KB)), (red - luma) / (2 * (1 - KR)))
    return np.stack([16 + 219 * luma, *(128 + 224 * c for c in chroma)], axis=-1)


def planes(frame: object, depth: type[np.unsignedinteger] = np.uint8) -> list[NDArray[np.int64]]:
    """The planes of a frame without their padding, interleaved ones as (height, width)."""
    found = []
    for plane in frame.planes:  # type: ignore[attr-defined]
        rows = np.frombuffer(plane, depth).reshape(plane.height, -1)
        found.append(rows.astype(np.int64))
    return found


def test_the_matrix_and_range_are_those_of_bt709() -> None:
    frame = ToYCbCr(9 * 32, 32, "yuv444p")(colour_fields())
    seen = np.stack([plane[16, 16 : 9 * 32 : 32] for plane in planes(frame)], axis=-1)
    assert np.abs(seen - bt709(PURE_COLOURS)).max() <= 1
    assert (frame.colorspace, frame.color_range) == (1, 1)


@pytest.mark.parametrize(("pixel_format", "shift"), [("nv12", 0), ("p010le", 8)])
def test_the_layouts_of_hardware_hold_the_same_values(pixel_format: str, shift: int) -> None:
    frame = ToYCbCr(9 * 32, 32, pixel_format)(colour_fields())
    luma, chroma = planes(frame, np.uint16 if shift else np.uint8)
    seen = np.stack(
        [
            luma[16, 16 : 9 * 32 : 32],
            chroma[8, 16 : 9 * 32 : 32],
            chroma[8, 17 : 9 * 32 : 32],
        ],
        axis=-1,
    )
    assert np.abs(seen / (1 << shift) - bt709(PURE_COLOURS)).max() <= 1.5


def test_odd_sizes_are_rounded_up() -> None:
    convert = ToYCbCr(33, 17, "yuv420p")
    frame = convert(np.zeros((17, 33, 3), np.uint8))
    assert (frame.width, frame.height) == (convert.width, convert.height) == (34, 18)
    assert planes(frame)[0][:18, :34].tolist() == [[16] * 34] * 18
