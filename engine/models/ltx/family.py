"""LTX-Video behind the Family protocol, as diffusers' LTXConditionPipeline samples it.

Latents are packed: B clips (1), S tokens, D channels.  Tokens of keyframes past the first frame
stand before those of the video, each with the place that it has in the video.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from engine.models.abilities import place_of
from engine.models.diffusion.family import (
    Step,
    Tensors,
    guided,
    pipeline_of,
    together,
)
from engine.models.diffusion.pictures import picture_of
from engine.models.family import Capabilities, SampleRequest
from engine.models.loading.components import Part, load_components
from engine.models.ltx.ground import LtxGround, gone_on_from
from engine.values import Clip, FrameCondition, VideoModel

PARTS: Final = (
    Part("scheduler", ("FlowMatchEulerDiscreteScheduler",)),
    Part("vae", ("AutoencoderKLLTXVideo",)),
    Part("text_encoder", ("T5EncoderModel",)),
    Part("tokenizer"),
    Part("transformer", ("LTXVideoTransformer3DModel",)),
)
WORDS: Final = 256
WORDS_OLDER: Final = 128
KEPT_NOISE: Final = 0.15
"""Noise on keyframes while sampling: a still picture held exactly would hold the motion too."""
NUM_TRAIN_TIMESTEPS: Final = 1000


def load(handle: VideoModel, folder: Path, device: str) -> Ltx:
    """Load LTX-Video from a diffusers folder.  Raises InvalidInput, InvalidWeights."""
    parts = load_components(handle, folder, PARTS, device=device)
    return Ltx(pipeline_of("LTXConditionPipeline", parts), parts, handle, device)


class Ltx(LtxGround):
    """LTX-Video, ready to sample."""

    title = "LTX-Video"
    # As diffusers' documentation advises for 0.9.1 and later.
    decoding_level = 0.05
    decoding_noise = 0.025

    @property
    def _older(self) -> bool:
        """Whether it is 0.9.1 or before, whose schedule goes by the size of the video."""
        return bool(self.parts["scheduler"].config.use_dynamic_shifting)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            text=True,
            image=True,
            keyframes=True,
            audio=False,
            size_multiple=32,
            temporal_factor=8,
            spatial_factor=32,
            latent_channels=self.parts["transformer"].config.in_channels,
            width=704,
            height=512,
            frames=161,
            fps=Fraction(25),
            steps=50,
            guidance=3.0,
            shift=self.parts["scheduler"].config.shift,
            max_pixels=1280 * 720,
            extension=True,
        )

    def encoded(self, text: str) -> Tensors:
        # The older pipeline reads the padding of a prompt too.
        reader = pipeline_of("LTXPipeline", self.parts) if self._older else self.pipeline
        words, mask, _, _ = reader.encode_prompt(
            text,
            do_classifier_free_guidance=False,
            max_sequence_length=WORDS_OLDER if self._older else WORDS,
            device=self.device,
        )
        return {"words": words[0], "mask": mask[0]}

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        videos, strengths, places = self._conditions(request)
        latent, kept, coordinates, extra = self.pipeline.prepare_latents(
            videos,
            strengths,
            places,
            num_channels_latents=self.capabilities.latent_channels,
            height=request.height,
            width=request.width,
            num_frames=request.frames,
            generator=generator,
            device=self.device,
            dtype=torch.float32,
        )
        coordinates = coordinates.float()
        if self._older:
            # They count a latent's frames from its last, newer ones from its first.
            coordinates[:, 0] += 7 * (coordinates[:, 0] > 0)
        coordinates[:, 0] = coordinates[:, 0] * (1.0 / float(request.fps))
        grid = [1 + (request.frames - 1) // 8, request.height // 32, request.width // 32]
        tensors = {
            "latent": latent, "coordinates": coordinates, "grid": torch.tensor([*grid, extra])
        }  # fmt: skip
        return tensors if kept is None else {**tensors, "kept": kept, "first": latent.clone()}

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        if self._older:
            frames, height, width, _ = tensors["grid"].tolist()
            self.schedule_by_size(scheduler, request, frames * height * width)
            return
        taught = self.handle.recommended.timesteps or ()
        if request.steps == len(taught):
            scheduler.set_timesteps(timesteps=list(taught), device=self.device)
            return
        upstream: Any = import_module("diffusers.pipelines.ltx.pipeline_ltx_condition")
        timesteps = upstream.linear_quadratic_schedule(request.steps) * NUM_TRAIN_TIMESTEPS
        scheduler.set_timesteps(timesteps=timesteps.numpy(), device=self.device)

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        latent, kept = step.tensors["latent"], step.tensors.get("kept")
        level = step.timestep / NUM_TRAIN_TIMESTEPS
        timesteps = step.timestep.expand(1).unsqueeze(-1).float()
        if kept is not None:
            latent = self.pipeline.add_noise_to_image_conditioning_latents(
                level, step.tensors["first"], latent, KEPT_NOISE, kept, step.generator
            )
            timesteps = torch.min(timesteps, (1 - kept) * float(NUM_TRAIN_TIMESTEPS))
        prediction = self._predicted(request, step, latent, timesteps)
        made = step.solved(-prediction, latent, per_token_timesteps=timesteps)
        if kept is not None:
            made = torch.where((level - 1e-6 < (1.0 - kept)).unsqueeze(-1), made, latent)
        return {"latent": made}

    def _predicted(
        self, request: SampleRequest, step: Step, latent: Tensor, timesteps: Tensor
    ) -> Tensor:
        prompts = self.prompts(request)
        words = together(prompts, "words")
        count = len(prompts)
        prediction = self.pipeline.transformer(
            hidden_states=torch.cat([latent] * count).to(words.dtype),
            encoder_hidden_states=words,
            timestep=torch.cat([timesteps] * count),
            encoder_attention_mask=together(prompts, "mask"),
            video_coords=torch.cat([step.tensors["coordinates"]] * count),
            return_dict=False,
        )[0]
        return guided(prediction, request.guidance)

    def latent_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        *grid, extra = tensors["grid"].tolist()
        unpacked: Tensor = self.pipeline._unpack_latents(tensors["latent"][:, extra:], *grid)
        return unpacked

    def _conditions(self, request: SampleRequest) -> tuple[list[Tensor], list[float], list[int]]:
        """Pictures as videos in [-1, 1], how much of each is kept, and at which frame."""
        given = [
            (self._picture(k, request), place_of(k, request.frames)) for k in request.keyframes
        ]
        if request.beginning is not None:
            given.append((self._beginning(request.beginning, request), 0))
        return [video for video, _ in given], [1.0] * len(given), [place for _, place in given]

    def _beginning(self, clip: Clip, request: SampleRequest) -> Tensor:
        video = self.pipeline.video_processor.preprocess_video(
            gone_on_from(clip, request), request.height, request.width
        )
        held: Tensor = video.to(self.device, self.parts["vae"].dtype)
        return held

    def _picture(self, keyframe: FrameCondition, request: SampleRequest) -> Tensor:
        picture = self.pipeline.video_processor.preprocess(
            picture_of(keyframe.image), request.height, request.width
        )
        held: Tensor = picture.unsqueeze(2).to(self.device, self.parts["vae"].dtype)
        return held
