"""HunyuanVideo with one layer of each kind: 8 pixels and 4 frames a latent."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from diffusers import (
    AutoencoderKLHunyuanVideo,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideoImageToVideoPipeline,
    HunyuanVideoPipeline,
    HunyuanVideoTransformer3DModel,
)
from diffusers.pipelines.hunyuan_video import (
    pipeline_hunyuan_video,
    pipeline_hunyuan_video_image2video,
)
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
)

from tests.engine.models.tiny.text import (
    WIDTH,
    clip_text_encoder,
    clip_tokenizer,
    lively,
    llama_encoder,
    llama_tokenizer,
)

CHANNELS = 4
PICTURE = 48  # pixels a side, in 24 x 24 patches: the pipeline counts on 576 of them


def build(folder: Path, image: Literal["token_replace", "latent_concat"] | None = None) -> None:
    """Save the pipeline as diffusers lays it out, from text or from an image and text."""
    parts = {
        "text_encoder_2": clip_text_encoder(),
        "tokenizer_2": clip_tokenizer(),
        "transformer": _transformer(image),
        "vae": _vae(),
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=7.0),
    }
    if image is None:
        template = pipeline_hunyuan_video.DEFAULT_PROMPT_TEMPLATE["template"]
        tokenizer = llama_tokenizer(template)
        HunyuanVideoPipeline(
            text_encoder=llama_encoder(), tokenizer=tokenizer, **parts
        ).save_pretrained(folder)
    else:
        template = pipeline_hunyuan_video_image2video.DEFAULT_PROMPT_TEMPLATE["template"]
        tokenizer = llama_tokenizer(template)
        size = {"height": PICTURE, "width": PICTURE}
        HunyuanVideoImageToVideoPipeline(
            text_encoder=_llava(tokenizer.convert_tokens_to_ids("<image>")),
            tokenizer=tokenizer,
            image_processor=CLIPImageProcessorPil(size=size, crop_size=size),
            **parts,
        ).save_pretrained(folder)


def _transformer(image: str | None) -> HunyuanVideoTransformer3DModel:
    return lively(
        HunyuanVideoTransformer3DModel(
            in_channels=2 * CHANNELS + 1 if image == "latent_concat" else CHANNELS,
            out_channels=CHANNELS,
            num_attention_heads=2,
            attention_head_dim=8,
            num_layers=1,
            num_single_layers=1,
            num_refiner_layers=1,
            text_embed_dim=WIDTH,
            pooled_projection_dim=WIDTH,
            guidance_embeds=image != "latent_concat",
            rope_axes_dim=(2, 2, 4),
            image_condition_type=image,
        )
    )


def _vae() -> AutoencoderKLHunyuanVideo:
    return lively(
        AutoencoderKLHunyuanVideo(
            latent_channels=CHANNELS,
            block_out_channels=(8, 8, 8, 8),
            layers_per_block=1,
            norm_num_groups=2,
        )
    )


def _llava(image_token: int) -> LlavaForConditionalGeneration:
    vision = CLIPVisionConfig(
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=2,
        num_attention_heads=1,
        image_size=PICTURE,
        patch_size=2,
        projection_dim=8,
    )
    text = LlamaConfig(
        vocab_size=512,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=3,
        num_attention_heads=2,
        pad_token_id=3,
    )
    config = LlavaConfig(
        vision_config=vision, text_config=text, image_token_index=image_token, pad_token_id=3
    )
    return lively(LlavaForConditionalGeneration(config), seed=3)
