from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageOps

from engine.media.orientation import UPRIGHT, exif_orientation, upright
from tests.engine.media.samples import pictures


def exif(orientation: int, order: str = "<") -> bytes:
    """EXIF data with one entry of another kind before the orientation."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(f"{order}HHII", 0x0110, 2, 4, 0)
    entries += struct.pack(f"{order}HHIH2x", 0x0112, 3, 1, orientation)
    return mark + struct.pack(f"{order}IH", 8, 2) + entries


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_found_and_undone(orientation: int, order: str) -> None:
    data = exif(orientation, order)
    assert exif_orientation(data) == orientation

    picture = pictures(1, 7, 11)[0]
    image = PillowImage.fromarray(picture)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(upright(picture, orientation), expected)


@pytest.mark.parametrize("data", [b"", b"II*\0", b"nonsense", exif(0), exif(9), exif(6)[:-9]])
def test_without_a_valid_orientation_it_is_upright(data: bytes) -> None:
    assert exif_orientation(data) == UPRIGHT


@given(st.binary(max_size=200), st.sampled_from([b"II*\0", b"MM\0*", b""]))
def test_any_bytes_have_some_orientation(data: bytes, mark: bytes) -> None:
    assert 1 <= exif_orientation(mark + data) <= 8
