"""CogVideoX behind the Family protocol, as diffusers' three pipelines sample it.

B clips (1), T latent frames, C channels, H rows, W columns: its denoiser has time before channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.abilities import checked_source, first_step
from engine.models.cogvideox.streaming import streamed
from engine.models.diffusion.family import (
    DiffusionFamily,
    Step,
    Tensors,
    guided,
    pipeline_of,
    together,
)
from engine.models.diffusion.pictures import check_size, first_picture, pictures_of
from engine.models.diffusion.schedulers import COGVIDEOX
from engine.models.family import Capabilities, SampleRequest
from engine.models.loading.components import Components, Part, load_components
from engine.values import VideoModel

PARTS: Final = (
    Part("tokenizer"),
    Part("text_encoder", ("T5EncoderModel",)),
    Part("vae", ("AutoencoderKLCogVideoX",)),
    Part("transformer", ("CogVideoXTransformer3DModel",)),
    Part("scheduler", ("CogVideoXDDIMScheduler", "CogVideoXDPMScheduler")),
)
GROUP: Final = 8
MOTION: Final = 2.0
"""What 1.5's image model is told of the first frame's offset; it was trained on this alone."""


def load(handle: VideoModel, folder: Path, device: str) -> CogVideoX:
    """Load CogVideoX from a diffusers folder.  Raises InvalidInput, InvalidWeights."""
    return CogVideoX(load_components(handle, folder, PARTS, device=device), handle, device)


class CogVideoX(DiffusionFamily):
    """CogVideoX 1.0 and 1.5, ready to sample."""

    title = "CogVideoX"
    tiny_decoder = "taecvx"
    solvers = ("auto", *COGVIDEOX)
    recipes = COGVIDEOX

    def __init__(self, parts: Components, handle: VideoModel, device: str) -> None:
        seen = parts["transformer"].config.in_channels
        self.takes_picture = seen == 2 * parts["vae"].config.latent_channels
        name = "CogVideoXImageToVideoPipeline" if self.takes_picture else "CogVideoXPipeline"
        super().__init__(pipeline_of(name, parts), parts, handle, device)
        self.restyling = pipeline_of("CogVideoXVideoToVideoPipeline", parts)
        self._places = lru_cache(maxsize=2)(self.pipeline._prepare_rotary_positional_embeddings)

    @property
    def _paired(self) -> int:
        """How many latent frames the denoiser takes as one: 2 in 1.5."""
        return self.parts["transformer"].config.patch_size_t or 1

    @property
    def capabilities(self) -> Capabilities:
        likes = self.parts["transformer"].config
        return Capabilities(
            text=True,
            image=self.takes_picture,
            keyframes=False,
            audio=False,
            size_multiple=16,
            temporal_factor=4,
            spatial_factor=8,
            latent_channels=likes.out_channels,
            width=likes.sample_width * 8,
            height=likes.sample_height * 8,
            frames=likes.sample_frames,
            fps=Fraction(16 if likes.patch_size_t else 8),
            steps=50,
            guidance=6.0,
            shift=1.0,
            max_pixels=1360 * 768,
            video=not self.takes_picture,
            group=2,
        )

    def check_shape(self, width: int, height: int, frames: int) -> None:
        """Two latent frames are decoded together, to 8 frames; the first alone to one, if any."""
        check_size(self.title, width, height, self.capabilities.size_multiple)
        self._check_length("make", frames, 1)

    def _check_length(self, what: str, frames: int, alone: int) -> None:
        """`alone` is 1 if a first frame may stand by itself, before groups of 8."""
        if frames % GROUP > alone:
            around = range(max(frames - GROUP, GROUP), frames + GROUP)
            near = min((n for n in around if n % GROUP <= alone), key=lambda n: abs(n - frames))
            raise InvalidInput(
                f"{self.title} cannot {what} {frames} frames.",
                remedy=f"Use a multiple of {GROUP}{', or one more' * alone}; {near} is near.",
            )

    def check(self, request: SampleRequest) -> None:
        super().check(request)
        likes = self.capabilities
        fixed = self.parts["transformer"].config.use_learned_positional_embeddings
        if fixed and (request.width, request.height) != (likes.width, likes.height):
            raise InvalidInput(
                f"This {self.title} cannot make {request.width}x{request.height} pixels.",
                remedy=f"It makes {likes.width}x{likes.height} only.",
            )

    def encoded(self, text: str) -> Tensors:
        length = self.parts["transformer"].config.max_text_seq_length
        words, _ = self.pipeline.encode_prompt(
            text,
            do_classifier_free_guidance=False,
            max_sequence_length=length,
            device=self.device,
        )
        return {"words": words[0]}

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        dtype = request.positive.tensors["words"].dtype
        size = request.height, request.width
        channels = self.capabilities.latent_channels
        if request.source is not None:
            return {"latent": self._restyled(request, generator, dtype)}
        # 1.5 pairs latent frames: what is missing to an even number is made and left out.
        padding = -(1 + (request.frames - 1) // 4) % self._paired
        frames = request.frames + 4 * padding
        more = {"padding": torch.tensor(padding)}
        if not self.takes_picture:
            latent = self.pipeline.prepare_latents(
                1, channels, frames, *size, dtype, self.device, generator
            )
            return {"latent": latent, **more}
        picture = first_picture(self.title, request)
        shown = self.pipeline.video_processor.preprocess(picture, *size).to(self.device, dtype)
        latent, first = self.pipeline.prepare_latents(
            shown, 1, channels, frames, *size, dtype, self.device, generator
        )
        return {"latent": latent, "first": first, **more}

    def _restyled(
        self, request: SampleRequest, generator: torch.Generator, dtype: torch.dtype
    ) -> Tensor:
        """The source with as much noise as the first step expects."""
        source = checked_source(request)
        if self._paired > 1:
            self._check_length("change", request.frames, 0)
        first = first_step(request)
        timestep = self._scheduled(request, {}).timesteps[first : first + 1]
        size = request.height, request.width
        video = self.restyling.video_processor.preprocess_video(
            pictures_of(source, request.frames), *size
        )
        latent: Tensor = self.restyling.prepare_latents(
            video.to(self.device, dtype),
            1,
            self.capabilities.latent_channels,
            *size,
            dtype,
            self.device,
            generator,
            timestep=timestep,
        )
        return latent

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        scheduler.set_timesteps(request.steps, device=self.device)

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        latent = step.tensors["latent"]
        prediction = self._predicted(request, step, latent)
        made: Tensors = {}
        if type(step.scheduler).__name__ == "CogVideoXDPMScheduler":
            # This one leaves its history to the caller.
            index = step.index
            before = step.scheduler.timesteps[index - 1] if "clean" in step.tensors else None
            solved, made["clean"] = step.scheduler.step(
                prediction,
                step.tensors.get("clean"),
                step.timestep,
                before,
                latent,
                generator=step.generator,
                return_dict=False,
            )
        else:
            solved = step.solved(prediction, latent)
        return {"latent": solved.to(latent.dtype), **made}

    def _predicted(self, request: SampleRequest, step: Step, latent_BTCHW: Tensor) -> Tensor:
        prompts = self.prompts(request)
        count = len(prompts)
        config = self.parts["transformer"].config
        seen = torch.cat([latent_BTCHW] * count)
        if "first" in step.tensors:
            seen = torch.cat([seen, torch.cat([step.tensors["first"]] * count)], dim=2)
        rotary = None
        if config.use_rotary_positional_embeddings:
            rotary = self._places(
                request.height, request.width, latent_BTCHW.shape[1], latent_BTCHW.device
            )
        told = {"ofs": latent_BTCHW.new_full((1,), MOTION)} if config.ofs_embed_dim else {}
        prediction = self.pipeline.transformer(
            hidden_states=seen,
            encoder_hidden_states=together(prompts, "words"),
            timestep=step.timestep.expand(count),
            image_rotary_emb=rotary,
            return_dict=False,
            **told,
        )[0]
        return guided(prediction.float(), request.guidance)

    def latent_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        padding = int(tensors["padding"]) if "padding" in tensors else 0
        return tensors["latent"][:, padding:].permute(0, 2, 1, 3, 4)

    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        scaled = 1 / self.pipeline.vae_scaling_factor_image * latent_BCTHW
        return streamed(self.parts["vae"], scaled)
