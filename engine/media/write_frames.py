"""Clips to folders of numbered PNG files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.atomic import replacing
from engine.errors import InvalidMedia
from engine.media.embed import DOCUMENT_FILE
from engine.media.overlap import overlapped
from engine.media.write_audio import write_audio
from engine.media.write_image import encoded_picture
from engine.media.write_video import WAITING_CHUNKS
from engine.values import Clip

SOUND_FILE = "sound.wav"


def write_frames(
    clip: Clip,
    folder: Path,
    *,
    document: str = "",
    check: Callable[[], None] = lambda: None,
    progress: Callable[[int], None] = lambda frames: None,
) -> None:
    """Write `frame_000001.png` and so on, the sound as `sound.wav`, the graph as `graph.reel`.

    The folder appears, or takes the place of an older one, only when it is complete.  `check`
    and `progress` are as in `write_video`.

    Raises InvalidMedia for a clip without frames, StorageFailed for a full disk or an unwritable
    place.
    """
    with replacing(folder) as partial:
        partial.mkdir()
        pictures = _Pictures(partial)
        with overlapped(pictures.write, depth=WAITING_CHUNKS) as put:
            for chunk in clip:
                check()
                put(chunk)
                progress(pictures.count)
        progress(pictures.count)
        if pictures.count == 0:
            raise InvalidMedia(f"There are no frames to write to '{folder}'.")
        if clip.audio is not None:
            write_audio(clip.audio, partial / SOUND_FILE)
        if document:
            (partial / DOCUMENT_FILE).write_text(document, "utf-8")


class _Pictures:
    def __init__(self, folder: Path) -> None:
        self.count = 0
        self._folder = folder

    def write(self, chunk_THWC: NDArray[np.uint8]) -> None:
        for frame_HWC in chunk_THWC:
            self.count += 1
            name = f"frame_{self.count:06}.png"
            (self._folder / name).write_bytes(encoded_picture(frame_HWC, ".png"))
