"""The node that scales a video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Clip
from nodes.scaling import FIT_HELP, METHOD_HELP, Fit, Method, scaling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ResizeVideo(
    Node,
    type="video.resize",
    category="Image",
    aliases=("scale", "upscale", "downscale", "size", "crop", "pad", "fit"),
):
    """Scale all frames of a video to a size, as they stream by."""

    clip: In[Clip]
    width: int = Param(512, ge=0, le=16384, unit="px", help="New width; 0 keeps the proportions.")
    height: int = Param(0, ge=0, le=16384, unit="px", help="New height; 0 keeps the proportions.")
    fit: Fit = Param("crop", help=FIT_HELP)
    method: Method = Param("auto", help=METHOD_HELP)

    def run(self, ctx: Context) -> Clip:
        clip = self.clip
        wanted = (self.height, self.width)
        scale = scaling((clip.height, clip.width), wanted, self.fit, self.method)

        def stream() -> Iterator[NDArray[np.uint8]]:
            import numpy as np

            for chunk_THWC in clip:
                yield np.stack([scale(frame_HWC) for frame_HWC in chunk_THWC])

        height, width = scale.outer
        return replace(clip, stream=stream, height=height, width=width)
