"""What all families have in common that diffusers' components make: a step of the caller's loop.

A family says how a request is prepared, how the denoiser predicts, and how a latent is decoded.
Here is the rest: generators, the scheduler's state, guidance, checkpoints, previews.  Everything a
step needs lies in the state's tensors, so that a restored one goes on bit for bit.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.abilities import checked_source, first_step, refuse_the_impossible
from engine.models.diffusion.parallel import across_ranks
from engine.models.diffusion.pictures import check_length, check_size, frames_of, pictures_of
from engine.models.diffusion.preview import Look, fitted_colours
from engine.models.diffusion.reading import Prompts, shows, work_on
from engine.models.diffusion.saved import (
    GENERATOR,
    HELD,
    SAMPLE,
    SCHEDULER,
    STEPS,
    check_saved,
    listed,
    told_of,
)
from engine.models.diffusion.scheduler_state import frozen, thawed
from engine.models.diffusion.schedulers import RECIPES, Recipe, scheduler_for
from engine.models.diffusion.tiles import decoding_budget
from engine.models.family import Capabilities, SampleRequest, SampleState, Solver
from engine.models.interruption import make_interruptible
from engine.models.loading.classes import find_class
from engine.models.loading.components import Components
from engine.models.memory.fitting import held_in, hold_as, settle_precision
from engine.models.memory.networks import parts_of, phase_of
from engine.models.memory.placed import Placed
from engine.models.memory.plan import Need, place
from engine.models.memory.settling import need_of, settle
from engine.models.residency import free_memory
from engine.models.speed.caches import REMEMBERED
from engine.models.speed.speeding import Speeding
from engine.values import Audio, Clip, Conditioning, Image, Latent, VideoModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Tensors = dict[str, Tensor]


@dataclass
class Step:
    """One step of sampling: what the state holds, and who draws noise and solves."""

    tensors: Mapping[str, Tensor]
    scheduler: Any
    generator: torch.Generator
    index: int

    @property
    def timestep(self) -> Tensor:
        timestep: Tensor = self.scheduler.timesteps[self.index]
        return timestep

    def solved(self, prediction: Tensor, sample: Tensor, **options: Any) -> Tensor:
        """The scheduler's next sample; noise is drawn from the request's own generator."""
        if "generator" in inspect.signature(self.scheduler.step).parameters:
            options["generator"] = self.generator
        made: Tensor = self.scheduler.step(
            prediction, self.timestep, sample, return_dict=False, **options
        )[0]
        return made


class DiffusionFamily(ABC):
    """Implements Family over a pipeline of diffusers, whose own loop is not used."""

    title: str
    """How sentences call it."""
    solvers: ClassVar[tuple[Solver, ...]] = ("auto",)
    """What it can be sampled with."""
    eyes: ClassVar[tuple[str, ...]] = ("vae", "image_encoder")
    """The networks that look at pictures."""
    recipes: ClassVar[Mapping[Solver, Recipe]] = RECIPES
    tiny_decoder: str = ""
    """The published weights of its tiny decoder, if it has one."""

    def __init__(self, pipeline: Any, parts: Components, handle: VideoModel, device: str) -> None:
        work_on(pipeline, device)
        self.pipeline = pipeline
        self.parts = parts
        self.device = device
        self.decoding_bytes: int | None = None
        self._handle = handle
        self.placed = Placed(parts.networks, device)
        self._prompts = Prompts()
        self.speeding = Speeding(self.title, self.placed)
        for name, network in parts.networks.items():
            if phase_of(name) == "sample":
                make_interruptible(network)
        self._alive: tuple[SampleState, Any, torch.Generator] | None = None
        self._schedulers: dict[tuple[Solver, float | None], Any] = {}

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities: ...

    @abstractmethod
    def encoded(self, text: str) -> Tensors:
        """A prompt's tensors, without the axis of the batch."""

    @abstractmethod
    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        """Everything that steps need: 'latent' to start from, and what stays as it is."""

    @abstractmethod
    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        """Set the scheduler's timesteps."""

    @abstractmethod
    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        """What one step changes: the new 'latent', at least."""

    @abstractmethod
    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        """Videos in [-1, 1] that follow each other; none is begun before it is asked for."""

    def latent_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """The video's latent [B, C, T, H, W] in a state, normalised as the denoiser sees it."""
        return tensors["latent"]

    def encoded_video(self, video_BCTHW: Tensor) -> Tensor:
        """The normalised latent of a video in [-1, 1]: scaled, where the family says no more."""
        vae = self.parts["vae"]
        scale: float = vae.config.scaling_factor
        latent: Tensor = vae.encode(video_BCTHW).latent_dist.mode()
        return latent * scale

    def decoded_whole(self, latent_BCTHW: Tensor) -> Tensor:
        """The video of a normalised latent, at once: `encoded_video` the other way round."""
        vae = self.parts["vae"]
        scaled = latent_BCTHW.to(vae.dtype) / vae.config.scaling_factor
        video: Tensor = vae.decode(scaled, return_dict=False)[0]
        return video

    def steers_away(self, request: SampleRequest) -> bool:
        """Whether there is a negative prompt to steer away from, if an empty one."""
        return request.guidance > 1

    def seeing(self, request: SampleRequest) -> tuple[str, ...]:
        """The networks that a sample needs before its first step."""
        return self.eyes if shows(request) else ()

    @property
    def decoding_budget(self) -> int:
        """Bytes that decoding may take; below what the whole takes, it is decoded in tiles."""
        return self.decoding_bytes or decoding_budget(self.device)

    @property
    def handle(self) -> VideoModel:
        return self._handle

    def adapt(self, handle: VideoModel) -> None:
        if handle.adapters != self._handle.adapters:
            self.parts = replace(self.parts, adapter_notes=self.parts.adapt(handle.adapters))
        self._handle, self._alive = handle, None

    @property
    def nbytes(self) -> int:
        return self.parts.nbytes

    def settle_memory(self, request: SampleRequest, begun: SampleState | None = None) -> str | None:
        """Choose where the parts lie for a piece of work, and say it, and what makes it faster.  On
        a CPU there is but one memory.  Raises InvalidInput that says what would fit.
        """
        free = free_memory(self.device) + self.placed.nbytes_here
        likes, narrowed = self.capabilities, self.speeding.decoding_bytes(self._handle.speed)
        need = partial(need_of, self.parts.networks, likes, request, request.frames, narrowed)
        said = [settle_precision(self._handle, self.parts, self.placed, need, free, begun)]
        if self.device != "cpu":
            said.append(settle(self.placed, self.title, likes, request, free, narrowed=narrowed))
        said += [self.speeding.sentence(self._handle.speed), self._look.complain()]
        return " ".join(filter(None, said)) or None

    def spare_memory(self) -> str | None:
        """Do the same with less memory from here on; says how, None where nothing is left to do."""
        need = Need(parts_of(self.parts.networks), {}, tiled=0)
        placement = place(need, need.weights, after=self.placed.way)
        if placement is None:
            return None
        self.placed.change(placement)
        if placement.way.tiled:
            self.decoding_bytes = 1
        return placement.way.name

    @torch.inference_mode()
    def encode_prompt(self, text: str) -> Conditioning:
        return Conditioning(
            text, self._prompts.tensors(text, self._read_prompt), notes=self.parts.notes
        )

    def _read_prompt(self, text: str) -> Tensors:
        with self.placed.phase("encode"):
            return self.encoded(text)

    @torch.inference_mode()
    def begin(self, request: SampleRequest) -> SampleState:
        self.check(request)
        generator = torch.Generator().manual_seed(request.seed)
        with self.placed.using(*self.seeing(request)):
            tensors = self.begun(request, generator)
        scheduler = self._scheduled(request, tensors)
        steps = len(scheduler.timesteps) - first_step(request)
        return self._state(request, 0, steps, tensors, scheduler, generator)

    def restore(self, request: SampleRequest, state: SampleState) -> SampleState:
        check_saved(self.title, request, state, self._scheduler(request))
        hold_as(state, self._handle, self.parts, self.placed)
        # What was read from a file lies anywhere; kernels round by how memory is aligned.
        tensors = {
            name: tensor.clone() if name == GENERATOR else tensor.to(self.device).clone()
            for name, tensor in state.tensors.items()
        }
        steps = state.scalars[STEPS]
        assert isinstance(steps, int)
        return SampleState(state.step, steps, tensors, dict(state.scalars))

    @torch.inference_mode()
    def step(self, request: SampleRequest, state: SampleState) -> SampleState:
        scheduler, generator = self._live(request, state)
        self._alive = None  # what fails on the way leaves them between two steps
        index = first_step(request) + state.step
        self.prompts(request)  # what is to be read is read before the denoiser comes
        self.speeding.turn(speed := self._handle.speed)
        cached = self.speeding.step(speed, request, state)
        with self.placed.phase("sample"), across_ranks(self.placed.networks), cached as kept:
            made = self.stepped(request, Step(state.tensors, scheduler, generator, index))
        lasting = {n: t for n, t in state.tensors.items() if not n.startswith(REMEMBERED)}
        changed = {name: t.contiguous() for name, t in {**made, **kept.tensors}.items()}
        tensors = {**lasting, **changed}
        after = self._state(request, state.step + 1, state.steps, tensors, scheduler, generator)
        after.scalars.update(kept.scalars)
        self._alive = (after, scheduler, generator)
        return after

    def _state(
        self,
        request: SampleRequest,
        index: int,
        steps: int,
        tensors: Tensors,
        scheduler: Any,
        generator: torch.Generator,
    ) -> SampleState:
        history, rest = frozen(scheduler)
        held = {**tensors, **history, GENERATOR: generator.get_state()}
        told = {SAMPLE: told_of(self.title, request), HELD: listed(held)}
        told |= held_in(self._handle, self.parts)
        return SampleState(index, steps, held, {SCHEDULER: rest, STEPS: steps, **told})

    def _live(self, request: SampleRequest, state: SampleState) -> tuple[Any, torch.Generator]:
        """The scheduler and the generator as a state has them; those that made it, if they last."""
        if self._alive is not None and self._alive[0] is state:
            return self._alive[1:]
        own = self._scheduler(request)
        scheduler = thawed(own, state.tensors, str(state.scalars[SCHEDULER]))
        generator = torch.Generator()
        generator.set_state(state.tensors[GENERATOR])
        return scheduler, generator

    def finish(self, request: SampleRequest, state: SampleState) -> Latent:
        return Latent(
            video_BCTHW=self.latent_of(state.tensors),
            model=self._handle,
            frames=request.frames,
            height=request.height,
            width=request.width,
            fps=request.fps,
            audio_BLD=state.tensors.get("audio") if request.audio else None,
        )

    @torch.inference_mode()
    def preview(self, state: SampleState) -> Image:
        return self._look.picture(self.latent_of(state.tensors), self._fitted)

    def decode(self, latent: Latent) -> Iterator[NDArray[np.uint8]]:
        as_asked, dtype = self.speeding.decoding(self._handle.speed)
        stream = self.decoded(latent.video_BCTHW.to(self.device, dtype))
        while True:
            with torch.inference_mode(), self.placed.phase("decode"), as_asked():
                video_BCTHW = next(stream, None)
            if video_BCTHW is None:
                return
            yield frames_of(video_BCTHW)

    def decode_audio(self, latent: Latent) -> Audio | None:
        """None: a family that makes sound says how."""
        return None

    @torch.inference_mode()
    def encode(self, clip: Clip) -> Latent:
        self.check_shape(clip.width, clip.height, clip.frames)
        video = self.pipeline.video_processor.preprocess_video(pictures_of(clip, clip.frames))
        with self.placed.phase("decode"):
            latent = self.encoded_video(video.to(self.device, self.parts["vae"].dtype))
        return Latent(latent, self._handle, clip.frames, clip.height, clip.width, clip.fps)

    def check(self, request: SampleRequest) -> None:
        """Raises InvalidInput for what the family cannot make."""
        self.speeding.check(self._handle.speed)
        refuse_the_impossible(self.title, self.capabilities, request)
        self.check_shape(request.width, request.height, request.frames)
        if request.solver not in self.solvers:
            raise InvalidInput(
                f"{self.title} cannot be sampled with '{request.solver}'.",
                remedy=f"Use one of: {', '.join(self.solvers)}.",
            )

    def begun_from(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        """The latent of the request's source, with as much noise as its first step expects."""
        pictures = pictures_of(checked_source(request), request.frames)
        video = self.pipeline.video_processor.preprocess_video(
            pictures, request.height, request.width
        )
        latent = self.encoded_video(video.to(self.device, self.parts["vae"].dtype))
        noise = randn_tensor(
            latent.shape, generator=generator, device=latent.device, dtype=latent.dtype
        )
        scheduler = self._scheduled(request, {})
        first = first_step(request)
        timestep = scheduler.timesteps[first : first + 1]
        if hasattr(scheduler, "add_noise"):
            return {"latent": scheduler.add_noise(latent, noise, timestep)}
        return {"latent": scheduler.scale_noise(latent, timestep, noise)}

    def check_shape(self, width: int, height: int, frames: int) -> None:
        likes = self.capabilities
        check_size(self.title, width, height, likes.size_multiple)
        check_length(self.title, frames, likes.length_step)

    def prompts(self, request: SampleRequest) -> list[Mapping[str, Tensor]]:
        """What to steer away from, where there is guidance, and what to follow."""
        if not self.steers_away(request):
            return [request.positive.tensors]
        return [(request.negative or self._unsaid).tensors, request.positive.tensors]

    def _scheduler(self, request: SampleRequest) -> Any:
        """The scheduler that a request asks for, as it is before it has a schedule."""
        key = (request.solver, request.shift)
        if key not in self._schedulers:
            self._schedulers[key] = scheduler_for(self.parts[SCHEDULER], *key, self.recipes)
        return self._schedulers[key]

    def _scheduled(self, request: SampleRequest, tensors: Tensors) -> Any:
        own = self._scheduler(request)
        scheduler = thawed(own, *frozen(own))
        self.schedule(scheduler, request, tensors)
        return scheduler

    @cached_property
    def _unsaid(self) -> Conditioning:
        return self.encode_prompt("")

    @cached_property
    def _look(self) -> Look:
        return Look(self.tiny_decoder, self.capabilities, self.device)

    def _fitted(self) -> Tensor:
        vae = self.parts["vae"]  # wherever it lies: for a look, nothing moves
        factor = self.capabilities.spatial_factor
        return fitted_colours(lambda v: self.encoded_video(v.to(vae.device, vae.dtype)), factor)


def pipeline_of(name: str, parts: Components) -> Any:
    """diffusers' own pipeline around what was loaded: it knows how its family is conditioned."""
    kind: Any = find_class(name, "diffusers", where="The family")
    return kind(**parts.parts)


def together(prompts: list[Mapping[str, Tensor]], name: str) -> Tensor:
    """One batch of what several prompts hold under a name."""
    return torch.stack([prompt[name] for prompt in prompts])


def guided(prediction: Tensor, guidance: float) -> Tensor:
    """Classifier-free guidance over a batch of one or two, the negative first."""
    if len(prediction) == 1:
        return prediction
    negative, positive = prediction.chunk(2)
    return negative + guidance * (positive - negative)
