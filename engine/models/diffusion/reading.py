"""What is read before a sample begins: prompts once, and pictures only where there are some."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from engine.models.family import SampleRequest

KEPT: Final = 256 << 20
"""Bytes of prompts that are remembered."""


class Prompts:
    """What the prompts that were read last became, so that no text encoder comes for them again."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._read: OrderedDict[str, dict[str, Tensor]] = OrderedDict()

    def tensors(self, text: str, read: Callable[[str], dict[str, Tensor]]) -> dict[str, Tensor]:
        """The prompt's tensors; `read` makes them where they are not known."""
        found = self._read.pop(text, None)
        self._read[text] = read(text) if found is None else found
        while len(self._read) > 1 and self._nbytes > self._kept:
            self._read.popitem(last=False)
        return dict(self._read[text])

    @property
    def _nbytes(self) -> int:
        return sum(t.nbytes for tensors in self._read.values() for t in tensors.values())


def shows(request: SampleRequest) -> bool:
    """Whether a request has pictures, clips or a latent to be looked at."""
    given = (request.keyframes, request.beginning, request.source, request.control, request.mask)
    return any(given) or request.watched is not None


def work_on(pipeline: Any, device: str) -> None:
    """Tell a pipeline where it works, which it would read off its parts: they may lie elsewhere."""
    kind, here = type(pipeline), torch.device(device)
    told = {"device": here, "_execution_device": here, "__module__": kind.__module__}
    pipeline.__class__ = type(kind.__name__, (kind,), told)
