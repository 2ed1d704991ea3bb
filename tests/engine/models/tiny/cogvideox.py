"""CogVideoX with two layers: 8 pixels and 4 frames a latent; the I2V one has 1.5's shape."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from diffusers import (
    AutoencoderKLCogVideoX,
    CogVideoXDDIMScheduler,
    CogVideoXDPMScheduler,
    CogVideoXImageToVideoPipeline,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
)

from tests.engine.models.tiny.text import WIDTH, lively, t5_encoder, t5_tokenizer

CHANNELS = 4
SCHEDULE = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "snr_shift_scale": 1.0,
    "set_alpha_to_one": True,
    "timestep_spacing": "trailing",
}


def build(
    folder: Path,
    scheduler: Literal["ddim", "dpm"] = "dpm",
    takes_image: bool = False,
    paired: bool | None = None,
) -> None:
    """Save the pipeline as diffusers lays it out: 2B's shape with places added (DDIM), 5B's with
    rotary ones (DPM), or 1.5's, which pairs latent frames.  One that starts from an image has 1.5's
    shape, unless `paired` is false: then 1.0's, with places of both kinds.
    """
    paired = takes_image if paired is None else paired
    pipeline = CogVideoXImageToVideoPipeline if takes_image else CogVideoXPipeline
    solver = CogVideoXDPMScheduler if scheduler == "dpm" else CogVideoXDDIMScheduler
    pipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=t5_encoder(),
        vae=_vae(),
        transformer=_transformer(rotary=scheduler == "dpm", takes_image=takes_image, paired=paired),
        scheduler=solver(**SCHEDULE),
    ).save_pretrained(folder)


def _transformer(*, rotary: bool, takes_image: bool, paired: bool) -> CogVideoXTransformer3DModel:
    return lively(
        CogVideoXTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=16,
            in_channels=2 * CHANNELS if takes_image else CHANNELS,
            out_channels=CHANNELS,
            time_embed_dim=8,
            ofs_embed_dim=8 if takes_image and paired else None,
            text_embed_dim=WIDTH,
            num_layers=2,
            sample_width=8,
            sample_height=8,
            sample_frames=9,
            patch_size=2,
            patch_size_t=2 if paired else None,
            max_text_seq_length=226,
            use_rotary_positional_embeddings=rotary,
            use_learned_positional_embeddings=takes_image and not paired,
            patch_bias=not paired,
        )
    )


def _vae() -> AutoencoderKLCogVideoX:
    return lively(
        AutoencoderKLCogVideoX(
            block_out_channels=(8, 8, 8, 8),
            latent_channels=CHANNELS,
            layers_per_block=1,
            norm_num_groups=2,
            temporal_compression_ratio=4,
            sample_height=64,
            sample_width=64,
        )
    )
