"""Single frames read apart from playing: to be exported, or for a contact sheet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import InvalidMedia
from studio.viewer.pixels import Output, Pixels, rgb_from_rows
from studio.viewer.webp_source import open_source

CELLS: Final = 20
CELL_WIDTH: Final = 320


@dataclass(frozen=True, slots=True)
class Still:
    """A frame of a file, by its number, in small or in full."""

    frame: int
    pixels: Pixels


def spread(frames: int, cells: int = CELLS) -> tuple[int, ...]:
    """Frames at equal distances from the first to the last, none twice."""
    count = min(cells, frames)
    if count == 1:
        return (0,)
    return tuple(round(cell * (frames - 1) / (count - 1)) for cell in range(count))


def contact_stills(
    path: Path, stopped: Callable[[], bool] = lambda: False, cells: int = CELLS
) -> tuple[Still, ...]:
    """Small pictures of frames spread over a file.  Raises InvalidMedia for one without any."""
    with closing(open_source(path)) as source:
        facts = source.scan(lambda frame, facts: None)
        scale = min(1.0, CELL_WIDTH / facts.width)
        output = Output(max(1, round(facts.width * scale)), max(1, round(facts.height * scale)))
        found: list[Still] = []
        for frame in spread(facts.frames, cells):
            decoded = None if stopped() else source.exact(source.index.order(frame))
            if decoded is not None:
                found.append(Still(frame, source.converted(decoded, output)))
        return tuple(found)


def export_frame(path: Path, frame: int, target: Path) -> Path:
    """Write a frame in full, in the values that nodes see, as PNG, JPEG or WebP.

    The graph that made the file goes along.  Raises InvalidMedia for a frame that cannot be
    decoded, InvalidInput for another suffix, StorageFailed for a place that cannot be written.
    """
    from engine.media.embed import read_embedded
    from engine.media.write_image import write_image
    from engine.values import Image

    with closing(open_source(path)) as source:
        facts = source.scan(lambda frame, facts: None)
        decoded = source.exact(source.index.order(frame))
        if decoded is None:
            raise InvalidMedia(
                f"Frame {frame} of '{path.name}' cannot be decoded.", remedy="Export another frame."
            )
        pixels = source.converted(decoded, Output(facts.width, facts.height, exact=True))
    write_image(Image(rgb_from_rows(pixels)), target, document=read_embedded(path) or "")
    return target
