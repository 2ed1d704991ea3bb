"""The node that scales a picture."""

from __future__ import annotations

from dataclasses import replace

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Image
from nodes.scaling import FIT_HELP, METHOD_HELP, Fit, Method, scaling


class ResizeImage(
    Node,
    type="image.resize",
    category="Image",
    aliases=("scale", "upscale", "downscale", "size", "crop", "pad", "fit"),
):
    """Scale a picture to a size."""

    image: In[Image]
    width: int = Param(512, ge=0, le=16384, unit="px", help="New width; 0 keeps the proportions.")
    height: int = Param(0, ge=0, le=16384, unit="px", help="New height; 0 keeps the proportions.")
    fit: Fit = Param("crop", help=FIT_HELP)
    method: Method = Param("auto", help=METHOD_HELP)

    def run(self, ctx: Context) -> Image:
        size = (self.image.height, self.image.width)
        scale = scaling(size, (self.height, self.width), self.fit, self.method)
        return replace(self.image, pixels_HWC=scale(self.image.pixels_HWC))
