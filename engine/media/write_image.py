"""Images to picture files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.atomic import replacing
from engine.errors import InvalidInput
from engine.media.embed import embedded
from engine.values import Image

# Where the format loses something, so little that nobody sees it; no chroma subsampling.
_OPTIONS: dict[str, list[int]] = {
    ".png": [],
    ".jpg": [
        *(cv2.IMWRITE_JPEG_QUALITY, 95),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    ],
    ".webp": [cv2.IMWRITE_WEBP_QUALITY, 95],
}
_SUFFIXES = {**{suffix: suffix for suffix in _OPTIONS}, ".jpeg": ".jpg"}


def write_image(image: Image, path: Path, *, document: str = "") -> None:
    """Write a PNG, JPEG or WebP, as the suffix says, with `document` embedded.

    Raises InvalidInput for another suffix, StorageFailed for a full disk or an unwritable place.
    """
    suffix = _SUFFIXES.get(path.suffix.lower())
    if suffix is None:
        raise InvalidInput(
            f"'{path.name}' does not end like a picture file.",
            remedy=f"Use {', '.join(_SUFFIXES)}.",
        )
    picture = encoded_picture(image.pixels_HWC, suffix)
    with replacing(path) as partial:
        partial.write_bytes(embedded(picture, document) if document else picture)


def encoded_picture(pixels_HWC: NDArray[np.uint8], suffix: str) -> bytes:
    """RGB pixels as the bytes of a '.png', '.jpg' or '.webp' file."""
    try:
        complete, data = cv2.imencode(
            suffix, cv2.cvtColor(pixels_HWC, cv2.COLOR_RGB2BGR), _OPTIONS[suffix]
        )
    except cv2.error:
        complete, data = False, np.empty(0, np.uint8)
    if not complete:
        height, width = pixels_HWC.shape[:2]
        raise InvalidInput(
            f"A picture of {width}x{height} pixels does not fit into a {suffix} file.",
            remedy="Make it smaller or choose another format.",
        )
    return data.tobytes()
