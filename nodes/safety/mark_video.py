"""The node that hides a number in a video, ahead of its export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import ParamValue
from engine.graph.ports import In
from engine.values import Clip
from nodes.marking import Marking


class MarkedVideo(NamedTuple):
    """The video, and in words which marks it carries."""

    clip: Clip
    marks: str


class MarkVideo(
    Node,
    type="safety.mark",
    category="Safety",
    aliases=("watermark", "invisible", "hidden", "number", "provenance"),
):
    """Hide a number in a video that only your key can read.

    An export does this by itself; use the node where a video leaves the graph in another way, or
    to give several exports one number.
    """

    clip: In[Clip]

    def run(self, ctx: Context) -> MarkedVideo:
        marking = Marking(ctx, mark=True)
        clip = marking.clip(self.clip)
        told = [str(mark) for mark in marking.marks()]
        return MarkedVideo(clip, "; ".join(told))

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """The key and what marks: another owner's mark is another one."""
        from engine.trust.watermark.keys import owner_key
        from engine.trust.watermark.markers import markers_content

        return f"{owner_key().name} {markers_content()}".rstrip()
