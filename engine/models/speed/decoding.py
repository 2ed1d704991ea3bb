"""Decoding in bfloat16 by a VAE that is held more exactly: half the memory, near-lossless frames.

The weights are narrowed while some frames are decoded, and are afterwards what they were, to the
bit: what encodes pictures stays exact, and nothing is loaded anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Final

import torch
from torch import Tensor, nn

HALF: Final = torch.bfloat16


@contextmanager
def in_half(vae: nn.Module) -> Iterator[None]:
    """Inside, a VAE is as if it had been loaded in bfloat16; beside it lies what it is held in."""
    held = [(tensor, tensor.data) for tensor in _wide(vae)]
    try:
        for tensor, exact in held:
            tensor.data = exact.to(HALF)
        yield
    finally:
        for tensor, exact in held:
            tensor.data = exact


def half_bytes(vae: nn.Module) -> int:
    """What the narrowed weights take beside the others; 0 where nothing is to be narrowed."""
    return sum(tensor.numel() * HALF.itemsize for tensor in _wide(vae))


def _wide(vae: nn.Module) -> Iterator[Tensor]:
    exact = set(getattr(vae, "_keep_in_fp32_modules", None) or ())
    for name, tensor in chain(vae.named_parameters(), vae.named_buffers()):
        if tensor.dtype == torch.float32 and not exact & set(name.split(".")):
            yield tensor
