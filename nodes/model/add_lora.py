"""The node that puts a LoRA on a model."""

from __future__ import annotations

from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Adapter, VideoModel


class AddLora(
    Node,
    type="model.lora",
    category="Model",
    aliases=("lora", "adapter", "style", "low rank", "few steps", "lightning", "distill"),
):
    """Put a LoRA on the model; several add up, and the model itself stays as it is."""

    model: In[VideoModel]
    path: str = Param(
        "", widget="open-file", help="The LoRA's safetensors file, as this computer names it."
    )
    strength: float = Param(
        1.0, ge=-4.0, le=4.0, step=0.05, help="How much of it; 0 leaves the model as it is."
    )
    expert: Literal["all", "high noise", "low noise"] = Param(
        "all", help="Which denoiser gets it, where a model has two."
    )

    def run(self, ctx: Context) -> VideoModel:
        from pathlib import Path

        from engine.errors import InvalidInput
        from engine.models.weights import check_weights, digest_of

        if not self.path:
            raise InvalidInput("No LoRA is chosen.", remedy="Choose a safetensors file.")
        file = Path(self.path)
        if not file.is_file():
            raise InvalidInput(f"The LoRA '{file}' does not exist.", remedy="Check the path.")
        digest = digest_of(file)
        check_weights(file)
        part = {"all": "", "high noise": "transformer", "low noise": "transformer_2"}[self.expert]
        return self.model.with_adapter(Adapter(self.path, digest, self.strength, part))
