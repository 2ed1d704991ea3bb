"""The node that names the video model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.values import VideoModel


class LoadModel(
    Node,
    type="model.load",
    category="Model",
    aliases=("checkpoint", "weights", "starter", "wan", "ltx", "diffusion model"),
):
    """Choose the video model; its weights are loaded when a node first needs them."""

    model: str = Param(
        "starter",
        max_length=1000,
        help="An id of the catalog ('reelwright models list' shows them), a model's folder, or a "
        "single safetensors or GGUF file of a model that is here.",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16", "fp8", "int8", "fit"] = Param(
        "auto",
        help="How exactly the weights are held; 'auto' takes what suits the model and the device. "
        "'fp8' and 'int8' hold the denoiser in half the memory, which changes the video a little, "
        "'int8' the least (the starter computes in it too); 'fit' takes 'int8' only where 'auto' "
        "would be slow or not fit.",
    )

    def run(self, ctx: Context) -> VideoModel:
        from engine.models.catalog import handle

        return handle(self.model, self.precision)

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """The digest of the weights: other weights are other work."""
        from engine.models.catalog import handle

        return handle(str(params["model"])).identity if "model" in params else ""
