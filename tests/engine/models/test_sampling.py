"""Flow matching against closed forms and a float64 reference."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from engine.models.sampling import SOLVERS, euler, guided, heun, seeded_noise, shifted_sigmas


@pytest.mark.parametrize("shift", [1.0, 3.0, 7.5])
def test_sigmas_fall_from_one_to_zero(shift: float) -> None:
    sigmas = shifted_sigmas(20, shift)
    assert sigmas[0] == 1.0
    assert sigmas[-1] == 0.0
    assert all(a > b for a, b in pairwise(sigmas))


def test_a_shift_spends_more_steps_on_high_noise() -> None:
    assert shifted_sigmas(2, 3.0)[1] == pytest.approx(0.75)
    assert shifted_sigmas(2, 1.0)[1] == pytest.approx(0.5)


def test_euler_is_exact_on_a_straight_path() -> None:
    data, noise = torch.full((1, 1, 1, 1, 1), 2.0), torch.full((1, 1, 1, 1, 1), -3.0)
    latent = noise
    sigmas = shifted_sigmas(5, 3.0)
    for sigma, after in pairwise(sigmas):
        latent = euler(lambda x, s: noise - data, latent, sigma, after)
    assert torch.allclose(latent, data)


def _error(solver: str, steps: int) -> float:
    """Error at sigma 0 for dx/dsigma = x cos(sigma), whose solution is x0 exp(sin(sigma))."""
    latent = torch.full((1, 1, 1, 1, 1), math.exp(math.sin(1.0)), dtype=torch.float64)

    def velocity(x: Tensor, sigma: float) -> Tensor:
        return x * math.cos(sigma)

    sigmas = shifted_sigmas(steps, 1.0)
    for sigma, after in pairwise(sigmas):
        latent = SOLVERS[solver](velocity, latent, sigma, after)  # type: ignore[index]
    return abs(float(latent) - 1.0)


def test_halving_the_step_halves_eulers_error() -> None:
    assert _error("euler", 64) / _error("euler", 128) == pytest.approx(2.0, rel=0.1)


def test_halving_the_step_quarters_heuns_error() -> None:
    # The last step to sigma 0 is first order by design: its local error, too, falls fourfold.
    assert _error("heun", 64) / _error("heun", 128) == pytest.approx(4.0, rel=0.15)


def test_a_step_leaves_the_given_latent_alone() -> None:
    latent = torch.ones(1, 2, 1, 2, 2)
    for step in (euler, heun):
        step(lambda x, s: x * 2, latent, 1.0, 0.5)
        assert torch.equal(latent, torch.ones(1, 2, 1, 2, 2))


def test_guidance_of_one_is_the_conditional_prediction() -> None:
    conditional, unconditional = torch.tensor([3.0]), torch.tensor([1.0])
    assert guided(conditional, unconditional, 1.0).item() == 3.0
    assert guided(conditional, unconditional, 2.0).item() == 5.0


def test_a_seed_always_means_the_same_noise() -> None:
    assert torch.equal(seeded_noise((4, 4), 7), seeded_noise((4, 4), 7))
    assert not torch.equal(seeded_noise((4, 4), 7), seeded_noise((4, 4), 8))
