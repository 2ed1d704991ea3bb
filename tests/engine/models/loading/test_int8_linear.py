"""Products in 8 bits: exact in whole numbers, close to float32 in what comes out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from engine.models.loading import int8_linear
from engine.models.loading.int8_linear import (
    Int8Linear,
    compute_in_int8,
    exact_product,
    int8_product,
    rounded,
)
from engine.models.loading.scaled import narrowed


def whole(rows: int, columns: int, seed: int) -> Tensor:
    """The greatest numbers that there are, so that sums are the greatest."""
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(0, 2, (rows, columns), generator=generator) * 2 - 1
    return (127 * signs.abs() - torch.randint(0, 3, (rows, columns), generator=generator)).to(
        torch.int8
    )


@pytest.mark.parametrize("inputs", [8, 768, 1040, 1041, 4096])
def test_the_product_is_exact_either_way(inputs: int) -> None:
    x, w = whole(3, inputs, 0), whole(5, inputs, 1)
    exact = x.double() @ w.double().t()
    assert torch.equal(exact_product(x.float(), w), exact.float())
    assert torch.equal(torch._int_mm(x, w.t()).float(), exact.float())


@pytest.mark.parametrize("able", [True, False])
def test_what_the_device_has_decides_the_way_and_not_the_bits(
    able: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(int8_linear, "cpu_computes_int8", lambda: able)
    for module, name in ((torch, "_int_mm"), (int8_linear, "exact_product")):
        way = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda x, w, way=way, name=name: asked.append(name) or way(x, w)
        )
    x, w = whole(4, 64, 2), whole(6, 64, 3)
    assert torch.equal(int8_product(x.float(), w), (x.double() @ w.double().t()).float())
    assert asked == ["_int_mm" if able else "exact_product"]


def test_a_token_is_rounded_by_its_own_greatest_number() -> None:
    x = torch.tensor([[1.0, -2.0, 0.5], [100.0, 50.0, 0.1], [0.0, 0.0, 0.0]])
    found, scale = rounded(x)
    assert found.tolist() == [[64, -127, 32], [127, 64, 0], [0, 0, 0]]
    assert torch.allclose(scale[:2, 0], torch.tensor([2.0, 100.0]) / 127)


@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_is_its_definition(bias: bool) -> None:
    torch.manual_seed(0)
    layer = nn.Linear(48, 24, bias=bias)
    made = Int8Linear(layer, *narrowed(layer.weight.data, torch.int8))
    x = torch.randn(2, 5, 48)
    w_q, w_s = narrowed(layer.weight.data, torch.int8)
    x_q, x_s = rounded(x)
    expected = (x_q.double() * x_s.double()) @ (w_q.double() * w_s.double()).t()
    if bias:
        expected = expected + layer.bias.double()
    assert made(x).shape == (2, 5, 24)
    assert (made(x).double() - expected).abs().max() < 1e-5
    off = (made(x) - layer(x)).norm() / layer(x).norm()
    assert 1e-4 < off < 0.015


def test_half_precision_stays_half_precision() -> None:
    layer = nn.Linear(16, 8, dtype=torch.bfloat16)
    made = Int8Linear(layer, *narrowed(layer.weight.data, torch.int8))
    assert made(torch.randn(3, 16, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_only_what_lies_in_blocks_computes_in_8_bits() -> None:
    network = nn.Module()
    network.blocks = nn.ModuleList([nn.Sequential(nn.Linear(8, 8), nn.SiLU())])
    network.out = nn.Linear(8, 8)
    compute_in_int8(network.eval())
    assert isinstance(network.blocks[0][0], Int8Linear)
    assert not network.blocks[0][0].training
    assert network.blocks[0][0].weight.dtype is torch.int8
    assert type(network.out) is nn.Linear
