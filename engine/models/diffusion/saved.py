"""What a kept state says of itself: one of another sample is refused before it is stepped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.abilities import first_step
from engine.models.diffusion.scheduler_state import thawed
from engine.models.family import SampleRequest, SampleState

GENERATOR: Final = "generator"
SCHEDULER: Final = "scheduler"
STEPS: Final = "steps"
SAMPLE: Final = "sample"
HELD: Final = "held"

Scalars = dict[str, int | float | str | list[float]]


def told_of(title: str, request: SampleRequest) -> str:
    """The sample that a state belongs to, as a sentence names it."""
    steps = request.steps - first_step(request)
    return (
        f"{title} at {request.width}x{request.height}, {request.frames} frames, {steps} steps "
        f"of the solver '{request.solver}'"
    )


def listed(tensors: Mapping[str, Tensor]) -> str:
    """Names, kinds and shapes of tensors as JSON."""
    return _listed(tuple((name, tensor.dtype, tensor.shape) for name, tensor in tensors.items()))


@lru_cache(maxsize=8)  # most steps of a sample hold the like
def _listed(held: tuple[tuple[str, torch.dtype, torch.Size], ...]) -> str:
    return json.dumps({name: [str(dtype), *shape] for name, dtype, shape in held}, sort_keys=True)


def check_saved(title: str, request: SampleRequest, state: SampleState, scheduler: Any) -> None:
    """Raises InvalidInput for a state that is of another sample, or not whole.

    `scheduler` is the one that the request asks for.
    """
    wanted, found = told_of(title, request), str(state.scalars.get(SAMPLE, "an older version"))
    if found != wanted:
        raise _refused(f"is of {found}, not of {wanted}")
    if listed(state.tensors) != state.scalars.get(HELD):
        raise _refused(f"has lost {_first_difference(state)}")
    if not _revives(request, state, scheduler):
        raise _refused("is damaged")


def _first_difference(state: SampleState) -> str:
    held = json.loads(listed(state.tensors))
    for name, kind in json.loads(str(state.scalars.get(HELD, "{}"))).items():
        if held.get(name) != kind:
            return f"'{name}'" if name not in held else f"the form of '{name}'"
    return "its list of tensors"


def _revives(request: SampleRequest, state: SampleState, scheduler: Any) -> bool:
    """Whether the generator and the scheduler can be had from what was kept, with its steps."""
    try:
        torch.Generator().set_state(state.tensors[GENERATOR])
        made = thawed(scheduler, state.tensors, str(state.scalars[SCHEDULER]))
        steps = len(made.timesteps) - first_step(request)
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError):
        return False
    return state.scalars.get(STEPS) == steps and 0 <= state.step <= steps


def _refused(why: str) -> InvalidInput:
    return InvalidInput(f"The checkpoint {why}.", remedy="Run again with --fresh.")
