"""Open-Sora 2.0 with one double block and two single ones, laid out as it is published.

Its weights are drawn by numpy's frozen generator, so that what the makers' own code made of the
same ones could be kept (tests/engine/models/opensora/reference.safetensors).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
import torch
from diffusers import AutoencoderKLHunyuanVideo
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPConfig, CLIPModel, CLIPVisionConfig

from engine.models.opensora.published import DENOISER, WHOLE, WORDS
from engine.models.opensora.transformer import OpenSoraTransformer
from tests.engine.models.tiny.text import (
    WIDTH,
    clip_text_encoder,
    clip_tokenizer,
    lively,
    t5_encoder,
    t5_tokenizer,
)

CHANNELS: Final = 4
HEADS: Final = 2
DENOISER_SETTINGS: Final[dict[str, Any]] = {
    "in_channels": 4 * CHANNELS,
    "num_attention_heads": HEADS,
    "attention_head_dim": 32,
    "mlp_width": 128,
    "depth": 1,
    "depth_single_blocks": 2,
    "vec_in_dim": WIDTH,
    "context_in_dim": WIDTH,
    "axes_dim": (4, 14, 14),
}
OTHER_WAY: Final = {
    "guidance_embed": True, "cond_embed": False, "fused_qkv": True, "turn_halves": False,
}  # fmt: skip
"""As Flux lays its weights out."""
VAE_SETTINGS: Final[dict[str, Any]] = {
    "latent_channels": CHANNELS,
    "block_out_channels": (8, 8, 8, 8),
    "layers_per_block": 1,
    "norm_num_groups": 8,
}


def build(folder: Path, words_only: bool = False) -> None:
    """Save a model; one that was made of words only is told of no pictures."""
    folder.mkdir(parents=True)
    settings = {**DENOISER_SETTINGS, "cond_embed": not words_only}
    save_file(drawn(shapes_of(OpenSoraTransformer(**settings))), folder / DENOISER)
    vae = AutoencoderKLHunyuanVideo(**VAE_SETTINGS)
    save_file(drawn(shapes_of(vae), seed=1), folder / "hunyuan_vae.safetensors")
    t5_encoder().save_pretrained(folder / WORDS)
    t5_tokenizer().save_pretrained(folder / WORDS)
    _clip().save_pretrained(folder / WHOLE)
    clip_tokenizer().save_pretrained(folder / WHOLE)


def shapes_of(network: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def drawn(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, Tensor]:
    """Weights of these names and shapes, none of them zero."""
    state = np.random.RandomState(seed)
    found = {}
    for name in sorted(shapes):
        shape = shapes[name]
        values = state.standard_normal(shape)
        if len(shape) > 1:
            values /= np.sqrt(np.prod(shape[1:]))
        else:
            values = 0.3 * values + name.endswith((".scale", "norm.weight", "1.weight", "2.weight"))
        found[name] = torch.from_numpy(values.astype(np.float32))
    return found


def numbers(what: str, *shape: int) -> Tensor:
    """What is always the same for a name: inputs that need not be kept."""
    state = np.random.RandomState(crc32(what.encode()))
    return torch.from_numpy(state.standard_normal(shape).astype(np.float32))


def _clip() -> CLIPModel:
    """The whole of CLIP, as it is published: only the half that reads is wanted."""
    vision = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=8,
        patch_size=4,
        projection_dim=8,
    )
    text = clip_text_encoder().config.to_dict()
    config = CLIPConfig(text_config=text, vision_config=vision.to_dict(), projection_dim=8)
    return lively(CLIPModel(config), seed=2)
