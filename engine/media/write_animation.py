"""Clips to animated pictures, by suffix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.atomic import replacing
from engine.errors import InvalidInput, InvalidMedia
from engine.media.embed import embedded
from engine.media.settings import require_rate
from engine.media.write_animated_webp import write_animated_webp
from engine.media.write_gif import write_gif
from engine.values import Clip

_WRITERS = {".gif": write_gif, ".webp": write_animated_webp}


def write_animation(
    clip: Clip,
    path: Path,
    *,
    document: str = "",
    check: Callable[[], None] = lambda: None,
    progress: Callable[[int], None] = lambda frames: None,
) -> None:
    """Write a GIF or WebP, as the suffix says, that repeats for ever; sound is left out.

    `document` is embedded (see `embed.py`); `check` and `progress` are as in `write_video`.

    Raises InvalidInput for another suffix or an impossible rate, InvalidMedia for a clip without
    frames, StorageFailed for a full disk or an unwritable place.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise InvalidInput(
            f"'{path.name}' does not end like an animation.", remedy="Use .gif or .webp."
        )
    if clip.frames == 0:
        raise InvalidMedia(f"There are no frames to write to '{path}'.")
    require_rate(clip.fps)
    with replacing(path) as partial:
        write(clip, partial, check, progress)
        if document:
            partial.write_bytes(embedded(partial.read_bytes(), document))
