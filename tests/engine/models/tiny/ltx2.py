"""LTX-2 with two layers: picture and sound sampled together, 32 pixels and 8 frames a latent."""

from __future__ import annotations

from pathlib import Path

from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
    LTX2ConditionPipeline,
    LTX2VideoTransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2Vocoder
from transformers import Gemma3Config, Gemma3ForConditionalGeneration

from tests.engine.models.tiny.text import WIDTH, gemma_tokenizer, lively

CHANNELS = 8
AUDIO_CHANNELS = 2
MEL_BINS = 16
LAYERS = 2  # of the text encoder: the connectors read one state more


def build(folder: Path, newer: bool = True) -> None:
    """Save the pipeline as diffusers lays it out, in the shape of 2.3, or of the older 2.0."""
    LTX2ConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True,
            base_shift=0.95,
            max_shift=2.05,
            base_image_seq_len=1024,
            max_image_seq_len=4096,
            shift_terminal=0.1,
        ),
        vae=_vae(),
        audio_vae=_audio_vae(),
        text_encoder=_gemma(),
        tokenizer=gemma_tokenizer(),
        connectors=_connectors(newer),
        transformer=_transformer(newer),
        vocoder=_vocoder(),
    ).save_pretrained(folder)


def _transformer(newer: bool) -> LTX2VideoTransformer3DModel:
    return lively(
        LTX2VideoTransformer3DModel(
            in_channels=CHANNELS,
            out_channels=CHANNELS,
            num_attention_heads=2,
            attention_head_dim=8,
            cross_attention_dim=16,
            audio_in_channels=AUDIO_CHANNELS * MEL_BINS // 4,
            audio_out_channels=AUDIO_CHANNELS * MEL_BINS // 4,
            audio_num_attention_heads=2,
            audio_attention_head_dim=4,
            audio_cross_attention_dim=8,
            num_layers=2,
            caption_channels=WIDTH,
            rope_double_precision=False,
            gated_attn=newer,
            audio_gated_attn=newer,
            cross_attn_mod=newer,
            audio_cross_attn_mod=newer,
            use_prompt_embeddings=not newer,
            perturbed_attn=newer,
        )
    )


def _vae() -> AutoencoderKLLTX2Video:
    return lively(
        AutoencoderKLLTX2Video(
            latent_channels=CHANNELS,
            block_out_channels=(8, 8, 8, 8),
            decoder_block_out_channels=(8, 16, 32),
            layers_per_block=(1, 1, 1, 1, 1),
            decoder_layers_per_block=(1, 1, 1, 1),
            decoder_causal=False,
            spatial_compression_ratio=32,
            temporal_compression_ratio=8,
        )
    )


def _audio_vae() -> AutoencoderKLLTX2Audio:
    return lively(
        AutoencoderKLLTX2Audio(
            base_channels=AUDIO_CHANNELS * MEL_BINS // 4,
            num_res_blocks=1,
            latent_channels=AUDIO_CHANNELS,
            resolution=32,
            mel_bins=MEL_BINS,
        )
    )


def _vocoder() -> LTX2Vocoder:
    return lively(
        LTX2Vocoder(
            in_channels=2 * MEL_BINS,
            hidden_channels=32,
            upsample_kernel_sizes=[16, 15, 8, 4, 4],
            upsample_factors=[6, 5, 2, 2, 2],
            resnet_kernel_sizes=[3],
            resnet_dilations=[[1, 3, 5]],
        )
    )


def _connectors(newer: bool) -> LTX2TextConnectors:
    return lively(
        LTX2TextConnectors(
            caption_channels=WIDTH,
            text_proj_in_factor=LAYERS + 1,
            video_connector_num_attention_heads=2,
            video_connector_attention_head_dim=WIDTH // 2,
            video_connector_num_layers=1,
            video_connector_num_learnable_registers=32,
            audio_connector_num_attention_heads=2,
            audio_connector_attention_head_dim=WIDTH // (4 if newer else 2),
            audio_connector_num_layers=1,
            audio_connector_num_learnable_registers=32,
            rope_double_precision=False,
            video_gated_attn=newer,
            audio_gated_attn=newer,
            per_modality_projections=newer,
            video_hidden_dim=WIDTH,
            audio_hidden_dim=WIDTH // 2,
        )
    )


def _gemma() -> Gemma3ForConditionalGeneration:
    config = Gemma3Config(
        text_config={
            "vocab_size": 512,
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 8,
        },
        vision_config={
            "hidden_size": 8,
            "intermediate_size": 8,
            "num_hidden_layers": 1,
            "num_attention_heads": 1,
            "image_size": 16,
            "patch_size": 8,
        },
        mm_tokens_per_image=4,
    )
    return lively(Gemma3ForConditionalGeneration(config))
