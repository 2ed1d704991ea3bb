"""Rotary positions in three dimensions: rows and columns for spatial attention, time for temporal
attention.

RoFormer (arXiv:2104.09864), section 3.4, with one part of each head's width a dimension.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

SPACE_BASE: Final = 100.0
TIME_BASE: Final = 1000.0


def _angles(position_L: Tensor, num_pairs: int, base: float) -> Tensor:
    """Angles [L, num_pairs] of positions [L]."""
    frequency = base ** (
        -torch.arange(num_pairs, device=position_L.device, dtype=torch.float32) / num_pairs
    )
    return position_L.float()[:, None] * frequency


def time_rotation(position_T: Tensor, head_width: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines [T, head_width / 2] for latent frames at the given places in time."""
    angles = _angles(position_T, head_width // 2, TIME_BASE)
    return angles.cos(), angles.sin()


def space_rotation(
    rows: int, columns: int, head_width: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Cosines and sines [rows * columns, head_width / 2]: half of the pairs turn with the row, half
    with the column.
    """
    pairs = head_width // 4
    by_row = _angles(torch.arange(rows, device=device), pairs, SPACE_BASE)
    by_column = _angles(torch.arange(columns, device=device), pairs, SPACE_BASE)
    angles = torch.cat([by_row.repeat_interleave(columns, 0), by_column.repeat(rows, 1)], dim=1)
    return angles.cos(), angles.sin()


def rotate(x_LPHD: Tensor, cos_LPHE: Tensor, sin_LPHE: Tensor) -> Tensor:
    """Turn each pair (i, i + D/2) of the last dimension by its angle; the tables broadcast."""
    first, second = x_LPHD.chunk(2, dim=-1)
    return torch.cat(
        [first * cos_LPHE - second * sin_LPHE, first * sin_LPHE + second * cos_LPHE], dim=-1
    )


class _UnitRotation(torch.autograd.Function):
    """Scaling to unit length, then rotation, with the short gradients that autograd cannot find.

    Over thousands of tokens this is memory traffic and nothing else; written out, training takes a
    fifth less time. No gradient is given to the tables.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        scale = torch.linalg.vector_norm(x, dim=-1, keepdim=True).add_(1e-5).reciprocal_()
        unit = x * scale
        ctx.save_for_backward(unit, scale, cos, sin)
        ctx.save_for_forward(unit, scale, cos, sin)
        return rotate(unit, cos, sin)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor, None, None]:
        unit, scale, cos, sin = ctx.saved_tensors
        # A rotation with a gain a pair is undone, for gradients, by the transposed one.
        back = rotate(grads[0], cos, -sin)
        along = (back * unit).sum(-1, keepdim=True)
        return torch.addcmul(back, unit, along, value=-1).mul_(scale), None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Tensor:
        """The derivative along a tangent of `x`; the tables have none."""
        unit, scale, cos, sin = ctx.saved_tensors
        along = (tangents[0] * unit).sum(-1, keepdim=True)
        return rotate((tangents[0] - unit * along) * scale, cos, sin)


def unit_rotate(x_LPHD: Tensor, cos_LPHE: Tensor, sin_LPHE: Tensor) -> Tensor:
    """`rotate` of `x` scaled to unit length along its last dimension."""
    turned: Tensor = _UnitRotation.apply(x_LPHD, cos_LPHE, sin_LPHE)  # type: ignore[no-untyped-call]
    return turned
