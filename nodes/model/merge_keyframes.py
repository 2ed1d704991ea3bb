"""The node that gathers keyframes."""

from __future__ import annotations

from engine.errors import InvalidInput
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.ports import In
from engine.values import FrameCondition


class MergeKeyframes(
    Node,
    type="keyframes.merge",
    category="Model",
    aliases=("first and last frame", "keyframes", "combine", "storyboard"),
):
    """Gather up to four keyframes, or lists of them, for one video."""

    first: In[list[FrameCondition]]
    second: In[list[FrameCondition] | None] = None
    third: In[list[FrameCondition] | None] = None
    fourth: In[list[FrameCondition] | None] = None

    def run(self, ctx: Context) -> list[FrameCondition]:
        ports = (self.first, self.second, self.third, self.fourth)
        keyframes = [keyframe for port in ports for keyframe in port or ()]
        taken: set[int | None] = set()
        for keyframe in keyframes:
            if keyframe.index in taken:
                raise InvalidInput(
                    f"Two pictures are placed at frame {keyframe.index}.",
                    remedy="Give each keyframe a frame of its own.",
                )
            if keyframe.index is not None:
                taken.add(keyframe.index)
        return keyframes
