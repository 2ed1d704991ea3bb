"""The node that takes one frame out of a video."""

from __future__ import annotations

from engine.errors import InvalidInput
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Clip, Image
from nodes.streams import frame_at


class TakeFrame(
    Node,
    type="video.frame",
    category="Image",
    aliases=("extract frame", "last frame", "still", "video to image", "continue"),
):
    """Take one frame out of a video: its last one begins the next shot, say."""

    clip: In[Clip]
    frame: int = Param(
        -1,
        ge=-1_000_000,
        le=1_000_000,
        unit="frames",
        help="Counted from 0, or from the end if negative (-1 is the last).",
    )

    def run(self, ctx: Context) -> Image:
        length = self.clip.frames
        if not -length <= self.frame < length:
            raise InvalidInput(
                f"There is no frame {self.frame} in a video of {length} frames.",
                remedy=f"Set the frame from {-length} to {length - 1}.",
            )
        return frame_at(self.clip, self.frame % length)
