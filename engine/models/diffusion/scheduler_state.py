"""A scheduler's whole state as tensors and one line of JSON, so that a checkpoint can hold it.

Solvers of higher order keep a history beside their schedule, and stochastic ones more: the whole
`__dict__` but its settings is taken, whatever the class.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

PREFIX: Final = "scheduler."
SETTINGS: Final = "_internal_dict"


def frozen(scheduler: Any) -> tuple[dict[str, Tensor], str]:
    """The state's tensors, each under a name with our prefix, and the rest of it as JSON."""
    tensors: dict[str, Tensor] = {}
    state = {
        name: plain(value, f"{PREFIX}{name}", tensors)
        for name, value in vars(scheduler).items()
        if name != SETTINGS
    }
    return tensors, json.dumps(state)


def thawed(scheduler: Any, tensors: Mapping[str, Tensor], text: str) -> Any:
    """A scheduler with the settings of the given one and the state that was frozen."""
    made = copy.copy(scheduler)
    settings = vars(scheduler)[SETTINGS]
    state = {name: revived(value, tensors) for name, value in json.loads(text).items()}
    made.__dict__ = {SETTINGS: settings, **state}
    return made


def plain(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """A value as JSON; its tensors go into `tensors`, under names that begin with `name`."""
    if isinstance(value, Tensor):
        # A file holds each tensor for itself, so what is a part of another is copied.
        part = value.untyped_storage().nbytes() > value.nbytes
        tensors[name] = value.clone() if part else value
        return {"tensor": name}
    if isinstance(value, np.ndarray | np.generic):
        tensors[name] = torch.from_numpy(np.array(value))
        return {"array": name}
    if isinstance(value, list | tuple):
        items = [plain(item, f"{name}.{i}", tensors) for i, item in enumerate(value)]
        return {"list" if isinstance(value, list) else "tuple": items}
    if isinstance(value, dict):
        pairs = [[key, plain(item, f"{name}.{key}", tensors)] for key, item in value.items()]
        return {"dict": pairs}
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    return value


def revived(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """The value that `plain` made JSON of."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "array":
        return tensors[content].cpu().numpy()
    if kind == "dict":
        return {key: revived(item, tensors) for key, item in content}
    if kind == "dtype":
        return getattr(torch, content)
    items = [revived(item, tensors) for item in content]
    return items if kind == "list" else tuple(items)
