"""Weights told as what they differ by from others, in 8 bits a number.

A model that went on from another one differs from it by little, so that little is lost where the
difference is rounded, and half of the bytes of bfloat16 are enough.  Each row of a matrix (each
filter of a convolution) has a scale of its own; vectors are kept in bfloat16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from engine.models.loading.scaled import narrowed, widened

SCALE: Final = ".row_scale"


def difference(own: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `own` tensors differ by from those of the same names in `base`: int8 and a scale a row,
    or bfloat16.  Raises KeyError for a tensor that `base` has not.
    """
    told: dict[str, Tensor] = {}
    for name, tensor in own.items():
        off = tensor.float() - base[name].float()
        if off.ndim < 2:
            told[name] = off.to(torch.bfloat16)
            continue
        rows, scale_R1 = narrowed(off.flatten(1), torch.int8)
        told[name], told[name + SCALE] = rows.view(off.shape), scale_R1.squeeze(1)
    return told


def with_difference(base: Mapping[str, Tensor], told: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`base` in float32, changed by what `difference` told.

    Raises KeyError for a tensor that `base` has not, RuntimeError for one of another shape.
    """
    changed = {name: tensor.float() for name, tensor in base.items()}
    for name, off in told.items():
        if name.endswith(SCALE):
            continue
        if name + SCALE in told:
            off = widened(off.flatten(1), told[name + SCALE][:, None], torch.float32)
        changed[name] = changed[name] + off.view(changed[name].shape)
    return changed
