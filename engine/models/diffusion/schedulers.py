"""The solvers that a flow-matching model can be sampled with, by name, from its own settings."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from engine.errors import InvalidInput
from engine.models.family import Solver

FLOW: Final[Mapping[str, Any]] = {"prediction_type": "flow_prediction", "use_flow_sigmas": True}


class Recipe(NamedTuple):
    """A scheduler's class in diffusers, and what makes it the solver of that name."""

    kind: str
    settings: Mapping[str, Any]


RECIPES: Final[Mapping[Solver, Recipe]] = {
    "euler": Recipe("FlowMatchEulerDiscreteScheduler", {}),
    "unipc": Recipe("UniPCMultistepScheduler", FLOW),
    "dpm++": Recipe("DPMSolverMultistepScheduler", FLOW),
    "dpm++ sde": Recipe(
        "DPMSolverMultistepScheduler", {**FLOW, "algorithm_type": "sde-dpmsolver++"}
    ),
    "deis": Recipe("DEISMultistepScheduler", FLOW),
    "lcm": Recipe("FlowMatchLCMScheduler", {}),
}
FLOW_SOLVERS: Final[tuple[Solver, ...]] = ("auto", *RECIPES)
COGVIDEOX: Final[Mapping[Solver, Recipe]] = {
    "ddim": Recipe("CogVideoXDDIMScheduler", {}),
    "dpm++ sde": Recipe("CogVideoXDPMScheduler", {}),
}
"""CogVideoX does not predict flow, and has solvers of its own."""


def set_flow_steps(scheduler: Any, steps: int, device: str) -> None:
    """Evenly from noise to data before the shift, as far as a scheduler lets itself be told."""
    if "sigmas" in inspect.signature(scheduler.set_timesteps).parameters:
        sigmas = np.linspace(1.0, 0.0, steps + 1)[:-1]
        scheduler.set_timesteps(sigmas=sigmas, device=device)
    else:
        scheduler.set_timesteps(steps, device=device)


def scheduler_for(
    own: Any, solver: Solver, shift: float | None, recipes: Mapping[Solver, Recipe] = RECIPES
) -> Any:
    """A scheduler for a solver with the noise levels of the model's own one, or with another shift.

    Raises InvalidInput for a shift that the model's own schedule does not have.
    """
    import diffusers

    if solver == "auto" and shift is None:
        return own
    recipe = Recipe(type(own).__name__, {}) if solver == "auto" else recipes[solver]
    kind = getattr(diffusers, recipe.kind)
    taken = inspect.signature(kind.__init__).parameters
    settings = {name: value for name, value in own.config.items() if name in taken}
    name = "shift" if "shift" in taken else "flow_shift"
    if shift is not None and name not in taken:
        raise InvalidInput(
            f"The schedule of this model, {recipe.kind}, has no shift.", remedy="Leave it at 0."
        )
    own_shift = own.config.get("flow_shift", own.config.get("shift"))
    wanted = own_shift if shift is None else shift
    if wanted is not None:
        settings[name] = wanted
    return kind.from_config({**settings, **recipe.settings})
