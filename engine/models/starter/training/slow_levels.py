"""A denoiser that depends on the level of noise slowly, as distillation to few steps needs it.

The waves in which a level is told go up to 1,000 radians, and what a network learns of the fast
ones is ripples: of weights trained with them all, t dv/dt was 1.2 to 6 times as large as v.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

from engine.models.starter.layers import HIGHEST_LEVEL, wave_frequencies

FASTEST: Final = 6.0  # radians over all levels


def forget_fast_levels(dit: nn.Module) -> None:
    """Leave waves of the level above `FASTEST` out, of both streams, now and in all training."""
    slow_W = (wave_frequencies(HIGHEST_LEVEL) <= FASTEST).float().repeat(2)
    for name, layer in dit.named_modules():
        if name.endswith("level_in"):
            weight = layer.get_parameter("weight")
            with torch.no_grad():
                weight.mul_(slow_W)
            if weight.requires_grad:
                weight.register_hook(slow_W.mul)
