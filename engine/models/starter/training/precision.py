"""What numbers training computes in: bfloat16 where the processor has it, else float32.

A processor that has not, computes in bfloat16 all the same, and ten to seventy times more slowly.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

import torch

_INSTRUCTIONS: Final = ("avx512_bf16", "amx_bf16")


def quickest() -> AbstractContextManager[None]:
    """Within it, products and convolutions are computed in what this processor is quickest at."""
    return torch.autocast("cpu", torch.bfloat16, enabled=quickest_dtype() is torch.bfloat16)


def quickest_dtype() -> torch.dtype:
    """What this processor multiplies in most quickly, of bfloat16 and float32."""
    able = torch.cpu.get_capabilities()
    quick = any(able.get(name, False) for name in _INSTRUCTIONS)
    return torch.bfloat16 if quick else torch.float32
