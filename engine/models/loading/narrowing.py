"""Makes the matrices of a network narrow, while it is read or later, and wide again.

A weight is narrowed from what would be computed with, so that a network is the same whichever way
it became narrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn

from engine.models.loading.fusing import Originals
from engine.models.loading.modules import fill
from engine.models.loading.scaled import (
    FP8,
    ScaledLinear,
    block_matrices,
    hold_linears,
    narrowed,
    put_layer,
    widened,
)
from engine.models.loading.tensors import THREADS, DtypeOf, named, numbered, recast


def fill_narrow(
    network: nn.Module,
    tensors: Mapping[str, Tensor],
    scales: Mapping[str, Tensor],
    dtype_of: DtypeOf,
    narrow: torch.dtype,
    where: str,
    device: str | torch.device,
) -> nn.Module:
    """Fill a network from tensors that lie in their files, narrowing one after the other.

    Nothing is wide in memory but the tensors that are at work.  What is in fp8 already stays so.
    Raises InvalidWeights where a weight is missing or of another shape.
    """
    matrices = {f"{path}.weight" for path, _ in block_matrices(network)}
    target = numbered(device)

    def made(name: str) -> tuple[str, Tensor, Tensor | None]:
        stored, scale = tensors[name], scales.get(name)
        if name in matrices and stored.dtype in FP8:
            return name, stored.to(target, copy=True), scale
        wide = stored.to(target)
        if scale is not None:
            wide = widened(wide, scale, torch.float32)
        if name in matrices:
            return name, *narrowed(wide, narrow, dtype_of(named(name, stored)))
        wide = recast(name, wide, dtype_of)
        # Out of the file, into aligned memory.
        return name, wide.clone() if wide.data_ptr() == stored.data_ptr() else wide, None

    with ThreadPoolExecutor(THREADS, thread_name_prefix="weights") as threads:
        found = list(threads.map(made, sorted(tensors, key=lambda n: tensors[n].data_ptr())))
    held = {name: tensor for name, tensor, _ in found}
    hold_linears(network, held, {name: scale for name, _, scale in found if scale is not None})
    return fill(network, held, where, target)


def narrow_in_place(network: nn.Module, dtype: torch.dtype) -> None:
    """Narrow the weights of a loaded network, one after the other; what is packed stays so."""
    for path, layer in list(block_matrices(network)):
        if type(layer.weight) is nn.Parameter and layer.weight.dtype.is_floating_point:
            put_layer(network, path, ScaledLinear(layer, *narrowed(layer.weight.data, dtype)))


def widen_in_place(network: nn.Module, originals: Originals) -> None:
    """Put wide weights, read anew, back into the layers that are in int8."""
    narrow = dict(_narrow_layers(network))
    for name, weight in originals([f"{path}.weight" for path in narrow]).items():
        path = name.removesuffix(".weight")
        held = narrow[path]
        layer = nn.Linear(held.in_features, held.out_features, device="meta")
        layer.weight = nn.Parameter(weight.to(held.weight.device), requires_grad=False)
        layer.register_parameter("bias", held.bias)
        put_layer(network, path, layer.train(held.training))


def is_narrow(network: nn.Module) -> bool:
    """Whether a network has layers in int8."""
    return any(True for _ in _narrow_layers(network))


def _narrow_layers(network: nn.Module) -> Iterator[tuple[str, ScaledLinear]]:
    """Whole numbers are made here alone: files bring fp8."""
    for path, layer in network.named_modules():
        if isinstance(layer, ScaledLinear) and layer.weight.dtype is torch.int8:
            yield path, layer


def narrow_bytes(network: nn.Module) -> int:
    """By how many bytes narrowing would make a network smaller."""
    return sum(
        layer.weight.nbytes - layer.weight.numel() - 4 * layer.out_features
        for _, layer in block_matrices(network)
        if layer.weight.dtype.is_floating_point
    )
