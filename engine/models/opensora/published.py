"""How Open-Sora 2.0 is published, and what its weights say of themselves.

    Open_Sora_v2.safetensors        the denoiser
    hunyuan_vae.safetensors         HunyuanVideo's VAE
    google/t5-v1_1-xxl/             reads a prompt word by word
    openai/clip-vit-large-patch14/  reads it as a whole

No file tells the settings of the first two: the shapes of their weights do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from diffusers import AutoencoderKLHunyuanVideo, FlowMatchEulerDiscreteScheduler
from transformers import CLIPTextModel, CLIPTokenizer, T5EncoderModel, T5Tokenizer

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.architectures import Shapes
from engine.models.loading.checkpoint import section
from engine.models.loading.components import Components, load_places
from engine.models.loading.layout import Json
from engine.models.loading.places import Place
from engine.models.opensora.transformer import OpenSoraTransformer
from engine.values import VideoModel

DENOISER: Final = "Open_Sora_v2.safetensors"
WORDS: Final = "google/t5-v1_1-xxl"
WHOLE: Final = "openai/clip-vit-large-patch14"
GROUPS: Final = 32
"""Groups that the VAE normalises its channels in, where it has as many."""


def denoiser_settings(shapes: Shapes) -> Json:
    """Raises KeyError for weights of another network."""
    width, channels = shapes["img_in.weight"]
    (head,) = shapes["double_blocks.0.img_attn.norm.query_norm.scale"]
    told = shapes.get("cond_in.weight")
    fused = "double_blocks.0.img_attn.qkv.weight" in shapes
    time = head // 8
    return {
        "in_channels": channels,
        "patch_size": math.isqrt(told[1] - channels) if told else 2,
        "num_attention_heads": width // head,
        "attention_head_dim": head,
        "mlp_width": shapes["double_blocks.0.img_mlp.0.weight"][0],
        "depth": _count(shapes, r"double_blocks\.(\d+)"),
        "depth_single_blocks": _count(shapes, r"single_blocks\.(\d+)"),
        "vec_in_dim": shapes["vector_in.in_layer.weight"][1],
        "context_in_dim": shapes["txt_in.weight"][1],
        "axes_dim": [time, (head - time) // 2, (head - time) // 2],
        "qkv_bias": f"double_blocks.0.img_attn.{'qkv' if fused else 'q_proj'}.bias" in shapes,
        "guidance_embed": "guidance_in.in_layer.weight" in shapes,
        "cond_embed": told is not None,
        "fused_qkv": fused,
        # Weights in three were laid out anew, for kernels that turn halves.
        "turn_halves": not fused,
    }


def vae_settings(shapes: Shapes) -> Json:
    """Raises KeyError for weights of another network."""
    blocks = _count(shapes, r"encoder\.down_blocks\.(\d+)")
    first = "encoder.down_blocks.{}.resnets.0.conv1.conv.weight"
    widths = [shapes[first.format(block)][0] for block in range(blocks)]
    return {
        "latent_channels": shapes["post_quant_conv.weight"][0],
        "block_out_channels": widths,
        "layers_per_block": _count(shapes, r"encoder\.down_blocks\.0\.resnets\.(\d+)"),
        "norm_num_groups": min(GROUPS, math.gcd(*widths)),
    }


class Published(NamedTuple):
    """A component: its class, where it is, and how its settings are told if not beside it."""

    kind: type
    path: str
    told: Callable[[Shapes], Json] | None = None


PARTS: Final[dict[str, Published]] = {
    "transformer": Published(OpenSoraTransformer, DENOISER, denoiser_settings),
    "vae": Published(AutoencoderKLHunyuanVideo, "hunyuan_vae.safetensors", vae_settings),
    "text_encoder": Published(T5EncoderModel, WORDS),
    "tokenizer": Published(T5Tokenizer, WORDS),
    "text_encoder_2": Published(CLIPTextModel, WHOLE),
    "tokenizer_2": Published(CLIPTokenizer, WHOLE),
}


@dataclass(frozen=True)
class Untold(Place):
    """A file of weights without settings."""

    told: Callable[[Shapes], Json]

    @property
    def config(self) -> Json:
        try:
            return self.told(section(self.weights, self.name).shapes)
        except (KeyError, ValueError) as error:
            raise InvalidWeights(
                f"'{self.weights}' does not hold the {self.name} of Open-Sora 2.0: it has no "
                f"{error} of its shape.",
                remedy="Use the file that its makers publish, or a copy under the same names.",
            ) from None


def load_parts(handle: VideoModel, folder: Path, device: str) -> Components:
    """Load all of Open-Sora.  Raises InvalidInput, InvalidWeights."""
    if not (folder / DENOISER).is_file():
        raise InvalidInput(
            f"'{folder}' is no folder of Open-Sora 2.0: it has no '{DENOISER}'.",
            remedy="Point to the folder that holds it, beside 'google' and 'openai'.",
        )
    places = {name: _place(name, handle, folder) for name in PARTS}
    loaded = load_places(handle, places, device=device)
    _refuse_misfit(loaded)
    return replace(loaded, parts={**loaded.parts, "scheduler": FlowMatchEulerDiscreteScheduler()})


def _place(name: str, handle: VideoModel, folder: Path) -> Place:
    """Where a component is: its own place, or a file or folder that the handle swaps in."""
    kind, published, told = PARTS[name]
    swapped = handle.part(name)
    own = folder / published
    path = own if swapped is None else Path(swapped.path)
    if (path / published).exists():
        path = path / published
    if not path.exists():
        raise InvalidWeights(
            f"'{path}' is missing.", remedy="Fetch the model again, or put back what is missing."
        )
    if path.is_dir():
        return Place(name, kind, path, path)
    return Place(name, kind, path, own) if told is None else Untold(name, kind, path, own, told)


def _refuse_misfit(loaded: Components) -> None:
    """Raises InvalidInput where the VAE's channels are not what the denoiser takes."""
    denoiser, vae = loaded["transformer"].config, loaded["vae"].config
    wanted = denoiser.in_channels // denoiser.patch_size**2
    if vae.latent_channels != wanted:
        raise InvalidInput(
            f"The VAE has {vae.latent_channels} latent channels, the denoiser works with {wanted}.",
            remedy="Use the two that were published together.",
        )


def _count(names: Iterable[str], pattern: str) -> int:
    return len({match[1] for name in names if (match := re.match(pattern, name))})
