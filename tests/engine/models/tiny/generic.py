"""Video pipelines of diffusers that no family of ours claims, each with one or two layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from diffusers import (
    AllegroPipeline,
    AllegroTransformer3DModel,
    AnimateDiffPipeline,
    AutoencoderKL,
    AutoencoderKLAllegro,
    AutoencoderKLMagvit,
    AutoencoderKLTemporalDecoder,
    AutoencoderKLWan,
    DDIMScheduler,
    DiffusionPipeline,
    DPMSolverMultistepScheduler,
    EasyAnimatePipeline,
    EasyAnimateTransformer3DModel,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    MotionAdapter,
    SanaVideoPipeline,
    SanaVideoTransformer3DModel,
    SkyReelsV2ImageToVideoPipeline,
    SkyReelsV2Pipeline,
    SkyReelsV2Transformer3DModel,
    StableVideoDiffusionPipeline,
    UNet2DConditionModel,
    UNetSpatioTemporalConditionModel,
    UniPCMultistepScheduler,
)
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    Gemma2Config,
    Gemma2Model,
)

from tests.engine.models.tiny.text import (
    WIDTH,
    clip_text_encoder,
    clip_tokenizer,
    gemma_tokenizer,
    lively,
    qwen_encoder,
    qwen_tokenizer,
    t5_encoder,
    t5_tokenizer,
    umt5_encoder,
)


def build(folder: Path, kind: str) -> None:
    """Save the pipeline of a kind as diffusers lays it out."""
    KINDS[kind]().save_pretrained(folder)


def _allegro() -> DiffusionPipeline:
    transformer = AllegroTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=24,
        num_layers=2,
        cross_attention_dim=48,
        sample_width=8,
        sample_height=8,
        sample_frames=8,
        caption_channels=WIDTH,
    )
    vae = AutoencoderKLAllegro(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=2, sample_size=64
    )
    return AllegroPipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=t5_encoder(),
        vae=lively(vae),
        transformer=lively(transformer),
        scheduler=EulerAncestralDiscreteScheduler(beta_schedule="linear"),
    )


def _skyreels() -> DiffusionPipeline:
    return SkyReelsV2Pipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=umt5_encoder(),
        vae=_wan_vae(),
        transformer=_sky(16),
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=8.0
        ),
    )


def _skyreels_image() -> DiffusionPipeline:
    return SkyReelsV2ImageToVideoPipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=umt5_encoder(),
        vae=_wan_vae(),
        transformer=_sky(36),
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0
        ),
        image_encoder=_clip_vision(),
        image_processor=_clip_pictures(),
    )


def _sana() -> DiffusionPipeline:
    transformer = SanaVideoTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        num_layers=2,
        num_cross_attention_heads=2,
        cross_attention_head_dim=12,
        cross_attention_dim=24,
        caption_channels=WIDTH,
    )
    config = Gemma2Config(
        vocab_size=512,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
    )
    return SanaVideoPipeline(
        tokenizer=gemma_tokenizer(),
        text_encoder=lively(Gemma2Model(config), seed=3),
        vae=_wan_vae(),
        transformer=lively(transformer),
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=8.0
        ),
    )


def _stable() -> DiffusionPipeline:
    """Takes a picture and no words."""
    unet = UNetSpatioTemporalConditionModel(
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        block_out_channels=(32, 64),
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        layers_per_block=1,
        cross_attention_dim=32,
        num_attention_heads=(2, 4),
        sample_size=8,
        num_frames=6,
    )
    vae = AutoencoderKLTemporalDecoder(
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        block_out_channels=(32, 64),
        layers_per_block=1,
    )
    return StableVideoDiffusionPipeline(
        vae=lively(vae),
        image_encoder=_clip_vision(224),
        unet=lively(unet),
        scheduler=EulerDiscreteScheduler(
            beta_schedule="scaled_linear",
            prediction_type="v_prediction",
            use_karras_sigmas=True,
            sigma_min=0.002,
            sigma_max=700.0,
            timestep_type="continuous",
            timestep_spacing="leading",
        ),
        feature_extractor=_clip_pictures(),
    )


def _animate() -> DiffusionPipeline:
    blocks = 2
    unet = UNet2DConditionModel(
        block_out_channels=(8,) * blocks,
        layers_per_block=1,
        sample_size=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=WIDTH,
        norm_num_groups=2,
    )
    motion = MotionAdapter(
        block_out_channels=(8,) * blocks,
        motion_layers_per_block=1,
        motion_norm_num_groups=2,
        motion_num_attention_heads=4,
    )
    vae = AutoencoderKL(
        block_out_channels=(8,) * blocks,
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        layers_per_block=1,
        norm_num_groups=2,
    )
    tokenizer = clip_tokenizer()
    tokenizer.model_max_length = 77
    return AnimateDiffPipeline(
        vae=lively(vae),
        text_encoder=clip_text_encoder(),
        tokenizer=tokenizer,
        unet=lively(unet),
        motion_adapter=lively(motion),
        scheduler=DDIMScheduler(beta_schedule="linear", clip_sample=False),
    )


def _easy() -> DiffusionPipeline:
    transformer = EasyAnimateTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=4,
        out_channels=4,
        time_embed_dim=2,
        text_embed_dim=WIDTH,
        num_layers=1,
        sample_width=16,
        sample_height=16,
        patch_size=2,
    )
    blocks = 3
    vae = AutoencoderKLMagvit(
        down_block_types=("SpatialDownBlock3D", *("SpatialTemporalDownBlock3D",) * blocks),
        up_block_types=("SpatialUpBlock3D", *("SpatialTemporalUpBlock3D",) * blocks),
        block_out_channels=(8,) * (blocks + 1),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        spatial_group_norm=False,
    )
    return EasyAnimatePipeline(
        vae=lively(vae),
        text_encoder=qwen_encoder(),
        tokenizer=qwen_tokenizer(),
        transformer=lively(transformer),
        scheduler=FlowMatchEulerDiscreteScheduler(),
    )


def _wan_vae() -> AutoencoderKLWan:
    return lively(AutoencoderKLWan(base_dim=3, dim_mult=[1, 1, 1, 1], num_res_blocks=1))


def _sky(channels: int) -> SkyReelsV2Transformer3DModel:
    return lively(
        SkyReelsV2Transformer3DModel(
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=channels,
            out_channels=16,
            text_dim=WIDTH,
            freq_dim=32,
            ffn_dim=32,
            num_layers=2,
            image_dim=32 if channels > 16 else None,
            added_kv_proj_dim=24 if channels > 16 else None,
        )
    )


def _clip_vision(side: int = 8) -> CLIPVisionModelWithProjection:
    config = CLIPVisionConfig(
        hidden_size=32,
        projection_dim=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=side,
        patch_size=side // 2,
    )
    return lively(CLIPVisionModelWithProjection(config), seed=4)


def _clip_pictures() -> CLIPImageProcessor:
    return CLIPImageProcessor(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8})


KINDS: Final[Mapping[str, Callable[[], DiffusionPipeline]]] = {
    "allegro": _allegro,
    "skyreels": _skyreels,
    "skyreels-image": _skyreels_image,
    "sana": _sana,
    "stable": _stable,
    "animate": _animate,
    "easy": _easy,
}
