"""The node that reads a video."""

from __future__ import annotations

from engine.errors import InvalidInput
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.values import Clip


class LoadVideo(
    Node,
    type="input.video",
    category="Input",
    aliases=("movie", "footage", "clip", "mp4", "gif", "file"),
):
    """Read a video from a file, with its sound; a part of it if you like."""

    path: str = Param("", widget="open-file", help="The video's file, as this computer names it.")
    start: int = Param(0, ge=0, le=10_000_000, unit="frames", help="The first frame that is taken.")
    frames: int = Param(
        0,
        zero="all",
        ge=0,
        le=10_000_000,
        unit="frames",
        help="How many are taken; 0 takes all that follow.",
    )

    def run(self, ctx: Context) -> Clip:
        from engine.media.read_video import read_video
        from nodes.files import named
        from nodes.streams import cut

        clip = read_video(named(self.path, "video"), ctx.workspace)
        left = clip.frames - self.start
        if left < 1:
            raise InvalidInput(
                f"'{self.path}' has {clip.frames} frames: none from frame {self.start} on.",
                remedy=f"Set 'start' to at most {clip.frames - 1}.",
            )
        if not self.start and self.frames in (0, clip.frames):
            return clip
        return cut(clip, self.start, min(self.frames or left, left))
