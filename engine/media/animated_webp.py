"""Animated WebP files, which the video library cannot decode."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.media.chunks import is_webp, payload, riff_chunks
from engine.media.readable import cannot_read
from engine.media.spool import spooled
from engine.media.timeline import constant_rate
from engine.media.to_rgb import over_black
from engine.values import Clip, Origin

# All frames are decoded at once.
_MOST_BYTES = 1 << 29
_MILLISECOND = Fraction(1, 1000)


def is_animated_webp(path: Path) -> bool:
    """Whether the file begins like a WebP whose header says that it moves."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        head = file.read(21)
    return is_webp(head) and head[12:16] == b"VP8X" and len(head) == 21 and bool(head[20] & 0x02)


def read_animated_webp(path: Path, folder: Path) -> Clip:
    """Read all frames, keep them in `folder`, and lay them on a constant rate.

    Raises InvalidMedia for a file that is damaged or would not fit in memory.
    """
    pictures, durations = _decoded(path)
    height, width = pictures[0].shape[:2]
    shown = np.cumsum([0, *durations[:-1]]).tolist()
    timeline = constant_rate(shown, durations[-1], _MILLISECOND)
    first = [timeline.index(time) for time in shown]
    repeats = np.diff([*first, timeline.frames]).tolist()
    return Clip(
        stream=spooled(
            _shown(pictures, repeats),
            frames=timeline.frames,
            height=height,
            width=width,
            folder=folder,
        ),
        frames=timeline.frames,
        height=height,
        width=width,
        fps=timeline.fps,
        origin=Origin(ingredients=(str(path),)),
    )


def first_webp_frame(path: Path) -> NDArray[np.uint8]:
    """The first frame of an animated WebP, shape (height, width, 3)."""
    return _rgb(_decoded(path, count=1)[0][0])


def _decoded(path: Path, count: int | None = None) -> tuple[list[NDArray[np.uint8]], list[int]]:
    """Frames as the decoder makes them, and how long each is shown, in milliseconds."""
    frames, width, height = _announced(path)
    count = frames if count is None else min(count, frames)
    if count * width * height * 4 > _MOST_BYTES:
        raise cannot_read(path, "is too large an animation", remedy="Convert it to MP4 first.")
    # A damaged file is reported below, not on the terminal.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    complete, animation = cv2.imreadanimation(str(path), 0, max(1, count))
    if not complete or not animation.frames:
        raise cannot_read(
            path, "is damaged: its animation cannot be decoded", remedy="Export it again."
        )
    durations = [max(1, int(duration)) for duration in animation.durations]
    return list(animation.frames), durations


def _shown(pictures: list[NDArray[np.uint8]], repeats: list[int]) -> Iterator[NDArray[np.uint8]]:
    """Chunks of one frame each, letting go of every picture that was shown."""
    pictures.reverse()
    for count in repeats:
        frame = _rgb(pictures.pop())[None]
        for _ in range(count):
            yield frame


def _rgb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.shape[2] == 3:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    return over_black(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA), np.uint8))


def _announced(path: Path) -> tuple[int, int, int]:
    """Number of frames, canvas width and height, as the container states them."""
    with open(path, "rb") as file:
        chunks = list(riff_chunks(file))
        canvas = payload(file, chunks[0], 10)
    frames = sum(chunk.name == b"ANMF" for chunk in chunks)
    width = int.from_bytes(canvas[4:7], "little") + 1
    height = int.from_bytes(canvas[7:10], "little") + 1
    return frames, width, height
