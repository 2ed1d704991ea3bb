"""Animated WebP files, which the video library cannot decode: all frames are held at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

from studio.viewer.frame_source import Facts, FrameIndex, FrameSource
from studio.viewer.pixels import Converter, Output, Pixels

if TYPE_CHECKING:
    import av


class WebPSource:
    """The same as a FrameSource, for a file that it cannot read.

    Raises InvalidMedia for a file that is damaged or would not fit in memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stopped = False
        self._at = -1
        self._frames: list[av.VideoFrame] = []

    def close(self) -> None:
        """Let go of the frames."""
        self._frames.clear()

    def scan(self, shown: Callable[[av.VideoFrame, Facts], None]) -> Facts:
        """Decode all frames; `shown` gets the first one."""
        import av

        from engine.media.animated_webp import read_animated_webp
        from engine.media.to_rgb import Display

        with TemporaryDirectory(prefix="reelwright-") as folder:
            clip = read_animated_webp(self.path, Path(folder))
            self._convert = Converter(Display(clip.width, clip.height, 1))
            facts = Facts(clip.width, clip.height, clip.frames, clip.fps)
            for chunk in clip:
                self._frames += [av.VideoFrame.from_ndarray(frame, "rgb24") for frame in chunk]
                if len(self._frames) == 1:
                    shown(self._frames[0], facts)
                if self.stopped:
                    break
        every = tuple(range(max(1, len(self._frames))))
        self.index = FrameIndex(every, every, every, clip.frames, timed=True)
        return facts

    @property
    def stored(self) -> int:
        """How many frames there are."""
        return len(self._frames)

    def near(self, order: int) -> bool:
        """Whether a frame is the next one."""
        return order == self._at + 1

    def seek(self, order: int) -> None:
        """Go to a frame."""
        self._at = order - 1

    def advance(self, needed: int = 0) -> tuple[int, av.VideoFrame] | None:
        """The next frame and its number; None after the last one."""
        if self._at + 1 >= len(self._frames):
            return None
        self._at += 1
        return self._at, self._frames[self._at]

    def converted(self, frame: av.VideoFrame, output: Output) -> Pixels:
        """A decoded frame as pixels."""
        return self._convert(frame, output)

    def exact(self, order: int) -> av.VideoFrame | None:
        """One frame."""
        return self._frames[order] if order < len(self._frames) else None


Source: TypeAlias = FrameSource | WebPSource


def open_source(path: Path) -> Source:
    """The source that can read a file.  Raises InvalidMedia for what cannot be opened."""
    from engine.media.animated_webp import is_animated_webp

    return WebPSource(path) if is_animated_webp(path) else FrameSource(path)
