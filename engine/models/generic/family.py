"""Any video pipeline of diffusers behind the Family protocol, run as it is, step by step.

What only a family of its own can do is left out: other solvers, pictures past the first frame,
sound, and decoding as a stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from inspect import Parameter, signature
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.diffusion.family import DiffusionFamily, Step, Tensors
from engine.models.diffusion.pictures import first_picture
from engine.models.diffusion.scheduler_state import frozen, thawed
from engine.models.diffusion.tiles import ALIVE
from engine.models.family import Capabilities, SampleRequest, SampleState
from engine.models.generic import calls
from engine.models.generic.calls import call_of, reason_against
from engine.models.generic.remembered import Remembered
from engine.models.generic.replay import Replay, Solver, answer_for, own_randomness, put
from engine.models.loading.classes import find_class
from engine.models.loading.components import Components, Part, load_components
from engine.models.loading.layout import read_layout
from engine.models.memory.networks import phase_of
from engine.values import Conditioning, Image, Latent, VideoModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPATIAL: Final = ("vae_scale_factor_spatial", "vae_spatial_compression_ratio", "vae_scale_factor")
TEMPORAL: Final = ("vae_scale_factor_temporal", "vae_temporal_compression_ratio")
CHANNELS: Final = ("latent_channels", "z_dim")
READERS: Final = ("encode_prompt", "encode_image")
"""What pipelines call to read what they are given."""
RGB: Final = 3
WIDEST: Final = 128
"""Channels of a decoder's widest layer for each pixel, as most have."""
SIDE: Final = 512
FRAMES: Final = 16
RATE: Final = 16
"""What is taken where a pipeline says nothing."""


def load(handle: VideoModel, folder: Path, device: str) -> Generic:
    """Load a pipeline from a diffusers folder.

    Raises InvalidInput for a pipeline whose steps cannot be owned, InvalidWeights.
    """
    layout = read_layout(folder)
    if reason := reason_against(layout.pipeline):
        raise _unowned(layout.pipeline, reason)
    kind: Any = find_class(layout.pipeline, "diffusers", where=f"'{folder}'")
    parts = load_components(handle, folder, [Part(n) for n in layout.components], device=device)
    pipeline = _pipeline(kind, parts)
    for name, network in parts.networks.items():
        if getattr(pipeline, name) is not network:
            raise _unowned(layout.pipeline, f"it makes another '{name}' out of what it is given")
    if parts["vae"].config.get("timestep_conditioning"):
        raise _unowned(layout.pipeline, "its VAE takes noise while it decodes")
    return Generic(pipeline, parts, handle, device)


def _pipeline(kind: Any, parts: Components) -> Any:
    """A pipeline of what was loaded, without what may be absent.  Raises InvalidInput."""
    wanted = call_of(kind).components
    given = {**{n: value for n, value in parts.settings.items() if n in wanted}, **parts.parts}
    absent = [n for n, value in wanted.items() if value is Parameter.empty and n not in given]
    lacking = [name for name in absent if name not in kind._optional_components]
    if lacking:
        raise InvalidInput(
            f"The model has no component '{lacking[0]}', which {kind.__name__} needs.",
            remedy="Use a whole copy of it.",
        )
    try:
        return kind(**dict.fromkeys(absent), **given)
    except (ImportError, TypeError, ValueError) as error:
        raise _unowned(kind.__name__, f"it cannot be made ({_said(error)})") from error


def _unowned(pipeline: str, reason: str) -> InvalidInput:
    return InvalidInput(
        f"'{pipeline}' cannot be run: {reason}.",
        remedy="Use a model of a family that Reelwright has code for.",
    )


