"""LTX-Video with one layer or more: 32 pixels and 8 frames a latent, as the real one."""

from __future__ import annotations

from pathlib import Path

from diffusers import (
    AutoencoderKLLTXVideo,
    FlowMatchEulerDiscreteScheduler,
    LTXConditionPipeline,
    LTXPipeline,
    LTXVideoTransformer3DModel,
)

from tests.engine.models.tiny.text import WIDTH, lively, t5_encoder, t5_tokenizer

CHANNELS = 8


def build(folder: Path, older: bool = False, layers: int = 1) -> None:
    """Save the pipeline as diffusers lays it out; the older ones' schedule goes by the size."""
    scheduler = FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=older,
        base_image_seq_len=1024,
        max_image_seq_len=4096,
        base_shift=0.95,
        max_shift=2.05,
        shift_terminal=0.1 if older else None,
    )
    (LTXPipeline if older else LTXConditionPipeline)(
        scheduler=scheduler,
        vae=_vae(),
        text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer(),
        transformer=_transformer(layers),
    ).save_pretrained(folder)


def _transformer(layers: int) -> LTXVideoTransformer3DModel:
    return lively(
        LTXVideoTransformer3DModel(
            in_channels=CHANNELS,
            out_channels=CHANNELS,
            num_attention_heads=2,
            attention_head_dim=8,
            cross_attention_dim=16,
            num_layers=layers,
            caption_channels=WIDTH,
        )
    )


def _vae() -> AutoencoderKLLTXVideo:
    """The layout of 0.9.5 and later: the decoder knows a noise level."""
    return lively(
        AutoencoderKLLTXVideo(
            latent_channels=CHANNELS,
            block_out_channels=(8, 8, 8, 8, 8),
            decoder_block_out_channels=(8, 16, 32),
            down_block_types=("LTXVideo095DownBlock3D",) * 4,
            layers_per_block=(1, 1, 1, 1, 1),
            decoder_layers_per_block=(1, 1, 1, 1),
            spatio_temporal_scaling=(True, True, True, True),
            decoder_spatio_temporal_scaling=(True, True, True),
            decoder_inject_noise=(False, False, False, False),
            downsample_type=("spatial", "temporal", "spatiotemporal", "spatiotemporal"),
            upsample_residual=(True, True, True),
            upsample_factor=(2, 2, 2),
            timestep_conditioning=True,
            spatial_compression_ratio=32,
            temporal_compression_ratio=8,
        )
    )
