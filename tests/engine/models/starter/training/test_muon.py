"""Muon beside torch's own, and beside the singular vectors in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from engine.models.starter.training.muon import Muon, orthogonal

SHAPES = [(24, 96), (96, 24), (32, 32)]


def matrix(rows: int, columns: int, seed: int = 0) -> Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_vectors_stay_and_values_come_near_one(shape: tuple[int, int]) -> None:
    given = matrix(*shape).double()
    left, _, right = torch.linalg.svd(given, full_matrices=False)
    between = left.T @ orthogonal(given, torch.float64) @ right.T
    values = between.diagonal()
    assert (between - values.diag()).abs().max() < 1e-10
    assert values.min() > 0.6
    assert values.max() < 1.3


@pytest.mark.parametrize("shape", SHAPES)
def test_float32_and_bfloat16_give_what_float64_gives(shape: tuple[int, int]) -> None:
    given = matrix(*shape)
    exact = orthogonal(given.double(), torch.float64)
    assert (orthogonal(given, torch.float32) - exact).norm() / exact.norm() < 1e-4
    assert (orthogonal(given, torch.bfloat16) - exact).norm() / exact.norm() < 0.05


def test_a_matrix_of_nothing_stays_nothing() -> None:
    assert torch.equal(orthogonal(torch.zeros(3, 5), torch.float32), torch.zeros(3, 5))


@pytest.mark.parametrize("shape", SHAPES)
def test_it_goes_where_torch_s_own_goes(shape: tuple[int, int]) -> None:
    ours, theirs = (nn.Parameter(matrix(*shape)) for _ in range(2))
    start = ours.detach().clone()
    mine = Muon([ours], lr=0.02)
    other = torch.optim.Muon(
        [theirs], lr=0.02, weight_decay=0.0, momentum=0.95, adjust_lr_fn="match_rms_adamw"
    )
    for step in range(1, 9):
        for parameter, optimizer in ((ours, mine), (theirs, other)):
            parameter.grad = matrix(*shape, seed=step)
            optimizer.step()
    assert (ours - theirs).norm() / (theirs - start).norm() < 0.02
    kept, expected = (each.state_dict()["state"][0] for each in (mine, other))
    assert set(kept) == set(expected) == {"momentum_buffer"}
    assert torch.allclose(kept["momentum_buffer"], expected["momentum_buffer"], atol=1e-6)
