"""The same work by diffusers' own pipeline, over the very networks that a model has loaded."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import torch

from engine.errors import InvalidInput
from engine.models.benchmarking import Sampling, Tell, Watch, forget_peak, peak_memory
from engine.models.diffusion.family import DiffusionFamily
from engine.models.diffusion.pictures import picture_of
from engine.models.family import Family
from engine.models.loading.classes import find_class
from engine.models.memory.plan import ALL_STAY

ALONE: Final = "Measure it alone."


@dataclass(frozen=True)
class Rival:
    """Seconds of diffusers' pipeline from the prompt to decoded frames, and of a step.

    `step` is None where the pipeline does not tell of its steps.
    """

    pipeline: str
    seconds: float
    step: float | None
    peak: int


def diffusers_itself(family: Family, ours: Sampling, tell: Tell) -> Rival:
    """Sample once more, with the pipeline that the model's folder names.

    Raises InvalidInput for a family that is not diffusers', and where the model does not lie on the
    device as a whole: its pipeline knows no other way.
    """
    if not isinstance(family, DiffusionFamily):
        raise InvalidInput("diffusers has no pipeline for this model.", remedy=ALONE)
    if family.placed.way != ALL_STAY:
        raise InvalidInput(
            f"diffusers' pipeline needs all of {family.title} on '{ours.device}', where it does "
            "not fit.",
            remedy=f"{ALONE.removesuffix('.')}, or make fewer frames.",
        )
    pipeline = _pipeline(family)
    with family.placed.using(*family.parts.networks):
        return _timed(pipeline, ours, tell)


def _pipeline(family: DiffusionFamily) -> Any:
    """The pipeline that the model was published for, with what of its parts it takes."""
    name = family.parts.pipeline
    kind: Any = find_class(name, "diffusers", where=f"'{family.handle.source}'")
    taken = inspect.signature(kind.__init__).parameters
    told = {**family.parts.settings, **family.parts.parts}
    pipeline = kind(**{name: told.get(name) for name, p in taken.items() if _wanted(p, told)})
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _wanted(parameter: inspect.Parameter, told: dict[str, Any]) -> bool:
    return parameter.name != "self" and (
        parameter.name in told or parameter.default is inspect.Parameter.empty
    )


def _timed(pipeline: Any, ours: Sampling, tell: Tell) -> Rival:
    laps = _Laps(ours.device, ours.request.steps, tell)
    call = _call(pipeline, ours, laps)
    forget_peak(ours.device)
    watch = Watch(ours.device)
    tell("diffusers", 0, ours.request.steps)
    with watch.running(), torch.inference_mode():
        pipeline(**call)
    name = type(pipeline).__name__
    return Rival(name, watch.seconds, laps.median, peak_memory(ours.device))


def _call(pipeline: Any, ours: Sampling, laps: _Laps) -> dict[str, Any]:
    """The request in the pipeline's own words, as far as it has them."""
    request = ours.request
    asked: dict[str, Any] = {
        "prompt": request.positive.text,
        "negative_prompt": "" if request.guidance > 1 else None,
        "width": request.width,
        "height": request.height,
        "num_frames": request.frames,
        "num_inference_steps": request.steps,
        "guidance_scale": request.guidance,
        "generator": torch.Generator().manual_seed(request.seed),
        "output_type": "np",
        "callback_on_step_end": laps,
    }
    if request.keyframes:
        asked["image"] = picture_of(request.keyframes[0].image)
    known = inspect.signature(pipeline.__call__).parameters
    return {name: value for name, value in asked.items() if name in known}


class _Laps:
    """The pipeline's callback: seconds from step to step; those of the first are not told."""

    def __init__(
        self, device: str, steps: int, tell: Tell, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._cuda = device.startswith("cuda")
        self._steps, self._tell, self._clock = steps, tell, clock
        self._ends: list[float] = []

    @property
    def median(self) -> float | None:
        laps = [end - begin for begin, end in zip(self._ends, self._ends[1:], strict=False)]
        return median(laps) if laps else None

    def __call__(self, pipeline: Any, index: int, timestep: Any, values: Any) -> Any:
        if self._cuda:
            torch.cuda.synchronize()
        self._ends.append(self._clock())
        self._tell("diffusers", index + 1, self._steps)
        return values
