"""Clips to animated WebP files (RFC 9649, 2.7.1).

Each frame is a picture of its own.  The usual encoder leaves out blocks that changed little since
the frame before, and what changes slowly then never changes at all.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidInput
from engine.media.overlap import overlapped
from engine.media.write_image import encoded_picture
from engine.media.write_video import WAITING_CHUNKS
from engine.values import Clip

_LARGEST_FILE = 0xFFFF_FFFE
_LARGEST_SIDE = 16_383
_ANIMATION_FLAG = 0x02
# Frames cover the canvas, so nothing is blended with what was there before.
_DO_NOT_BLEND = 0x02


def write_animated_webp(
    clip: Clip, path: Path, check: Callable[[], None], progress: Callable[[int], None]
) -> None:
    """Write a WebP that repeats for ever, in milliseconds so rounded that errors do not add up."""
    if max(clip.width, clip.height) > _LARGEST_SIDE:
        raise InvalidInput(
            f"A WebP of {clip.width}x{clip.height} pixels is not possible.",
            remedy=f"Make it at most {_LARGEST_SIDE} pixels wide and high.",
        )
    with open(path, "wb") as file:
        writer = _WebP(file, clip)
        with overlapped(writer.write, depth=WAITING_CHUNKS) as put:
            for chunk in clip:
                check()
                put(chunk)
                progress(writer.frames)
        progress(writer.frames)
        writer.finish()


class _WebP:
    def __init__(self, file: BinaryIO, clip: Clip) -> None:
        self.frames = 0
        self._file = file
        self._fps = clip.fps
        self._canvas = _three_bytes(clip.width - 1) + _three_bytes(clip.height - 1)
        file.write(b"RIFF\0\0\0\0WEBP")
        self._write_chunk(b"VP8X", bytes([_ANIMATION_FLAG, 0, 0, 0]) + self._canvas)
        self._write_chunk(b"ANIM", bytes(6))  # black behind, repeated for ever

    def write(self, chunk_THWC: NDArray[np.uint8]) -> None:
        for frame_HWC in chunk_THWC:
            picture = encoded_picture(frame_HWC, ".webp")
            duration = self._milliseconds(self.frames + 1) - self._milliseconds(self.frames)
            place = bytes(6) + self._canvas + _three_bytes(duration) + bytes([_DO_NOT_BLEND])
            self._write_chunk(b"ANMF", place + picture[12:])
            self.frames += 1

    def finish(self) -> None:
        """Put the size of all in the header."""
        size = self._file.tell() - 8
        self._file.seek(4)
        self._file.write(struct.pack("<I", size))

    def _milliseconds(self, frame: int) -> int:
        return round(1000 * frame / self._fps)

    def _write_chunk(self, name: bytes, data: bytes) -> None:
        if self._file.tell() + len(data) + 9 > _LARGEST_FILE:
            raise InvalidInput(
                "A WebP larger than 4 GB is not possible.",
                remedy="Make the clip shorter or smaller, or write a video.",
            )
        self._file.write(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2))


def _three_bytes(value: int) -> bytes:
    return value.to_bytes(3, "little")
