"""The node that writes a picture file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import Artifact, Image
from nodes.auditing import named_content
from nodes.checking import Checks
from nodes.marking import LABEL_HELP, Language, Marking
from nodes.publishing import NAME_HELP, OVERWRITE_HELP, SIGN_HELP, Export, publish
from nodes.watching import CLASSIFIERS_HELP, FACES_HELP


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
    classifiers: str = Param("", widget="text", help=CLASSIFIERS_HELP)
    faces: str = Param("", widget="open-file", help=FACES_HELP)
    label: Language = Param("none", help=LABEL_HELP)
    sign: bool = Param(True, help=SIGN_HELP)
    overwrite: bool = Param(False, help=OVERWRITE_HELP)

    def run(self, ctx: Context) -> Artifact:
        from engine.media.write_image import write_image

        image, checks = self.image, Checks(self.classifiers, self.faces)
        marking = Marking(ctx, mark=False, label=self.label)
        export = Export(
            kind="image",
            name=self.name,
            suffix=f".{self.format}",
            origin=image.origin,
            write=lambda path: write_image(
                marking.image(checks.image(image)), path, document=ctx.document
            ),
            sign=self.sign,
            overwrite=self.overwrite,
            assessed=checks.assessed,
            marks=marking.marks,
        )
        return publish(ctx, export)

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """What tells the classifiers from others: a changed one judges every export again."""
        return named_content(params.get("classifiers"))
