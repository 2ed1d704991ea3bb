"""Writing a marked video until its marks can be read in the file; what was glimpsed on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.graph.context import Context
from engine.values import Clip
from nodes.marking import Marking
from nodes.scaling import scaling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.settings import VideoSettings
    from nodes.streams import Chunks

_GLIMPSES: Final = 12
_GLIMPSE_SIDE: Final = 480


def write_marked(
    ctx: Context, clip: Clip, marking: Marking, path: Path, settings: VideoSettings
) -> None:
    """Encode a clip with its marks to `path`, in one pass over its frames; two at most."""
    from engine.media.write_video import write_video

    def progress(frames: int) -> None:
        ctx.progress(frames, clip.frames, "frames")

    def write() -> None:
        write_video(
            marking.clip(clip),
            path,
            settings,
            document=ctx.document,
            check=ctx.check,
            progress=progress,
        )

    marking.written(write, heard=path, seen=path)


def write_marked_stream(
    ctx: Context,
    clip: Clip,
    marking: Marking,
    folder: Path,
    settings: VideoSettings,
    seconds: float,
) -> None:
    """As `write_marked`, then cut into a stream's segments of `seconds` at least."""
    from engine.media.write_stream import write_stream

    whole = folder.with_name(folder.name + ".whole.mp4")
    write_marked(ctx, clip, marking, whole, settings)
    write_stream(whole, folder, seconds, ctx.document)
    whole.unlink()


class Glimpses:
    """Keeps a dozen small frames of a clip while it streams by, for a thumbnail."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._kept: dict[int, NDArray[np.uint8]] = {}
        share = min(1.0, _GLIMPSE_SIDE / max(clip.height, clip.width))
        size = (max(1, round(clip.height * share)), max(1, round(clip.width * share)))
        self._size, self._fit = size, scaling((clip.height, clip.width), size, "stretch", "area")

    def watched(self, clip: Clip) -> Clip:
        """The same clip, of which its reader leaves glimpses here."""
        return replace(clip, stream=lambda: self._watch(clip))

    def clip(self) -> Clip:
        """What was kept, as a clip of a dozen frames at most."""
        frames = [self._kept[index] for index in sorted(self._kept)]
        height, width = self._size
        return replace(
            self._clip,
            stream=lambda: (frame_HWC[None] for frame_HWC in frames),
            frames=len(frames),
            height=height,
            width=width,
            audio=None,
        )

    def _watch(self, clip: Clip) -> Chunks:
        last = max(clip.frames - 1, 0)
        wanted = {round(last * part / (_GLIMPSES - 1)) for part in range(_GLIMPSES)}
        index = 0
        for chunk_THWC in clip:
            for frame_HWC in chunk_THWC:
                if index in wanted:
                    self._kept[index] = self._fit(frame_HWC)
                index += 1
            yield chunk_THWC
