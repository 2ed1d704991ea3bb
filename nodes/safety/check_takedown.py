"""The node that keeps what was taken down from being made again."""

from __future__ import annotations

from collections.abc import Mapping

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import ParamValue
from engine.graph.ports import In
from engine.values import Clip
from nodes.screening import Screening


class CheckTakedown(
    Node,
    type="safety.takedown",
    category="Safety",
    aliases=("removal", "register", "fingerprint", "perceptual hash", "block"),
):
    """Stop a video that is nearly the same as one in the takedown register, while it streams by."""

    clip: In[Clip]

    def run(self, ctx: Context) -> Clip:
        return Screening().clip(self.clip)

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """The digest of the register: what was registered since is looked for again."""
        from engine.trust.takedown.register import Register

        return Register().digest()
