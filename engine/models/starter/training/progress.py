"""Saving and resuming a training run: tensors as safetensors, the rest as JSON, written beside and
renamed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
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


def named(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


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


class Course:
    """One network on its way: AdamW, a moving average, and a state that can be taken up again.

    `step` batches are done.
    """

    def __init__(self, path: Path, network: nn.Module, rate: float, decay: float) -> None:
        self.path, self.network, self.rate = path, network, rate
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.0
        )
        self.average = MovingAverage(network, decay)
        self.step = 0
        if path.exists():
            tensors, state = load_tensors(path)
            network.load_state_dict(named(tensors, "model."))
            self.average.tensors = named(tensors, "ema.")
            restore_optimizer(self.optimizer, tensors, "adam")
            self.step = int(state["step"])

    def save(self) -> None:
        """Everything needed to go on."""
        tensors = {f"model.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"ema.{name}": value for name, value in self.average.tensors.items()}
        tensors |= optimizer_tensors(self.optimizer, "adam")
        save_tensors(self.path, tensors, {"step": self.step})

    def learn(self, loss: Tensor, share: float) -> None:
        """A step down the loss, at `share` of the whole course: the rate rises over 100 steps,
        holds, and falls to nothing over the last 60 % of the course.
        """
        falling = min(1.0, max(0.02, (1 - share) / 0.6))
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * min(1.0, (self.step + 1) / 100) * falling
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.average.update(self.network, self.step)

    def run(
        self,
        steps: int,
        loss_of: Callable[[int], Tensor],
        save: Callable[[], str],
        every: float = 240.0,
    ) -> None:
        """Batch after batch until `steps` are done in all.

        `loss_of` is asked for the loss of a batch by its number, `save` to keep what is there every
        so many seconds; what it says is printed.
        """
        begun = last_saved = time.monotonic()
        losses: list[float] = []
        while self.step < steps:
            loss = loss_of(self.step)
            self.learn(loss, self.step / steps)
            losses.append(loss.item())
            now = time.monotonic()
            if self.step % 50 == 0:
                mean = sum(losses) / len(losses)
                print(f"step {self.step} seconds {now - begun:.0f} loss {mean:.4f}", flush=True)
                losses.clear()
            if now - last_saved > every:
                print(f"step {self.step} {save()}", flush=True)
                last_saved = time.monotonic()
        print(f"done step {self.step} {save()}", flush=True)
