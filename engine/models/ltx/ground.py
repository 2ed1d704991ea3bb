"""What LTX-Video and LTX-2 have in common: schedules by size, latents normalised by channel, and
clips that go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import numpy as np
import PIL.Image
import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.diffusion.family import DiffusionFamily
from engine.models.diffusion.pictures import pictures_of
from engine.models.diffusion.tiles import decoded_by_memory
from engine.models.family import SampleRequest
from engine.values import Clip

LEAST_STEPS: Final = 2


class LtxGround(DiffusionFamily):
    """The half of a family that is the same in both."""

    decoding_level: ClassVar[float] = 0.0
    """The noise level that a decoder is told, if it takes the last step of denoising itself."""
    decoding_noise: ClassVar[float] = 0.0
    """How much of what such a decoder is given is noise."""

    def schedule_by_size(self, scheduler: Any, request: SampleRequest, tokens: int) -> None:
        """The larger and longer the video, the more steps on high noise.

        Raises InvalidInput for one step: a schedule is stretched between its first and its last.
        """
        if request.steps < LEAST_STEPS and scheduler.config.shift_terminal:
            raise InvalidInput(
                f"{self.title} cannot be sampled in {request.steps} step.",
                remedy=f"Use {LEAST_STEPS} steps or more.",
            )
        least, most = scheduler.config.base_image_seq_len, scheduler.config.max_image_seq_len
        low, high = scheduler.config.base_shift, scheduler.config.max_shift
        slope = (high - low) / (most - least)
        shift = tokens * slope + (low - slope * least)
        sigmas = np.linspace(1.0, 1 / request.steps, request.steps)
        scheduler.set_timesteps(sigmas=sigmas, mu=shift, device=self.device)

    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        vae = self.parts["vae"]
        width = vae.config.decoder_block_out_channels[0] // vae.config.patch_size**2
        ready, budget = self._ready(latent_BCTHW), self.decoding_budget
        yield from decoded_by_memory(vae, self._shown, ready, width=width, budget=budget)

    def decoded_whole(self, latent_BCTHW: Tensor) -> Tensor:
        return self._shown(self._ready(latent_BCTHW))

    def in_range_of_vae(self, latent_BCTHW: Tensor) -> Tensor:
        """A normalised latent as the VAE made it."""
        vae = self.parts["vae"]
        latent: Tensor = self.pipeline._denormalize_latents(
            latent_BCTHW, vae.latents_mean, vae.latents_std, vae.config.scaling_factor
        )
        return latent.to(vae.dtype)

    def _ready(self, latent_BCTHW: Tensor) -> Tensor:
        """What is decoded: with a little noise, where the decoder takes the last step itself.

        The noise is always the same, so that a latent is always the same video, whole or in parts.
        """
        latent = self.in_range_of_vae(latent_BCTHW)
        if not self.parts["vae"].config.timestep_conditioning or not self.decoding_noise:
            return latent
        noise: Tensor = randn_tensor(
            latent.shape, torch.Generator().manual_seed(0), latent.device, latent.dtype
        )
        share = latent.new_tensor(self.decoding_noise)
        return (1 - share) * latent + share * noise

    def _shown(self, ready_BCTHW: Tensor) -> Tensor:
        vae = self.parts["vae"]
        knows_level = vae.config.timestep_conditioning
        level = ready_BCTHW.new_tensor([self.decoding_level]) if knows_level else None
        video: Tensor = vae.decode(ready_BCTHW, level, return_dict=False)[0]
        return video

    def encoded_video(self, video_BCTHW: Tensor) -> Tensor:
        vae = self.parts["vae"]
        latent = vae.encode(video_BCTHW).latent_dist.mode()
        normalised: Tensor = self.pipeline._normalize_latents(
            latent, vae.latents_mean, vae.latents_std
        )
        return normalised


def gone_on_from(clip: Clip, request: SampleRequest) -> list[PIL.Image.Image]:
    """As much of a clip as makes whole latents and leaves something to make.

    Raises InvalidInput for a clip that is as long as the video.
    """
    frames = 1 + (min(clip.frames, request.frames - 8) - 1) // 8 * 8
    if clip.frames >= request.frames or frames < 1:
        raise InvalidInput(
            f"A clip of {clip.frames} frames cannot go on in a video of {request.frames}.",
            remedy=f"Ask for more than {clip.frames} frames, or give a part of the clip.",
        )
    return pictures_of(clip, frames)
