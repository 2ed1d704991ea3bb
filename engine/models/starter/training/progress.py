"""Saving and resuming a training run: tensors as safetensors, the rest as JSON, written beside and
renamed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, object]) -> None:
    """Write a safetensors file whose JSON metadata travels in its header; never leaves a half-
    written file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".partial")
    contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, str(beside), metadata={"state": json.dumps(metadata)})
    beside.chmod(0o644)
    os.replace(beside, path)


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `save_tensors` wrote."""
    from safetensors import safe_open

    with safe_open(str(path), "pt") as file:
        header = file.metadata() or {}
    # safetensors hands out unaligned memory; aligned copies make CPU kernels round the same every
    # time.
    return {name: tensor.clone() for name, tensor in load_file(str(path)).items()}, json.loads(
        header["state"]
    )


def optimizer_tensors(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, Tensor]:
    """The optimizer's state as named tensors, in the order of its parameters."""
    named: dict[str, Tensor] = {}
    for index, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            if isinstance(value, Tensor):
                named[f"{prefix}.{index}.{key}"] = value
    return named


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], prefix: str
) -> None:
    """The inverse of `optimizer_tensors`."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(prefix + "."):
            index, key = name[len(prefix) + 1 :].split(".", 1)
            state.setdefault(int(index), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


class MovingAverage:
    """An exponential moving average of a module's parameters, warmed up so that early steps are
    forgotten.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.tensors = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        pairs = [(self.tensors[name], value) for name, value in module.state_dict().items()]
        torch._foreach_lerp_(
            [mine for mine, _ in pairs], [theirs for _, theirs in pairs], 1 - decay
        )
