"""Wan of every kind with two layers: 8 pixels and 4 frames a latent, as the real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

from tests.engine.models.tiny.text import WIDTH, lively, t5_tokenizer, umt5_encoder

Kind = Literal["words", "pictures", "ends", "pictures22", "experts", "small", "guided"]


def build(folder: Path, kind: Kind = "words", scheduler: str = "euler") -> None:
    """Save the pipeline as diffusers lays it out.

    'pictures' sees its picture with CLIP (2.1), 'ends' two of them, 'pictures22' does not;
    'experts' has two denoisers; 'small' is laid out as the 5B, 'guided' as VACE.
    """
    common = {
        "tokenizer": t5_tokenizer(),
        "text_encoder": umt5_encoder(),
        "vae": _vae(16 if kind == "small" else 8),
        "scheduler": _scheduler(scheduler),
    }
    _pipeline(kind, common).save_pretrained(folder)


def _pipeline(kind: Kind, common: dict[str, object]) -> WanPipeline:
    if kind == "guided":
        return WanVACEPipeline(**common, transformer=_vace())
    if kind == "small":
        return WanPipeline(**common, transformer=_transformer(16), expand_timesteps=True)
    if kind == "experts":
        two = {"transformer": _transformer(4), "transformer_2": _transformer(4, seed=5)}
        return WanPipeline(**common, **two, boundary_ratio=0.8)
    if kind == "words":
        return WanPipeline(**common, transformer=_transformer(4))
    if kind == "pictures22":
        two = {"transformer": _transformer(12), "transformer_2": _transformer(12, seed=5)}
        return WanImageToVideoPipeline(**common, **two, boundary_ratio=0.8)
    return WanImageToVideoPipeline(
        **common,
        transformer=_transformer(12, image_dim=WIDTH, seen=2 * 5 if kind == "ends" else None),
        image_encoder=_clip_vision(),
        image_processor=CLIPImageProcessor(
            size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8}
        ),
    )


def _scheduler(name: str) -> FlowMatchEulerDiscreteScheduler | UniPCMultistepScheduler:
    if name == "euler":
        return FlowMatchEulerDiscreteScheduler(shift=3.0)
    return UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )


def _transformer(
    channels: int, image_dim: int | None = None, seen: int | None = None, seed: int = 0
) -> WanTransformer3DModel:
    return lively(
        WanTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=channels,
            out_channels=16 if channels == 16 else 4,
            text_dim=WIDTH,
            freq_dim=32,
            ffn_dim=32,
            num_layers=2,
            image_dim=image_dim,
            added_kv_proj_dim=None if image_dim is None else 24,
            rope_max_seq_len=32,
            pos_embed_seq_len=seen,
        ),
        seed,
    )


def _vace() -> WanVACETransformer3DModel:
    return lively(
        WanVACETransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=4,
            out_channels=4,
            text_dim=WIDTH,
            freq_dim=32,
            ffn_dim=32,
            num_layers=2,
            rope_max_seq_len=32,
            vace_layers=[0, 1],
            vace_in_channels=2 * 4 + 64,
        )
    )


def _vae(side: int) -> AutoencoderKLWan:
    """`side` pixels a latent: 16 is that of the 5B, with its residual layout and 2x2 patches."""
    channels = 16 if side == 16 else 4
    small = {
        "is_residual": True,
        "in_channels": 12,
        "out_channels": 12,
        "patch_size": 2,
        "scale_factor_spatial": 16,
        "decoder_base_dim": 4,
    }
    return lively(
        AutoencoderKLWan(
            base_dim=4,
            z_dim=channels,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
            latents_mean=[0.1 * index for index in range(channels)],
            latents_std=[1 + 0.1 * index for index in range(channels)],
            **(small if side == 16 else {}),
        )
    )


def _clip_vision() -> CLIPVisionModel:
    config = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=8,
        patch_size=4,
    )
    return lively(CLIPVisionModel(config), 4)
