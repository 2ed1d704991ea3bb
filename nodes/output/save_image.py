"""The node that writes a picture file."""

from __future__ import annotations

from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Artifact, Image
from nodes.publishing import NAME_HELP, OVERWRITE_HELP, SIGN_HELP, Export, publish
from nodes.screening import Screening


class SaveImage(
    Node,
    type="output.image",
    category="Output",
    aliases=("export", "write", "png", "jpeg", "still", "save"),
    output=True,
):
    """Write a picture file with the graph inside, signed."""

    image: In[Image]
    name: str = Param("image_{seed}", max_length=200, help=NAME_HELP)
    format: Literal["png", "jpg", "webp"] = Param(
        "png", help="Kind of file; 'png' and 'webp' keep every pixel, 'jpg' is smaller."
    )
    sign: bool = Param(True, help=SIGN_HELP)
    overwrite: bool = Param(False, help=OVERWRITE_HELP)

    def run(self, ctx: Context) -> Artifact:
        from engine.media.write_image import write_image

        image, screening = self.image, Screening()
        export = Export(
            kind="image",
            name=self.name,
            suffix=f".{self.format}",
            origin=image.origin,
            write=lambda path: write_image(screening.image(image), path, document=ctx.document),
            sign=self.sign,
            overwrite=self.overwrite,
            assessed=screening.assessed,
        )
        return publish(ctx, export)
