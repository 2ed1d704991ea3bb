"""Latte behind the Family protocol, as diffusers' LattePipeline samples it (arXiv:2401.03048)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.diffusion.family import DiffusionFamily, Step, Tensors, guided, pipeline_of
from engine.models.diffusion.pictures import check_size
from engine.models.diffusion.schedulers import Recipe
from engine.models.family import Capabilities, SampleRequest, Solver
from engine.models.loading.components import Part, load_components
from engine.values import VideoModel

PARTS: Final = (
    Part("scheduler", ("DDIMScheduler",)),
    Part("vae", ("AutoencoderKL",)),
    Part("text_encoder", ("T5EncoderModel",)),
    Part("tokenizer"),
    Part("transformer", ("LatteTransformer3DModel",)),
)
SOLVERS: Final[Mapping[Solver, Recipe]] = {
    "ddim": Recipe("DDIMScheduler", {}),
    "dpm++": Recipe("DPMSolverMultistepScheduler", {}),
}
WORDS: Final = 120
PICTURES: Final = 14
"""Frames that are decoded at once: its VAE knows no time between them."""


def load(handle: VideoModel, folder: Path, device: str) -> Latte:
    """Load Latte from a diffusers folder.  Raises InvalidInput, InvalidWeights."""
    parts = load_components(handle, folder, PARTS, device=device)
    return Latte(pipeline_of("LattePipeline", parts), parts, handle, device)


class Latte(DiffusionFamily):
    """Latte, ready to sample; latents are of one frame each."""

    title = "Latte"
    solvers = ("auto", *SOLVERS)
    recipes = SOLVERS

    @property
    def capabilities(self) -> Capabilities:
        likes = self.parts["transformer"].config
        return Capabilities(
            text=True,
            image=False,
            keyframes=False,
            audio=False,
            size_multiple=16,
            temporal_factor=1,
            spatial_factor=8,
            latent_channels=likes.in_channels,
            width=likes.sample_size * 8,
            height=likes.sample_size * 8,
            frames=likes.video_length,
            fps=Fraction(8),
            steps=50,
            guidance=7.5,
            shift=1.0,
            max_pixels=512 * 512,
            group=0,
        )

    def check_shape(self, width: int, height: int, frames: int) -> None:
        check_size(self.title, width, height, self.capabilities.size_multiple)
        if frames != self.capabilities.frames:
            wanted = f"It makes {self.capabilities.frames} only."
            raise InvalidInput(f"{self.title} cannot make {frames} frames.", remedy=wanted)

    def encoded(self, text: str) -> Tensors:
        words, _ = self.pipeline.encode_prompt(text, False, device=self.device, mask_feature=False)
        told = self.pipeline._text_preprocessing(text)
        read = self.pipeline.tokenizer(told, max_length=WORDS, truncation=True).input_ids
        return {"words": words[0], "count": torch.tensor(len(read[0]))}

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        channels, words = self.capabilities.latent_channels, request.positive.tensors["words"]
        size = request.frames, request.height, request.width
        drawn = words.dtype, self.device, generator
        return {"latent": self.pipeline.prepare_latents(1, channels, *size, *drawn)}

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        scheduler.set_timesteps(request.steps, device=self.device)

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        latent, prompts = step.tensors["latent"], self.prompts(request)
        read = int(prompts[-1]["count"])  # what to steer away from is cut to what to follow
        prediction = self.pipeline.transformer(
            hidden_states=torch.cat([latent] * len(prompts)),
            encoder_hidden_states=torch.stack([prompt["words"][:read] for prompt in prompts]),
            timestep=step.timestep.expand(len(prompts)),
            return_dict=False,
        )[0]
        noise, _ = guided(prediction, request.guidance).chunk(2, dim=1)  # and its variance
        return {"latent": step.solved(noise, latent)}

    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        vae, at_once = self.parts["vae"], 1 if self.decoding_bytes else PICTURES
        for pictures_TCHW in latent_BCTHW[0].transpose(0, 1).split(at_once):
            made_TCHW = vae.decode(1 / vae.config.scaling_factor * pictures_TCHW).sample.float()
            yield made_TCHW.transpose(0, 1)[None]

    def encoded_video(self, video_BCTHW: Tensor) -> Tensor:
        return super().encoded_video(video_BCTHW[0].transpose(0, 1)).transpose(0, 1)[None]
