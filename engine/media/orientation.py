"""Which way up a picture is meant: the eight EXIF orientations (Exif 2.32, 4.6.4 A)."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from engine.media.chunks import exif_of

UPRIGHT = 1
_TAG = 0x0112
_MAX_ENTRIES = 512
# The display matrix (x' = a x + c y, y' = b x + d y) that each orientation stands for.
_BY_MATRIX: dict[tuple[int, ...], int] = {
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, 1, -1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, -1, 1, 0): 8,
}


def upright(pixels_HWC: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn and mirror pixels so that the picture shows as it was meant; a view."""
    if orientation >= 5:
        pixels_HWC = pixels_HWC.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels_HWC = pixels_HWC[::-1]
    if orientation in (2, 3, 6, 7):
        pixels_HWC = pixels_HWC[:, ::-1]
    return pixels_HWC


def orientation_of(frame: av.VideoFrame, path: Path) -> int:
    """What a frame's display matrix asks for, else the file's EXIF data, else upright.

    A matrix that is not made of right angles is taken as upright.
    """
    try:
        matrix = frame.side_data["DISPLAYMATRIX"]
    except (KeyError, ValueError):  # none, or beside EXIF data, which the binding cannot list
        return exif_orientation(exif_of(path))
    a, b, _, c, d = struct.unpack("5i", bytes(matrix)[:20])
    signs = tuple((value > 0) - (value < 0) for value in (a, b, c, d))
    return _BY_MATRIX.get(signs, UPRIGHT)


def exif_orientation(exif: bytes) -> int:
    """The orientation in a block of EXIF data; upright if there is none, or none that is valid."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return UPRIGHT
    (directory,) = struct.unpack(f"{order}I", exif[4:8])
    for at in range(directory + 2, min(len(exif) - 11, directory + 2 + 12 * _MAX_ENTRIES), 12):
        tag, _, _, value = struct.unpack(f"{order}HHIH2x", exif[at : at + 12])
        if tag == _TAG:
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
