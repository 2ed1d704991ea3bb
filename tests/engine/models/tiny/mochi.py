"""Mochi 1 with two layers: 8 pixels and 6 frames a latent."""

from __future__ import annotations

from pathlib import Path

from diffusers import (
    AutoencoderKLMochi,
    FlowMatchEulerDiscreteScheduler,
    MochiPipeline,
    MochiTransformer3DModel,
)

from tests.engine.models.tiny.text import WIDTH, lively, t5_encoder, t5_tokenizer


def build(folder: Path) -> None:
    """Save the pipeline as diffusers lays it out."""
    MochiPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(invert_sigmas=True, shift=1.0),
        vae=_vae(),
        text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer(),
        transformer=_transformer(),
    ).save_pretrained(folder)


def _transformer() -> MochiTransformer3DModel:
    return lively(
        MochiTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=8,
            num_layers=2,
            pooled_projection_dim=WIDTH,
            text_embed_dim=WIDTH,
            time_embed_dim=8,
        )
    )


def _vae() -> AutoencoderKLMochi:
    """The normalising constants of its 12 channels are the real ones."""
    return lively(
        AutoencoderKLMochi(
            encoder_block_out_channels=(32, 32, 32, 32),
            decoder_block_out_channels=(32, 32, 32, 32),
            layers_per_block=(1, 1, 1, 1, 1),
            add_attention_block=(False, False, False, False, False),
        )
    )
