"""The node that turns a latent into frames and sound."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.ports import In
from engine.values import Clip, Latent


class DecodeVideo(
    Node,
    type="video.decode",
    category="Generate",
    aliases=("vae", "vae decode", "latent to video", "frames"),
):
    """Turn a latent into frames, and its sound with them.

    Frames are decoded as they are asked for and kept on disk, so that decoding and writing
    overlap and memory stays flat however long the video is.
    """

    latent: In[Latent]

    def run(self, ctx: Context) -> Clip:
        from nodes.decoding import decoded
        from nodes.streams import kept

        latent, models = self.latent, ctx.models
        return Clip(
            kept(
                lambda: decoded(ctx, latent),
                frames=latent.frames,
                height=latent.height,
                width=latent.width,
                folder=ctx.workspace,
            ),
            frames=latent.frames,
            height=latent.height,
            width=latent.width,
            fps=latent.fps,
            audio=models.get(latent.model).decode_audio(latent)
            if latent.audio_BLD is not None
            else None,
            origin=latent.origin,
        )
