"""How fast a model samples here: seconds of each stage, and what share of the device that is.

The share is MFU, model FLOPs utilisation (PaLM, arXiv:2204.02311, appendix B): the work of a step,
counted from the model's settings (engine/models/costs), over the step's time and over what a large
matrix product reaches on the same device, in the same precision, a moment before.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median
from typing import Any, Final

import torch
from torch import nn

from engine.models.costs.blueprint import blueprint
from engine.models.costs.denoisers import DENOISERS, passes
from engine.models.costs.sizes import Sizes
from engine.models.families import loader
from engine.models.family import Family, SampleRequest
from engine.models.interruption import interruptible
from engine.models.likes import likes_of, second_guidance_of
from engine.models.memory.networks import phase_of
from engine.models.memory.relief import Sparing, relieved
from engine.models.residency import Residency
from engine.values import FrameCondition, Image, Latent, VideoModel

PROMPT: Final = "a red ball moving slowly right"
LARGE: Final = {"cuda": 8192, "cpu": 1024}
"""Sides of the matrices whose product is the ceiling."""
CEILING_SECONDS: Final = 1.0
GREY: Final = 128

Clock = Callable[[], float]
Tell = Callable[[str, int, int], None]
"""Told what is being done, and how many of how many steps of it are."""


@dataclass(frozen=True)
class Trial:
    """What is sampled to see how long it takes; 0 is what the model likes best.

    `picture` gives it a first frame, which some models cannot do without.
    """

    width: int = 0
    height: int = 0
    frames: int = 0
    steps: int = 0
    guidance: float = 0.0
    prompt: str = PROMPT
    seed: int = 0
    picture: bool = False


@dataclass(frozen=True)
class Sampling:
    """What was sampled, and seconds of each stage up to the latent.

    `flops` are those of one step, None where they cannot be counted; `ceiling` FLOP/s of a large
    matrix product.
    """

    request: SampleRequest
    latent: Latent
    device: str
    precision: str
    load: float
    text: float
    begin: float
    steps: tuple[float, ...]
    flops: int | None
    ceiling: float
    notes: tuple[str, ...] = field(default=())

    @property
    def step(self) -> float:
        """The middle of the steps' times; the first, which warms up, is left out."""
        return median(self.steps[1:] or self.steps)

    @property
    def mfu(self) -> float | None:
        """Between 0 and 1, None where the work cannot be counted."""
        return None if self.flops is None else self.flops / self.step / self.ceiling


class Watch:
    """Seconds of what is done on a device, which goes on by itself until it is waited for."""

    def __init__(self, device: str, clock: Clock = time.perf_counter) -> None:
        self._cuda = device.startswith("cuda")
        self._clock = clock
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """What is done inside counts."""
        self._wait()
        begun = self._clock()
        yield
        self._wait()
        self.seconds += self._clock() - begun

    def lap(self) -> float:
        """The seconds so far; the next lap begins at 0."""
        seconds, self.seconds = self.seconds, 0.0
        return seconds

    def _wait(self) -> None:
        if self._cuda:
            torch.cuda.synchronize()


def sampled(
    models: Residency,
    handle: VideoModel,
    trial: Trial,
    *,
    tell: Tell,
    check: Callable[[], None] = lambda: None,
) -> Sampling:
    """Load the model, if it is not loaded, and sample once; `check` stops it by raising.

    Raises InvalidInput for what the model cannot make, or where memory is too small.
    """
    device = models.device
    loader(handle.family)  # imports are no part of loading
    forget_peak(device)
    watch = Watch(device)
    notes: list[str] = []
    tell("load", 0, 1)
    with watch.running():
        family = models.get(handle)
    load = watch.lap()
    tell("text", 0, 1)
    with watch.running():
        request = _request(family, trial)
    text = watch.lap()
    make_room = partial(relieved, models=models, handle=handle, tell=notes.append)
    with watch.running():
        if isinstance(family, Sparing) and (said := family.settle_memory(request)) is not None:
            notes.append(said)
        state = make_room(partial(family.begin, request))
    begin, steps = watch.lap(), []
    with _counted(family, request) as counted:
        while state.step < state.steps:
            tell("steps", state.step, state.steps)
            with watch.running(), interruptible(check):
                state = make_room(partial(family.step, request, state))
            steps.append(watch.lap())
    dtype = _dtype(family, handle)
    return Sampling(
        request=request,
        latent=family.finish(request, state),
        device=device,
        precision=str(dtype).removeprefix("torch."),
        load=load,
        text=text,
        begin=begin,
        steps=tuple(steps),
        flops=counted(),
        ceiling=matmul_ceiling(device, dtype),
        notes=tuple(notes),
    )


