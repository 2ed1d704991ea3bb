"""Flow matching: schedules, solvers and guidance, as functions that the caller's loop uses.

Convention (Lipman et al. 2023, arXiv:2210.02747; Liu et al. 2022, arXiv:2209.03003):
sigma = 1 is noise and 0 is data, x_sigma = (1 - sigma) x_0 + sigma noise, and the model predicts
the velocity v = noise - x_0, so that a step of size d = sigma - sigma_next is x - d v.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.family import Solver


class VelocityField(Protocol):
    """The model as the solver sees it: the guided velocity at a latent, of any shape, and a noise
    level.
    """

    def __call__(self, latent: Tensor, sigma: float) -> Tensor: ...


class SolverStep(Protocol):
    """One step from `sigma` down to `sigma_next`; never writes to the latent it is given."""

    def __call__(
        self, velocity: VelocityField, latent: Tensor, sigma: float, sigma_next: float
    ) -> Tensor: ...


def shifted_sigmas(steps: int, shift: float) -> list[float]:
    """`steps + 1` noise levels from 1 to 0; a shift above 1 spends more of them on high noise.

    sigma = s u / (1 + (s - 1) u) for u falling linearly from 1 to 0 (Esser et al. 2024,
    arXiv:2403.03206, equation 23).  Plain floats: the same on every machine.
    """
    linear = [1 - index / steps for index in range(steps + 1)]
    return [shift * u / (1 + (shift - 1) * u) for u in linear]


def euler(velocity: VelocityField, latent: Tensor, sigma: float, sigma_next: float) -> Tensor:
    """First order: one evaluation a step."""
    return latent - velocity(latent, sigma) * (sigma - sigma_next)


def heun(velocity: VelocityField, latent: Tensor, sigma: float, sigma_next: float) -> Tensor:
    """Second order: two evaluations a step, but one for the last, where sigma_next is 0."""
    step = sigma - sigma_next
    first = velocity(latent, sigma)
    ahead = latent - first * step
    if sigma_next == 0:
        return ahead
    return latent - (first + velocity(ahead, sigma_next)) * (step / 2)


SOLVERS: Final[Mapping[Solver, SolverStep]] = {"auto": euler, "euler": euler, "heun": heun}


def solver_step(name: Solver) -> SolverStep:
    """The step of a solver.  Raises InvalidInput for one that is not here."""
    if name not in SOLVERS:
        raise InvalidInput(
            f"The solver '{name}' is not for this model.",
            remedy=f"Use one of: {', '.join(SOLVERS)}.",
        )
    return SOLVERS[name]


def guided(conditional: Tensor, unconditional: Tensor, guidance: float) -> Tensor:
    """Classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598); 1 is unguided."""
    return unconditional + guidance * (conditional - unconditional)


def seeded_noise(shape: tuple[int, ...], seed: int) -> Tensor:
    """Standard normal noise drawn on the CPU, so that a seed means the same on every device."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator)
