"""A small picture that stands for a clip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.atomic import replacing
from engine.errors import InvalidMedia
from engine.media.write_image import encoded_picture
from engine.values import Clip

_SAMPLES = 12
_BINS = 8


def write_thumbnail(clip: Clip, path: Path, *, longest_side: int = 480) -> None:
    """Write the clip's most typical frame as a JPEG, scaled down to `longest_side` pixels.

    Raises InvalidMedia for a clip without frames, StorageFailed for a full disk or an unwritable
    place.
    """
    frame = representative_frame(clip)
    height, width = frame.shape[:2]
    scale = min(1.0, longest_side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    with replacing(path) as partial:
        partial.write_bytes(encoded_picture(np.asarray(small, np.uint8), ".jpg"))


def representative_frame(clip: Clip) -> NDArray[np.uint8]:
    """Of a dozen frames spread over the clip, the one whose colours are nearest to the average.

    So a fade from black or a cut to a title is not what stands for the whole.
    """
    samples = list(_spread_frames(clip))
    if not samples:
        raise InvalidMedia("A clip without frames has no thumbnail.")
    histograms = np.stack([_histogram(frame) for frame in samples])
    distances = np.square(histograms - histograms.mean(axis=0)).sum(axis=1)
    return samples[int(distances.argmin())]


def _spread_frames(clip: Clip) -> Iterator[NDArray[np.uint8]]:
    wanted = {round((clip.frames - 1) * part / (_SAMPLES - 1)) for part in range(_SAMPLES)}
    index = 0
    for chunk in clip:
        for frame in chunk:
            if index in wanted:
                yield frame.copy()
            index += 1


def _histogram(frame_HWC: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How often each of 8x8x8 colours occurs, as shares of all pixels."""
    levels = frame_HWC.reshape(-1, 3).astype(np.int64) * _BINS // 256
    codes = levels @ np.array([_BINS * _BINS, _BINS, 1])
    counts = np.bincount(codes, minlength=_BINS**3)
    return counts / len(codes)