class Generic(DiffusionFamily):
    """A pipeline of diffusers, ready to sample.

    Its latents are what its VAE decodes; by the pictures that the VAE takes, [B, C, T, H, W].
    """

    def __init__(self, pipeline: Any, parts: Components, handle: VideoModel, device: str) -> None:
        self.title = type(pipeline).__name__
        super().__init__(pipeline, parts, handle, device)
        pipeline.set_progress_bar_config(disable=True)
        self._call = call_of(type(pipeline))
        self._denoiser = next(parts[name] for name in calls.DENOISERS if name in parts.networks)
        vae = parts["vae"]
        for name in READERS:
            if hasattr(pipeline, name):
                put(pipeline, name, partial(Remembered().answer, getattr(pipeline, name)))
        for name, network in parts.networks.items():
            if phase_of(name) == "encode":
                answer_for(network, Remembered().answer)
        put(vae, "encode", partial(Remembered().answer, vae.encode))
        self._replay = Replay(
            pipeline, {n: net for n, net in parts.networks.items() if phase_of(n) == "sample"}
        )
        self._read: SampleRequest | None = None

    @property
    def capabilities(self) -> Capabilities:
        frames = self._call.default(self._call.first(calls.LENGTHS))
        frames = frames or self._likes("sample_frames", self._temporal, FRAMES)
        return Capabilities(
            text=self._call.has(calls.PROMPT),
            image=self._call.has(calls.IMAGE),
            keyframes=False,
            audio=False,
            size_multiple=self._spatial * self._patch,
            temporal_factor=self._temporal,
            spatial_factor=self._spatial,
            latent_channels=next(
                self.parts["vae"].config[name]
                for name in CHANNELS
                if name in self.parts["vae"].config
            ),
            width=self._call.default("width") or self._likes("sample_width", self._spatial, SIDE),
            height=self._call.default("height")
            or self._likes("sample_height", self._spatial, SIDE),
            frames=frames - (frames - 1) % self._temporal,
            fps=Fraction(self._call.default(self._call.first(calls.RATES)) or RATE),
            steps=self._call.default(calls.STEPS) or 50,
            guidance=self._call.default(calls.GUIDANCE) or 1.0,
            shift=float(self.parts["scheduler"].config.get("shift") or 1.0),
            max_pixels=1280 * 720,
        )

    def check(self, request: SampleRequest) -> None:
        super().check(request)
        if self._call.needs(calls.IMAGE) or request.keyframes:
            first_picture(self.title, request)
        negative = request.negative is not None and request.negative.text
        if negative and not self._call.has(calls.NEGATIVE):
            raise InvalidInput(
                f"{self.title} cannot steer away from a prompt.", remedy="Disconnect 'negative'."
            )

    def encode_prompt(self, text: str) -> Conditioning:
        """The words as they are: the pipeline itself reads them when sampling begins."""
        told = (
            f"{self.title} is run as diffusers has it: with its own solver and guidance, without "
            "sound, without pictures past the first frame, and it is decoded whole.",
        )
        return Conditioning(text, {}, notes=(*told, *self.parts.notes))

    def encoded(self, text: str) -> Tensors:
        return {}

    def seeing(self, request: SampleRequest) -> tuple[str, ...]:
        """All that the pipeline may call ahead of its loop."""
        return tuple(name for name in self.parts.networks if phase_of(name) != "sample")

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        self._begin(request, self._unscheduled(request))
        self._read = request
        return {}

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        self._begin(request, scheduler)

    def prompts(self, request: SampleRequest) -> list[Mapping[str, Tensor]]:
        """None that steps are given: the pipeline has read them."""
        if self._read is not request:
            with self.placed.using(*self.seeing(request)):
                self.begun(request, torch.Generator())
        return []

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        solver = Solver(step.scheduler, step.generator)
        with own_randomness(request.seed, self.device):
            made, ended = self._replay.stepped(
                self._unscheduled(request), self._asked(request), step.index, step.tensors, solver
            )
        if ended != (step.index + 1 == len(step.scheduler.timesteps)):
            raise _unowned(self.title, "its loop is not over its scheduler's timesteps")
        if step.index == 0:
            self._refuse_what_cannot_be_kept(step.scheduler)
        return made

    @torch.inference_mode()
    def finish(self, request: SampleRequest, state: SampleState) -> Latent:
        self.prompts(request)
        return Latent(
            video_BCTHW=self._latent(request, state),
            model=self._handle,
            frames=request.frames,
            height=request.height,
            width=request.width,
            fps=request.fps,
        )

    @torch.inference_mode()
    def preview(self, state: SampleState) -> Image:
        """The middle frame, were the steps taken the only ones, in the colours of the VAE.

        Raises InvalidInput before the first step.
        """
        if self._read is None or not state.step:
            raise InvalidInput("There is nothing to show before the first step.")
        return self._look.picture(self._latent(self._read, state), self._fitted)

    def decode(self, latent: Latent) -> Iterator[NDArray[np.uint8]]:
        """The frames that were asked for: pipelines may make more, to fill a latent."""
        left = latent.frames
        for frames in super().decode(latent):
            yield frames[:left, : latent.height, : latent.width]
            left = max(left - len(frames), 0)

    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        vae = self.parts["vae"]
        if not self._flat:
            video = self._by_vae(vae.decode, latent_BCTHW, self.decoding_budget).sample
            yield video if video.shape[1] == RGB else video.transpose(1, 2)
            return
        timed = "num_frames" in signature(vae.forward).parameters
        frames_TCHW = latent_BCTHW[0].transpose(0, 1)
        for part in frames_TCHW.split(self._call.default(calls.CHUNK) or len(frames_TCHW)):
            told = {"num_frames": len(part)} if timed else {}
            video_TCHW = self._by_vae(vae.decode, part, self.decoding_budget, **told).sample
            yield video_TCHW.float().transpose(0, 1)[None]

    def encoded_video(self, video_BCTHW: Tensor) -> Tensor:
        encode = self.parts["vae"].encode
        if not self._flat:
            latent_BCTHW: Tensor = self._by_vae(encode, video_BCTHW).latent_dist.mode()
            return latent_BCTHW
        video_TCHW = video_BCTHW[0].transpose(0, 1)
        latent_TCHW: Tensor = self._by_vae(encode, video_TCHW).latent_dist.mode()
        return latent_TCHW.transpose(0, 1)[None]

    def _by_vae(
        self, work: Callable[..., Any], given: Tensor, budget: float = inf, **told: int
    ) -> Any:
        """What the VAE makes of a tensor: whole, in tiles where it takes more bytes than the budget
        or where the VAE has no other way.
        """
        vae = self.parts["vae"]
        pixels = given[:, 0].numel() * self._temporal * self._spatial**2
        tiles = pixels * WIDEST * ALIVE * vae.dtype.itemsize > budget
        can_tile = hasattr(vae, "use_tiling")
        if can_tile and tiles:
            vae.enable_tiling()
        try:
            return work(given, **told)
        except NotImplementedError:
            vae.enable_tiling()
            return work(given, **told)
        finally:
            if can_tile:
                vae.use_tiling = False  # as the pipeline has it where it encodes

    def _fitted(self) -> Tensor:
        """Grey where the VAE has no latent for a single picture."""
        try:
            return super()._fitted()
        except (NotImplementedError, RuntimeError):
            channels = self.capabilities.latent_channels
            return torch.cat([torch.full((channels, 3), channels**-0.5), torch.zeros(1, 3)])

    @property
    def _flat(self) -> bool:
        """Whether the VAE knows pictures only, and no time between them."""
        return all(weight.ndim < 5 for weight in self.parts["vae"].encoder.parameters())

    @property
    def _spatial(self) -> int:
        return self._told(SPATIAL, 8)

    @property
    def _temporal(self) -> int:
        return 1 if self._flat else self._told(TEMPORAL, 4)

    def _told(self, names: tuple[str, ...], otherwise: int) -> int:
        told = (getattr(self.pipeline, name, None) for name in names)
        return next((int(each) for each in told if each), otherwise)

    def _likes(self, name: str, times: int, otherwise: int) -> int:
        """A size that the denoiser was made for, in pixels or frames."""
        size = self._denoiser.config.get(name)
        return int(size) * times if isinstance(size, int) else otherwise

    @property
    def _patch(self) -> int:
        """Latent pixels a side that the denoiser takes as one."""
        likes = self._denoiser.config
        if "block_out_channels" in likes:
            return 1 << len(likes.block_out_channels) - 1
        patch = likes.get("patch_size") or 1
        return int(patch if isinstance(patch, int) else patch[-1])

    def _asked(self, request: SampleRequest) -> dict[str, Any]:
        """What the pipeline is called with."""
        has = self._call.has
        asked = {
            calls.PROMPT: request.positive.text,
            calls.GUIDANCE: request.guidance,
            "width": request.width,
            "height": request.height,
            calls.CHUNK: request.frames,
            calls.BINNING: False,
            calls.CLEANING: False,
        }
        if request.negative is not None:
            asked[calls.NEGATIVE] = request.negative.text
        if request.keyframes:
            asked[calls.IMAGE] = first_picture(self.title, request)
        if rate := self._call.first(calls.RATES):
            whole = request.fps.denominator == 1
            asked[rate] = int(request.fps) if whole else float(request.fps)
        return {
            **{name: value for name, value in asked.items() if has(name)},
            self._call.first(calls.LENGTHS): request.frames,
            calls.STEPS: request.steps,
            "generator": torch.Generator().manual_seed(request.seed),
            "output_type": "pt",
        }

    def _begin(self, request: SampleRequest, scheduler: Any) -> None:
        try:
            with own_randomness(request.seed, self.device):
                looped = self._replay.begun(scheduler, self._asked(request))
        except (ImportError, NotImplementedError, TypeError, ValueError) as error:
            raise InvalidInput(
                f"{self.title} cannot make this: {_said(error)}",
                remedy="Ask for something else, or choose a model of another family.",
            ) from error
        if not looped:
            raise _unowned(self.title, "its loop does not call its denoiser")

    def _refuse_what_cannot_be_kept(self, scheduler: Any) -> None:
        try:
            frozen(scheduler)
        except TypeError as error:
            kind = type(scheduler).__name__
            raise _unowned(self.title, f"a checkpoint cannot hold its {kind}") from error

    def _unscheduled(self, request: SampleRequest) -> Any:
        """A scheduler of its own for one call."""
        own = self._scheduler(request)
        return thawed(own, *frozen(own))

    def _latent(self, request: SampleRequest, state: SampleState) -> Tensor:
        """What the VAE decodes, [B, C, T, H, W]."""
        solver = Solver(*self._live(request, state))
        with own_randomness(request.seed, self.device):
            latent = self._replay.latent(
                self._unscheduled(request), self._asked(request), state.step, state.tensors, solver
            )
        if latent is None:
            raise _unowned(self.title, "it decodes by something else than its VAE")
        return latent[None].transpose(1, 2) if latent.ndim == 4 else latent


def _said(error: Exception) -> str:
    return f"{(str(error).strip() or type(error).__name__).splitlines()[0].rstrip('.')}."
