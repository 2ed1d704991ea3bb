"""Mochi 1 behind the Family protocol, as diffusers' MochiPipeline samples it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from engine.models.diffusion.family import (
    DiffusionFamily,
    Step,
    Tensors,
    guided,
    pipeline_of,
    together,
)
from engine.models.family import Capabilities, SampleRequest
from engine.models.loading.components import Components, Part, load_components
from engine.models.mochi.streaming import make_streaming, streamed
from engine.values import VideoModel

PARTS: Final = (
    Part("scheduler", ("FlowMatchEulerDiscreteScheduler",)),
    Part("vae", ("AutoencoderKLMochi",)),
    Part("text_encoder", ("T5EncoderModel",)),
    Part("tokenizer"),
    Part("transformer", ("MochiTransformer3DModel",)),
)
FIRST_NOISE: Final = 0.025
"""Where the schedule goes over from linear to quadratic."""


def load(handle: VideoModel, folder: Path, device: str) -> Mochi:
    """Load Mochi 1 from a diffusers folder.  Raises InvalidInput, InvalidWeights."""
    parts = load_components(handle, folder, PARTS, device=device)
    pipeline = pipeline_of("MochiPipeline", parts)
    # It has weights for an empty prompt's words, which are none.
    pipeline.register_to_config(
        force_zeros_for_empty_prompt=bool(parts.settings.get("force_zeros_for_empty_prompt"))
    )
    return Mochi(pipeline, parts, handle, device)


class Mochi(DiffusionFamily):
    """Mochi 1, ready to sample."""

    title = "Mochi 1"
    tiny_decoder = "taem1"

    def __init__(self, pipeline: Any, parts: Components, handle: VideoModel, device: str) -> None:
        super().__init__(pipeline, parts, handle, device)
        make_streaming(parts["vae"])

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            text=True,
            image=False,
            keyframes=False,
            audio=False,
            size_multiple=16,
            temporal_factor=6,
            spatial_factor=8,
            latent_channels=self.parts["transformer"].config.in_channels,
            width=848,
            height=480,
            frames=85,
            fps=Fraction(30),
            steps=64,
            guidance=4.5,
            shift=1.0,
            max_pixels=848 * 480,
        )

    def encoded(self, text: str) -> Tensors:
        words, mask, _, _ = self.pipeline.encode_prompt(
            text, do_classifier_free_guidance=False, device=self.device
        )
        return {"words": words[0], "mask": mask[0]}

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        latent = self.pipeline.prepare_latents(
            1,
            self.capabilities.latent_channels,
            request.height,
            request.width,
            request.frames,
            request.positive.tensors["words"].dtype,
            self.device,
            generator,
        )
        return {"latent": latent}

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        upstream: Any = import_module("diffusers.pipelines.mochi.pipeline_mochi")
        sigmas = np.array(upstream.linear_quadratic_schedule(request.steps, FIRST_NOISE))
        scheduler.set_timesteps(sigmas=sigmas, device=self.device)
        scheduler.set_begin_index(0)

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        latent, prompts = step.tensors["latent"], self.prompts(request)
        prediction = self.pipeline.transformer(
            hidden_states=torch.cat([latent] * len(prompts)),
            encoder_hidden_states=together(prompts, "words"),
            timestep=step.timestep.expand(len(prompts)).to(latent.dtype),
            encoder_attention_mask=together(prompts, "mask"),
            return_dict=False,
        )[0]
        steered = guided(prediction.float(), request.guidance)
        return {"latent": step.solved(steered, latent.float()).to(latent.dtype)}

    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        mean, spread = self._statistics(latent_BCTHW)
        scale = self.parts["vae"].config.scaling_factor
        return streamed(self.parts["vae"], latent_BCTHW * spread / scale + mean)

    def encoded_video(self, video_BCTHW: Tensor) -> Tensor:
        latent: Tensor = self.parts["vae"].encode(video_BCTHW).latent_dist.mode()
        mean, spread = self._statistics(latent)
        scale: float = self.parts["vae"].config.scaling_factor
        return (latent - mean) * scale / spread

    def _statistics(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and spread of each channel of the VAE's latents."""
        config = self.parts["vae"].config
        mean, spread = (
            torch.tensor(values).view(1, -1, 1, 1, 1).to(like)
            for values in (config.latents_mean, config.latents_std)
        )
        return mean, spread
