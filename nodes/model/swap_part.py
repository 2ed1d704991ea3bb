"""The node that takes one component of a model from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import SwappedPart, VideoModel


class SwapPart(
    Node,
    type="model.swap",
    category="Model",
    aliases=("vae", "text encoder", "unet", "gguf", "fp8", "checkpoint", "load diffusion model"),
):
    """Take the model's VAE, text encoder or denoiser from another folder or file."""

    model: In[VideoModel]
    part: Literal["vae", "text_encoder", "transformer", "transformer_2"] = Param(
        "vae", help="'transformer' is the denoiser; 'transformer_2' the one for little noise."
    )
    source: str = Param(
        "",
        max_length=1000,
        help="Another model's id or folder, the component's folder, or a safetensors or GGUF file.",
    )

    def run(self, ctx: Context) -> VideoModel:
        from engine.models.catalog import place_of
        from engine.models.weights import digest_of

        place = place_of(self.source)
        return self.model.with_part(SwappedPart(self.part, str(place), digest_of(place)))

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """The digest of what is taken: other weights are other work."""
        from engine.models.catalog import place_of
        from engine.models.weights import digest_of

        return digest_of(place_of(str(params["source"]))) if "source" in params else ""
