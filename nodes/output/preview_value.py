"""The node that shows what arrives at it."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.ports import In
from engine.values import Clip, Image


class PreviewValue(
    Node,
    type="output.preview",
    category="Output",
    aliases=("show", "view", "look", "inspect", "display", "watch"),
    output=True,
    cached=False,
):
    """Show a picture, the middle of a video, or any other value; nothing is written."""

    value: In[object]

    def run(self, ctx: Context) -> object:
        if isinstance(self.value, Image):
            image = self.value
            ctx.preview(lambda: image)
        elif isinstance(self.value, Clip):
            ctx.preview(self._middle)
        else:
            ctx.note(f"{self.value}")
        return self.value

    def _middle(self) -> Image:
        from nodes.streams import frame_at

        assert isinstance(self.value, Clip)
        return frame_at(self.value, self.value.frames // 2)
