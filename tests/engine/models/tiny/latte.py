"""Latte with two layers: 8 pixels a latent, six frames."""

from __future__ import annotations

from pathlib import Path

from diffusers import AutoencoderKL, DDIMScheduler, LattePipeline, LatteTransformer3DModel

from tests.engine.models.tiny.text import WIDTH, lively, t5_encoder, t5_tokenizer

FRAMES = 6


def build(folder: Path) -> None:
    """Save the pipeline as diffusers lays it out."""
    transformer = LatteTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        out_channels=8,
        num_layers=2,
        cross_attention_dim=16,
        attention_bias=True,
        sample_size=8,
        patch_size=2,
        activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000,
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        norm_eps=1e-6,
        caption_channels=WIDTH,
        video_length=FRAMES,
    )
    blocks = 4
    vae = AutoencoderKL(
        block_out_channels=(8,) * blocks,
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        layers_per_block=1,
        norm_num_groups=2,
    )
    LattePipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=t5_encoder(),
        vae=lively(vae),
        transformer=lively(transformer),
        scheduler=DDIMScheduler(beta_schedule="linear", clip_sample=False),
    ).save_pretrained(folder)
