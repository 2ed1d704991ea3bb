"""In which precision weights are held: what the words of a handle mean on a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch

from engine.models.loading.scaled import NARROW, refuse_unless_computed
from engine.values import VideoModel

PRECISIONS: Final[Mapping[str, torch.dtype]] = {
    "float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16,
}  # fmt: skip


@dataclass(frozen=True)
class Precision:
    """`wide` is what is computed in.  `narrow` is what the matrices of a denoiser's blocks rest in,
    None for `wide`.  `packed` leaves what a file holds in 8 bits or fewer as small as it is.
    """

    wide: torch.dtype
    narrow: torch.dtype | None = None
    packed: bool = True


def precision_of(handle: VideoModel, device: str, dtype: torch.dtype | None = None) -> Precision:
    """What a handle's precision means on a device: 'auto' is bfloat16, on a CPU float32.

    `dtype` is what is computed in instead.  Raises InvalidInput for a device that cannot do it.
    """
    named = PRECISIONS.get(handle.precision)
    usual = torch.float32 if device.startswith("cpu") else torch.bfloat16
    if handle.precision in NARROW:
        refuse_unless_computed(handle.precision, device)
    return Precision(dtype or named or usual, NARROW.get(handle.precision), packed=named is None)