def matmul_ceiling(
    device: str, dtype: torch.dtype, seconds: float = CEILING_SECONDS, clock: Clock = time.monotonic
) -> float:
    """FLOP/s of a large matrix product: the best of those that are taken in some seconds."""
    side = LARGE["cuda" if device.startswith("cuda") else "cpu"]
    generator = torch.Generator(device).manual_seed(0)
    left, right = (
        torch.randn(side, side, device=device, dtype=dtype, generator=generator) for _ in range(2)
    )
    product = left @ right  # libraries warm up
    end, best = clock() + seconds, 0.0
    while True:
        watch = Watch(device)
        with watch.running():
            torch.matmul(left, right, out=product)
        best = max(best, 2 * side**3 / watch.lap())
        if clock() >= end:
            return best


def peak_memory(device: str) -> int:
    """Bytes that were held at most: on a GPU since `forget_peak`, else by this process ever."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def forget_peak(device: str) -> None:
    """Let `peak_memory` count from now, on a GPU."""
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)


def _request(family: Family, trial: Trial) -> SampleRequest:
    """Reads the prompt, and the one that is steered away from."""
    likes = likes_of(family.handle, family)
    guidance = trial.guidance or likes.guidance
    width, height = trial.width or likes.width, trial.height or likes.height
    steered = guidance > 1
    return SampleRequest(
        positive=family.encode_prompt(trial.prompt),
        negative=family.encode_prompt("") if steered else None,
        width=width,
        height=height,
        frames=trial.frames or likes.frames,
        fps=likes.fps,
        steps=trial.steps or likes.steps,
        guidance=guidance,
        seed=trial.seed,
        shift=family.handle.recommended.shift,
        second_guidance=second_guidance_of(family.handle, trial.guidance),
        keyframes=(_grey(width, height),) if trial.picture else (),
    )


def _grey(width: int, height: int) -> FrameCondition:
    import numpy as np

    return FrameCondition(Image(np.full((height, width, 3), GREY, dtype=np.uint8)), 0)


@contextmanager
def _counted(family: Family, request: SampleRequest) -> Iterator[Callable[[], int | None]]:
    """Count the work of the denoisers inside; answers that of one step.

    Each pass is counted for as many prompts as it is given at once.
    """
    likes = family.capabilities
    sizes = Sizes.of(
        request.frames,
        request.height,
        request.width,
        temporal=likes.temporal_factor,
        spatial=likes.spatial_factor,
        seconds=float(request.frames / request.fps),
    )
    networks = _denoisers(family)
    if not networks:
        yield partial(_of_blueprint, family, request, sizes)
        return
    seen: list[int | None] = []
    hooks = [
        network.register_forward_pre_hook(partial(_note, seen, sizes), with_kwargs=True)
        for network in networks
    ]
    try:
        yield lambda: _a_step(seen, request.steps)
    finally:
        for hook in hooks:
            hook.remove()


def _note(seen: list[int | None], sizes: Sizes, network: nn.Module, args: Any, told: Any) -> None:
    count = DENOISERS.get(type(network).__name__)
    config: Any = getattr(network, "config", {})
    batch = len(told.get("hidden_states", args[0] if args else ()))
    level, shown = told.get("timestep"), told.get("encoder_hidden_states_image")
    own = level is not None and level.numel() > batch
    given = replace(sizes, own_levels=own, seen=0 if shown is None else shown.shape[1])
    seen.append(None if count is None else batch * count(config, given).flops)


def _a_step(seen: list[int | None], steps: int) -> int | None:
    known = [each for each in seen if each is not None]
    return sum(known) // steps if known and len(known) == len(seen) else None


def _of_blueprint(family: Family, request: SampleRequest, sizes: Sizes) -> int | None:
    """The work of a step by what is known of the model itself."""
    denoiser = blueprint(family.handle.source).denoiser
    words = request.positive.tensors.get("words")
    count = 0 if words is None else len(words)
    network = denoiser.denoiser(replace(sizes, words=count))
    if network is None:
        return None
    return network.flops * passes(denoiser.kind, denoiser.config, request.guidance)


def _denoisers(family: Family) -> list[nn.Module]:
    networks = getattr(getattr(family, "parts", None), "networks", {})
    return [network for name, network in networks.items() if phase_of(name) == "sample"]


def _dtype(family: Family, handle: VideoModel) -> torch.dtype:
    """What the denoiser computes in."""
    for network in _denoisers(family):
        dtype: torch.dtype = getattr(network, "dtype", torch.float32)
        return dtype if dtype.itemsize > 1 else torch.bfloat16
    named: Any = getattr(torch, handle.precision, None)
    return named if isinstance(named, torch.dtype) else torch.float32
