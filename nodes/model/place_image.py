"""The node that pins a picture to a frame of the video."""

from __future__ import annotations

from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import FrameCondition, Image


class PlaceImage(
    Node,
    type="image.condition",
    category="Model",
    aliases=(
        "image to video",
        "i2v",
        "first frame",
        "last frame",
        "keyframe",
        "image condition",
        "reference",
        "subject",
    ),
):
    """Make the video show a picture at its first, its last or any other frame, or look like it."""

    image: In[Image]
    at: Literal["first", "last", "frame", "reference"] = Param(
        "first",
        help="Where the picture stands; 'frame' takes the number below. A 'reference' stands "
        "nowhere: what it shows looks so in the video (Wan VACE).",
    )
    frame: int = Param(
        0,
        ge=-100_000,
        le=100_000,
        unit="frames",
        help="Used with 'frame': counted from 0, or from the end if negative (-1 is the last).",
    )

    def run(self, ctx: Context) -> FrameCondition:
        index = {"first": 0, "last": -1, "frame": self.frame, "reference": None}[self.at]
        return FrameCondition(self.image, index)
