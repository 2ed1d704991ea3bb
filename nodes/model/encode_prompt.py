"""The node that turns words into what the model follows."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.ports import In
from engine.values import Conditioning, VideoModel


class EncodePrompt(
    Node,
    type="prompt.encode",
    category="Model",
    aliases=("text encoder", "clip", "t5", "conditioning", "positive", "negative"),
):
    """Turn a prompt into what the model follows; words that it does not know are named."""

    model: In[VideoModel]
    text: In[str]

    def run(self, ctx: Context) -> Conditioning:
        conditioning = ctx.models.get(self.model).encode_prompt(self.text)
        for sentence in conditioning.notes:
            ctx.note(sentence)
        return conditioning
