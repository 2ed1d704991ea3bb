"""Picture files to Images: upright, in sRGB, without transparency."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from engine.media.animated_webp import first_webp_frame, is_animated_webp
from engine.media.orientation import orientation_of
from engine.media.read_video import decoded, video_stream
from engine.media.readable import cannot_read
from engine.media.source import MAX_PICTURE_PIXELS, opened, undecodable
from engine.media.to_rgb import Display, ToRGB
from engine.values import Image, Origin

# A HEIC photo this split up is a grid of tiles, which only comes as single tiles.
_TILED_BRANDS = ("heic", "heix", "mif1")
_MOST_STREAMS_WITHOUT_TILES = 2


def read_image(path: Path) -> Image:
    """Read a picture; of an animation or a video, the first frame.

    EXIF orientation is honoured, transparency composited over black, 16 bit rounded to 8.

    Raises InvalidMedia for a file that is missing, damaged, too large, or no picture.
    """
    origin = Origin(ingredients=(str(path),))
    if is_animated_webp(path):
        return Image(first_webp_frame(path), origin)
    with opened(path) as file:
        _refuse_tiles(file, path)
        stream = video_stream(file, path, MAX_PICTURE_PIXELS)
        frame = next((f for packet in file.demux(stream) for f in decoded(packet)), None)
        if frame is None:
            raise undecodable(path, MAX_PICTURE_PIXELS)
        display = Display(frame.width, frame.height, orientation_of(frame, path))
        return Image(np.ascontiguousarray(ToRGB(display)(frame)), origin)


def _refuse_tiles(file: av.InputContainer, path: Path) -> None:
    tiled = len(file.streams.video) > _MOST_STREAMS_WITHOUT_TILES
    if tiled and file.metadata.get("major_brand") in _TILED_BRANDS:
        raise cannot_read(path, "is a HEIC photo in tiles", remedy="Export it as JPEG first.")
