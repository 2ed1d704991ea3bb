"""Networks whose weights are drawn, not read: for benchmarks, which need none that were learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.models.loading.modules import is_diffusers, precision_rule
from engine.models.loading.narrowing import narrow_in_place
from engine.models.loading.precision import Precision
from engine.models.loading.tensors import DtypeOf, StoredTensor

MARK: Final = "weights-are-drawn"
"""The file that stands in a component's folder in place of its weights."""

SPREAD: Final = 0.02


def is_drawn(folder: Path) -> bool:
    """Whether a component's weights are to be drawn."""
    return (folder / MARK).is_file()


def drawn_network(kind: Any, config: Any, precision: Precision, device: str) -> nn.Module:
    """A network of a class and settings, made without memory and filled on the device."""
    from accelerate import init_empty_weights

    with torch.random.fork_rng(devices=[]), init_empty_weights():
        network: nn.Module = kind.from_config(config) if is_diffusers(kind) else kind(config)
    if not is_diffusers(kind):
        network.tie_weights()  # type: ignore[operator]
    fill_drawn(network, _rule(kind, precision.wide), device)
    network.to(device).eval().requires_grad_(False)
    if precision.narrow is not None:
        narrow_in_place(network, precision.narrow)
    return network


def fill_drawn(network: nn.Module, dtype_of: DtypeOf, device: str) -> None:
    """Draw all weights; what is shared stays shared."""
    generator = torch.Generator(device).manual_seed(0)
    drawn: dict[int, nn.Parameter] = {}
    for module_name, module in network.named_modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            if id(weight) not in drawn:
                full = f"{module_name}.{name}"
                stored = StoredTensor(full, Path(), weight.dtype, tuple(weight.shape), 0, 0)
                made = _drawn(weight, name, dtype_of(stored), device, generator)
                drawn[id(weight)] = nn.Parameter(made, requires_grad=False)
            setattr(module, name, drawn[id(weight)])
        for name, constant in list(module.named_buffers(recurse=False)):
            if constant.is_meta:
                module.register_buffer(name, torch.zeros(constant.shape, device=device))


def _drawn(
    weight: Tensor, name: str, dtype: torch.dtype, device: str, generator: torch.Generator
) -> Tensor:
    """Matrices of small numbers; norms that change nothing."""
    made = torch.empty(weight.shape, dtype=dtype, device=device)
    if weight.ndim > 1:
        return made.normal_(0.0, SPREAD, generator=generator)
    return made.fill_(1.0 if name == "weight" else 0.0)


def _rule(kind: Any, dtype: torch.dtype) -> DtypeOf:
    return precision_rule(kind, dtype) if is_diffusers(kind) else (lambda stored: dtype)
