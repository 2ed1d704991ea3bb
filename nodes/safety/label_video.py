"""The node that shows that a video was made by a model."""

from __future__ import annotations

from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Clip
from nodes.marking import CORNER_HELP, LABEL_HELP, Language, stamped


class LabelVideo(
    Node,
    type="safety.label",
    category="Safety",
    aliases=("AI generated", "visible", "disclosure", "Article 50", "caption", "badge"),
):
    """Show 'AI generated' in a corner of every frame, in letters that stay readable."""

    clip: In[Clip]
    language: Language = Param("en", help=LABEL_HELP)
    corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = Param(
        "bottom-right", help=CORNER_HELP
    )
    size: float = Param(
        0.04, ge=0.02, le=0.2, help="Height of the letters as a share of the picture's."
    )

    def run(self, ctx: Context) -> Clip:
        from engine.trust.label import Label, stamp

        clip = self.clip
        drawn = stamp(Label(self.language, self.corner, self.size), clip.height, clip.width)
        if drawn is None:
            ctx.note(f"Not labelled: {clip.width} x {clip.height} pixels are too small.")
            return clip
        return stamped(clip, drawn)
