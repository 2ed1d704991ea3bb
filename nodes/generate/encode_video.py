"""The node that turns frames into a latent."""

from __future__ import annotations

from dataclasses import replace

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.ports import In
from engine.values import Clip, Latent, VideoModel


class EncodeVideo(
    Node,
    type="video.encode",
    category="Generate",
    aliases=("vae", "vae encode", "video to latent"),
):
    """Turn frames into a model's latent, to see what its VAE keeps of them, say."""

    model: In[VideoModel]
    clip: In[Clip]

    def run(self, ctx: Context) -> Latent:
        latent = ctx.models.get(self.model).encode(self.clip)
        return replace(latent, origin=self.clip.origin)
