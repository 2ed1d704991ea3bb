"""Low-rank weights (LoRA) as files write them: whose layers they change, and by how much.

Three ways of naming are in use, and all are read:

    transformer.blocks.0.attn1.to_q.lora_A          diffusers
    diffusion_model.blocks.0.self_attn.q.lora_down  the makers' own, as ComfyUI takes them
    lora_unet_blocks_0_self_attn_q.lora_down        kohya

The makers' names become diffusers' by the same table as those of single files.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from torch import Tensor, nn

from engine.errors import InvalidInput
from engine.models.loading.checkpoint import check_kind
from engine.models.loading.conversion import rename_one
from engine.models.loading.tensors import metadata, read_tensors, stored_tensors

_NAME: Final = re.compile(
    r"(?P<layer>.+)\.(?:"
    r"(?P<down>lora_A|lora_down|lora\.down)(?:\.default)?\.weight|"
    r"(?P<up>lora_B|lora_up|lora\.up)(?:\.default)?\.weight|"
    r"(?P<alpha>alpha)|(?P<bias>diff_b|lora_B\.bias)|(?P<full>diff))"
)
_PREFIX: Final = re.compile(
    r"(?:base_model\.model\.)?(?:model\.diffusion_model\.|diffusion_model\.|"
    r"transformer(?:_2)?\.|lora_unet_|lora_transformer_|unet\.)?"
)
_TEXT: Final = re.compile(r"(lora_te|text_encoder|cond_stage_model|text_encoders)")
_OTHER_KINDS: Final = ("dora_scale", ".lokr_", ".hada_", ".oft_", ".glora_")

# Words of the makers' names that hold an underscore: where kohya's names keep it.
_WORDS: Final = (
    "self_attn_qkv", "self_attn_proj", "self_attn", "cross_attn", "k_img", "v_img", "img_emb",
    "time_embedding", "text_embedding", "time_projection", "double_blocks", "single_blocks",
    "img_attn_qkv", "img_attn_proj", "txt_attn_qkv", "txt_attn_proj", "img_mlp", "txt_mlp",
    "img_mod", "txt_mod", "transformer_blocks", "patchify_proj", "adaln_single",
    "caption_projection", "audio_to_video_attn", "video_to_audio_attn", "audio_attn1",
    "audio_attn2", "audio_ff", "to_q", "to_k", "to_v", "to_out", "linear_1", "linear_2",
    "vace_blocks", "before_proj", "after_proj", "individual_token_refiner", "txt_in", "final_layer",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Delta:
    """What one layer gets: `scale * up @ down`, or `full`, to its weight; `bias` to its bias."""

    layer: str
    down: Tensor | None = None
    up: Tensor | None = None
    scale: float = 1.0
    full: Tensor | None = None
    bias: Tensor | None = None


@dataclass(frozen=True, eq=False)
class LowRank:
    """An adapter's file, read for one network; `unused` layers of it are not in that network."""

    file: Path
    deltas: tuple[Delta, ...]
    unused: tuple[str, ...]


def read_adapter(file: Path, network: nn.Module, device: str = "cpu") -> LowRank:
    """Read an adapter for a network.

    Raises InvalidInput where it is of another kind, or was made for another model; InvalidWeights
    where it is damaged.
    """
    check_kind(file)
    held = stored_tensors([file])
    kinds = [kind for kind in _OTHER_KINDS if any(kind in name for name in held)]
    if kinds:
        raise InvalidInput(
            f"'{file}' is an adapter of the kind '{kinds[0].strip('._')}', which is not supported.",
            remedy="Use a LoRA with plain low-rank weights.",
        )
    tensors = read_tensors(held.values(), device)
    layers = {name for name, module in network.named_modules() if hasattr(module, "weight")}
    alphas = _alphas(file)
    deltas: list[Delta] = []
    unused: list[str] = []
    for stem, pieces in _by_layer(tensors).items():
        found = [d for d in _deltas(network, layers, stem, pieces, alphas) if d.layer in layers]
        deltas += found
        if not found and not _TEXT.match(stem):
            unused.append(stem)
    if not deltas:
        raise _foreign(file, network, next(iter(held), ""))
    for delta in deltas:
        _refuse_other_size(file, network, delta)
    return LowRank(file, tuple(deltas), tuple(unused))


