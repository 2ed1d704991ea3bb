"""The node that reads a picture."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.values import Image


class LoadImage(
    Node,
    type="input.image",
    category="Input",
    aliases=("picture", "photo", "open", "png", "jpeg", "file"),
):
    """Read a picture from a file; of a video, its first frame."""

    path: str = Param("", widget="open-file", help="The picture's file, as this computer names it.")

    def run(self, ctx: Context) -> Image:
        from engine.media.read_image import read_image
        from nodes.files import named

        return read_image(named(self.path, "picture"))
