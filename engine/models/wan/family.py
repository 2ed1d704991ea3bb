"""Wan behind the Family protocol, as diffusers' Wan pipelines sample it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.diffusion.family import DiffusionFamily, Step, Tensors, guided
from engine.models.diffusion.schedulers import FLOW_SOLVERS, set_flow_steps
from engine.models.family import Capabilities, SampleRequest
from engine.models.loading.components import Components, Part, load_components
from engine.models.wan.conditions import BesideTheLatent, Condition, Guided, InItsPlace, Words, held
from engine.models.wan.streaming import bytes_to_stream, streamed, streamed_in_tiles
from engine.values import VideoModel

DENOISERS: Final = ("WanTransformer3DModel", "WanVACETransformer3DModel")
PARTS: Final = (
    Part("scheduler"),
    Part("vae", ("AutoencoderKLWan",), dtype="float32"),
    Part("text_encoder", ("UMT5EncoderModel",)),
    Part("tokenizer"),
    Part("transformer", DENOISERS, optional=True),
    Part("transformer_2", DENOISERS, optional=True),
    Part("image_encoder", ("CLIPVisionModel",), optional=True, dtype="float32"),
    Part("image_processor", optional=True),
)
WORDS: Final = 512
EVEN: Final = ("euler", "lcm")
"""Solvers that are told the noise levels that the others take by themselves, and that models of few
steps were taught: left alone, they spend their last step on almost no noise.
"""


def load(handle: VideoModel, folder: Path, device: str) -> Wan:
    """Load a Wan of any kind from a diffusers folder.  Raises InvalidInput, InvalidWeights."""
    from diffusers import WanImageToVideoPipeline, WanVACEPipeline

    parts = load_components(handle, folder, PARTS, device=device)
    denoiser = _denoiser(parts)
    named = {part.name: parts.get(part.name) for part in PARTS}
    expands = bool(parts.settings.get("expand_timesteps"))
    boundary = parts.settings.get("boundary_ratio")
    if type(denoiser).__name__ == "WanVACETransformer3DModel":
        named = {name: part for name, part in named.items() if not name.startswith("image_")}
        pipeline = WanVACEPipeline(**named, boundary_ratio=boundary)
    else:
        # It knows pictures and does without.
        pipeline = WanImageToVideoPipeline(
            **named, boundary_ratio=boundary, expand_timesteps=expands
        )
    return Wan(pipeline, parts, handle, device)


def _denoiser(parts: Components) -> Any:
    """The denoiser, or of two experts the first that is there.  Raises InvalidInput."""
    found = parts.get("transformer") or parts.get("transformer_2")
    if found is None:
        raise InvalidInput("This Wan model has no denoiser.", remedy="Fetch the model again.")
    return found


class Wan(DiffusionFamily):
    """A Wan model, ready to sample."""

    title = "Wan"
    solvers = FLOW_SOLVERS

    def __init__(self, pipeline: Any, parts: Components, handle: VideoModel, device: str) -> None:
        super().__init__(pipeline, parts, handle, device)
        self._denoiser = _denoiser(parts)
        self.condition = _condition(parts, self._denoiser)
        self.tiny_decoder = "taew2_2" if parts["vae"].config.patch_size else "taew2_1"

    @property
    def capabilities(self) -> Capabilities:
        vae = self.parts["vae"].config
        small = isinstance(self.condition, InItsPlace)
        settings = self.parts["scheduler"].config
        return Capabilities(
            text=True,
            image=not isinstance(self.condition, Words),
            keyframes=isinstance(self.condition, BesideTheLatent | Guided),
            audio=False,
            size_multiple=vae.scale_factor_spatial * self._denoiser.config.patch_size[1],
            temporal_factor=vae.scale_factor_temporal,
            spatial_factor=vae.scale_factor_spatial,
            latent_channels=vae.z_dim,
            width=1280 if small else 832,
            height=704 if small else 480,
            frames=121 if small else 81,
            fps=Fraction(24 if small else 16),
            steps=50,
            guidance=5.0,
            shift=settings.get("flow_shift", settings.get("shift", 1.0)),
            max_pixels=1280 * 720,
            video=isinstance(self.condition, Words),
            control=isinstance(self.condition, Guided),
        )

    def seeing(self, request: SampleRequest) -> tuple[str, ...]:
        """Where there is no guiding video, a grey one is looked at."""
        return self.eyes if isinstance(self.condition, Guided) else super().seeing(request)

    def check_shape(self, width: int, height: int, frames: int) -> None:
        likes, places = self.capabilities, self._denoiser.config.rope_max_seq_len
        side, length = places * likes.size_multiple, 1 + (places - 1) * likes.temporal_factor
        if max(width, height) > side:
            raise InvalidInput(
                f"This {self.title} cannot make {width}x{height} pixels.",
                remedy=f"Use at most {side} a side.",
            )
        if frames > length:
            raise InvalidInput(
                f"This {self.title} cannot make {frames} frames.",
                remedy=f"Use at most {length}, and go on from them in another sample.",
            )
        super().check_shape(width, height, frames)

    def encoded(self, text: str) -> Tensors:
        words, _ = self.pipeline.encode_prompt(
            text, do_classifier_free_guidance=False, max_sequence_length=WORDS
        )
        return {"words": words[0].to(self._denoiser.dtype)}

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        if request.source is not None:
            return self.begun_from(request, generator)
        return dict(self.condition.begun(self.pipeline, request, generator))

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        if request.solver in EVEN:
            set_flow_steps(scheduler, request.steps, self.device)
        else:
            scheduler.set_timesteps(request.steps, device=self.device)

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        denoiser, guidance = self._expert(request, step.timestep)
        latent = step.tensors["latent"]
        told = self.condition.told(dict(step.tensors), latent, step.timestep)
        prompts = self.prompts(request)
        dtype = prompts[-1]["words"].dtype  # the denoiser's, which is slow to say it
        for name in ("hidden_states", "control_hidden_states", "encoder_hidden_states_image"):
            if name in told:
                told[name] = told[name].to(dtype)
        # One after the other, as the pipelines do: kernels round a batch of two otherwise.
        predictions = [
            denoiser(**told, encoder_hidden_states=prompt["words"][None], return_dict=False)[0]
            for prompt in prompts
        ]
        prediction = guided(torch.cat(predictions), guidance)
        return {"latent": step.solved(prediction, latent)}

    def _expert(self, request: SampleRequest, timestep: Tensor) -> tuple[Any, float]:
        """Who denoises at a noise level, and with what guidance: Wan 2.2 has one for the layout and
        one for the detail.
        """
        first, second = self.parts.get("transformer"), self.parts.get("transformer_2")
        ratio = self.pipeline.config.boundary_ratio
        steps = self.parts["scheduler"].config.num_train_timesteps
        if second is None or ratio is None or (first is not None and timestep >= ratio * steps):
            return self._denoiser, request.guidance
        return second, request.second_guidance or request.guidance

    def latent_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        latent = held(dict(tensors), tensors["latent"])
        return latent[:, :, int(tensors["pictures"]) :] if "pictures" in tensors else latent

    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        vae = self.parts["vae"]
        mean, deviation = self._normal(latent_BCTHW.to(vae.dtype))
        latent = latent_BCTHW.to(vae.dtype) / (1.0 / deviation) + mean
        fits = bytes_to_stream(vae, latent) <= self.decoding_budget
        yield from (streamed if fits else streamed_in_tiles)(vae, latent)

    def encoded_video(self, video_BCTHW: Tensor) -> Tensor:
        latent = self.parts["vae"].encode(video_BCTHW).latent_dist.mode().float()
        mean, deviation = self._normal(latent)
        normalised: Tensor = (latent - mean) * (1.0 / deviation)
        return normalised

    def _normal(self, like: Tensor) -> tuple[Tensor, Tensor]:
        config = self.parts["vae"].config
        mean, deviation = (
            torch.tensor(values).view(1, -1, 1, 1, 1).to(like.device, like.dtype)
            for values in (config.latents_mean, config.latents_std)
        )
        return mean, deviation


def _condition(parts: Components, denoiser: Any) -> Condition:
    if type(denoiser).__name__ == "WanVACETransformer3DModel":
        return Guided()
    if parts.settings.get("expand_timesteps"):
        return InItsPlace()
    if denoiser.config.in_channels > parts["vae"].config.z_dim:
        return BesideTheLatent()
    return Words()