def _by_layer(tensors: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    found: dict[str, dict[str, Tensor]] = defaultdict(dict)
    for name, tensor in tensors.items():
        match = _NAME.fullmatch(name)
        if match:
            piece = next(key for key in ("down", "up", "alpha", "bias", "full") if match[key])
            found[match["layer"]][piece] = tensor
    return found


def _deltas(
    network: nn.Module,
    layers: set[str],
    stem: str,
    pieces: Mapping[str, Tensor],
    alphas: Mapping[str, float],
) -> Iterator[Delta]:
    """One for each layer of the network: a fused projection of the makers' is several of ours."""
    layer = _unflattened(stem, layers)
    down, up, full, bias = (pieces.get(key) for key in ("down", "up", "full", "bias"))
    main = up if up is not None else full
    if main is None and bias is None:
        return
    if main is None or (up is not None and down is None):
        main, up, full = None, None, None
    alpha = float(pieces["alpha"]) if "alpha" in pieces else alphas.get(stem, alphas.get("", 0.0))
    scale = alpha / down.shape[0] if alpha and down is not None else 1.0
    cuts = _renamed(network, layers, layer, main) if main is not None else {}
    biases = _renamed(network, layers, layer, bias) if bias is not None else {}
    for name in cuts | biases:
        cut = cuts.get(name)
        yield Delta(
            name,
            down if up is not None and cut is not None else None,
            cut if up is not None else None,
            scale,
            cut if up is None else None,
            biases.get(name),
        )


def _renamed(network: nn.Module, layers: set[str], layer: str, rows: Tensor) -> dict[str, Tensor]:
    """The rows by the layers of the network that they belong to."""
    if layer in layers:
        return {layer: rows}
    suffix = ".weight" if rows.ndim > 1 else ".bias"
    found = rename_one(type(network), f"{layer}{suffix}", rows)
    return {name.removesuffix(suffix): part for name, part in found.items()}


def _unflattened(stem: str, layers: set[str]) -> str:
    """A layer's name with its dots, which kohya's names have lost, and without a prefix."""
    prefix = _PREFIX.match(stem)
    bare = stem[prefix.end() :] if prefix else stem
    if "." in bare or bare in layers:
        return bare
    flat = {name.replace(".", "_"): name for name in layers}
    if bare in flat:
        return flat[bare]
    kept = bare
    for word in _WORDS:
        kept = re.sub(rf"(?<![^_]){word}(?![^_])", word.replace("_", " "), kept)
    return kept.replace("_", ".").replace(" ", "_")


def _alphas(file: Path) -> dict[str, float]:
    """Scales that diffusers and peft keep beside the weights; '' is every other layer's."""
    try:
        told: dict[str, Any] = json.loads(metadata(file).get("lora_adapter_metadata", "{}"))
        found = {}
        for part in ("transformer", "transformer_2"):
            if f"{part}.lora_alpha" in told:
                found[""] = float(told[f"{part}.lora_alpha"])
            for layer, alpha in (told.get(f"{part}.alpha_pattern") or {}).items():
                found[f"{part}.{layer}"] = float(alpha)
        return found
    except (ValueError, TypeError, AttributeError):
        return {}


def _refuse_other_size(file: Path, network: nn.Module, delta: Delta) -> None:
    layer = network.get_submodule(delta.layer)
    rows = getattr(layer, "out_features", None) or getattr(layer, "out_channels", None)
    columns = getattr(layer, "in_features", None)
    up, down = delta.up, delta.down
    wrong = up is not None and rows is not None and up.shape[0] != rows
    wrong |= down is not None and columns is not None and down.shape[1] != columns
    if wrong and up is not None and down is not None:
        raise InvalidInput(
            f"The LoRA '{file}' was made for another model: '{delta.layer}' takes {columns} and "
            f"gives {rows} numbers here, {down.shape[1]} and {up.shape[0]} there.",
            remedy="Use a LoRA for this model and size.",
        )


def _foreign(file: Path, network: nn.Module, name: str) -> InvalidInput:
    return InvalidInput(
        f"The LoRA '{file}' was made for another family: a {type(network).__name__} has none of "
        f"its layers, '{name}' first.",
        remedy="Use a LoRA for this model.",
    )
