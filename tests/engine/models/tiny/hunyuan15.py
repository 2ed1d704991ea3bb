"""HunyuanVideo 1.5 with two layers: 16 pixels and 4 frames a latent."""

from __future__ import annotations

from pathlib import Path

from diffusers import (
    AutoencoderKLHunyuanVideo15,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideo15ImageToVideoPipeline,
    HunyuanVideo15Pipeline,
    HunyuanVideo15Transformer3DModel,
)
from diffusers.guiders import ClassifierFreeGuidance
from transformers import (
    ByT5Tokenizer,
    SiglipImageProcessorPil,
    SiglipVisionConfig,
    SiglipVisionModel,
)

from tests.engine.models.tiny.text import WIDTH, lively, qwen_encoder, qwen_tokenizer, t5_encoder

CHANNELS = 4
PICTURE = 54  # pixels a side, in 27 x 27 patches: the pipeline counts on 729 of them


def build(folder: Path, takes_image: bool = False) -> None:
    """Save the pipeline as diffusers lays it out, from text or from an image and text."""
    parts = {
        "text_encoder": qwen_encoder(),
        "tokenizer": qwen_tokenizer(),
        "transformer": _transformer(takes_image),
        "vae": _vae(),
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=5.0),
        "text_encoder_2": t5_encoder(vocabulary=384, seed=5),
        "tokenizer_2": ByT5Tokenizer(),
        "guider": ClassifierFreeGuidance(guidance_scale=6.0),
    }
    if takes_image:
        size = {"height": PICTURE, "width": PICTURE}
        parts |= {
            "image_encoder": _siglip(),
            "feature_extractor": SiglipImageProcessorPil(size=size),
        }
        HunyuanVideo15ImageToVideoPipeline(**parts).save_pretrained(folder)
    else:
        HunyuanVideo15Pipeline(**parts).save_pretrained(folder)


def _transformer(takes_image: bool) -> HunyuanVideo15Transformer3DModel:
    return lively(
        HunyuanVideo15Transformer3DModel(
            in_channels=2 * CHANNELS + 1,
            out_channels=CHANNELS,
            num_attention_heads=2,
            attention_head_dim=8,
            num_layers=2,
            num_refiner_layers=1,
            text_embed_dim=WIDTH,
            text_embed_2_dim=WIDTH,
            image_embed_dim=8,
            rope_axes_dim=(2, 2, 4),
            target_size=64,
            task_type="i2v" if takes_image else "t2v",
        )
    )


def _vae() -> AutoencoderKLHunyuanVideo15:
    return lively(
        AutoencoderKLHunyuanVideo15(
            latent_channels=CHANNELS, block_out_channels=(8, 8, 8, 8, 8), layers_per_block=1
        )
    )


def _siglip() -> SiglipVisionModel:
    config = SiglipVisionConfig(
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        image_size=PICTURE,
        patch_size=2,
    )
    return lively(SiglipVisionModel(config))
