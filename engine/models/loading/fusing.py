"""Puts adapters on a network and takes them off again, exactly.

Where a weight is held as a plain number, all deltas are added up in float32 and rounded once, so
that sampling costs nothing more.  Taking off reads the touched weights anew from where they came:
nothing is subtracted, so nothing drifts.  Weights of 8 bits or fewer stay as they are, and their
layer adds the low-rank product to what it gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import InvalidInput
from engine.models.loading.adapters import Delta, LowRank

PLAIN: Final = (torch.float32, torch.bfloat16, torch.float16)
Weighted = tuple[LowRank, float]
Originals = Callable[[Sequence[str]], Mapping[str, Tensor]]
"""Gives weights by name as they were before anything was added."""


class Adapted:
    """What adapters have done to a network."""

    def __init__(self, network: nn.Module, originals: Originals) -> None:
        self._network = network
        self.originals = originals
        self._touched: set[str] = set()
        self._hooks: list[Any] = []

    def apply(self, adapters: Sequence[Weighted]) -> None:
        """Have exactly these adapters on; none takes all off.  Raises InvalidInput."""
        self._restore()
        wanted: dict[str, list[tuple[Delta, float]]] = defaultdict(list)
        for adapter, strength in adapters:
            for delta in adapter.deltas:
                wanted[delta.layer].append((delta, strength))
        for layer, deltas in wanted.items():
            module = self._network.get_submodule(layer)
            if _is_plain(module):
                self._fuse(layer, module, deltas)
            else:
                self._branch(layer, module, deltas)

    def _restore(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        if self._touched:
            for name, tensor in self.originals(sorted(self._touched)).items():
                _parameter(self._network, name).data.copy_(tensor)
        self._touched.clear()

    def _fuse(self, layer: str, module: nn.Module, deltas: Iterable[tuple[Delta, float]]) -> None:
        sums: dict[str, Tensor] = {}
        for delta, strength in deltas:
            for name, change in _changes(delta, module):
                if name not in sums:
                    sums[name] = _parameter(module, name).data.to(torch.float32)
                sums[name] = sums[name] + strength * change.to(sums[name].device)
        for name, total in sums.items():
            parameter = _parameter(module, name)
            parameter.data.copy_(total.to(parameter.dtype))
            self._touched.add(f"{layer}.{name}")

    def _branch(self, layer: str, module: nn.Module, deltas: Sequence[tuple[Delta, float]]) -> None:
        if any(delta.full is not None for delta, _ in deltas):
            raise InvalidInput(
                f"A LoRA changes all of '{layer}', which this model holds in 8 bits or fewer.",
                remedy="Load the model in bfloat16, or use a LoRA with low-rank weights only.",
            )
        self._hooks.append(module.register_forward_hook(_adding(deltas)))


def _is_plain(module: nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    return type(weight) is nn.Parameter and weight.dtype in PLAIN and weight.device.type != "meta"


def _changes(delta: Delta, module: nn.Module) -> Iterable[tuple[str, Tensor]]:
    weight = _parameter(module, "weight")
    if delta.up is not None and delta.down is not None:
        up, down = (t.to(weight.device, torch.float32).flatten(1) for t in (delta.up, delta.down))
        yield "weight", (delta.scale * (up @ down)).reshape(weight.shape)
    elif delta.full is not None:
        yield "weight", delta.full.to(weight.device, torch.float32)
    if delta.bias is not None and getattr(module, "bias", None) is not None:
        yield "bias", delta.bias.to(weight.device, torch.float32)


def _adding(
    deltas: Sequence[tuple[Delta, float]],
) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
    def add(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        x = inputs[0]
        for delta, strength in deltas:
            if delta.down is not None and delta.up is not None:
                down, up = (t.to(x.device, x.dtype) for t in (delta.down, delta.up))
                change = functional.linear(functional.linear(x, down), up)
                output = output + strength * delta.scale * change
            if delta.bias is not None:
                output = output + strength * delta.bias.to(x.device, x.dtype)
        return output

    return add


def _parameter(module: nn.Module, name: str) -> nn.Parameter:
    path, _, leaf = name.rpartition(".")
    found = getattr(module.get_submodule(path), leaf)
    assert isinstance(found, nn.Parameter)
    return found
