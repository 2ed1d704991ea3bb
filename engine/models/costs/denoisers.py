"""The denoisers whose work can be counted, by the name of their class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.models.costs import crossing, joint
from engine.models.costs.network import Network
from engine.models.costs.sizes import Sizes

Counting = Callable[[Mapping[str, object], Sizes], Network]

DENOISERS: Final[Mapping[str, Counting]] = {
    "WanTransformer3DModel": crossing.wan,
    "WanVACETransformer3DModel": crossing.wan,
    "LTXVideoTransformer3DModel": crossing.ltx,
    "LTX2VideoTransformer3DModel": crossing.ltx2,
    "LatteTransformer3DModel": crossing.latte,
    "StarterDiT": crossing.starter,
    "MochiTransformer3DModel": joint.mochi,
    "CogVideoXTransformer3DModel": joint.cogvideox,
    "HunyuanVideoTransformer3DModel": joint.hunyuan,
    "HunyuanVideo15Transformer3DModel": joint.hunyuan15,
    "OpenSoraTransformer": joint.opensora,
}


FIRST_REST: Final = 11


def passes(kind: str, config: Mapping[str, object], guidance: float) -> int:
    """How often a step goes through the denoiser: for each prompt, and LTX-2.3 twice more, without
    a layer and with each stream by itself.
    """
    if guidance <= 1 or (
        kind == "HunyuanVideoTransformer3DModel" and config.get("guidance_embeds")
    ):
        return 1
    return 4 if config.get("perturbed_attn") else 2


def all_passes(kind: str, config: Mapping[str, object], guidance: float, steps: int) -> int:
    """How often a sample goes through the denoiser: Open-Sora's guidance rests at every other step
    once the layout stands.
    """
    each = passes(kind, config, guidance)
    rests = len(range(FIRST_REST, steps, 2)) if kind == "OpenSoraTransformer" else 0
    return steps * each - rests * (each - 1)
