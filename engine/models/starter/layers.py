"""Layers that the denoiser's streams share: attention with QK-norm, cross-attention to words,
AdaLN.

Shapes: B clips, T latent frames, S places in a frame, D width, L words, H heads.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.attention import short_attention
from engine.models.starter.config import DitConfig
from engine.models.starter.rotary import unit_rotate

Rotation = tuple[Tensor, Tensor]
NUM_WAVES: Final = 32
HIGHEST_LEVEL: Final = 1000.0  # radians over all levels of noise


def wave_frequencies(highest: float, device: torch.device | str = "cpu") -> Tensor:
    """Of the waves of a number, in radians for 1: from one slow wave up to `highest`, [32]."""
    return torch.exp(torch.linspace(0.0, math.log(highest), NUM_WAVES, device=device))


def waves(x: Tensor, highest: float) -> Tensor:
    """Sines and cosines [..., 64] of a number, from one slow wave up to `highest` radians."""
    angles = x.float()[..., None] * wave_frequencies(highest, x.device)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class Projection(nn.Module):
    """Queries, keys and values of one self-attention, with QK-norm and rotary positions.

    Queries and keys are scaled to unit length and then by a gain a rotary pair; because a gain a
    pair commutes with the rotation, it rides on the rotation's small tables and costs nothing over
    the tokens. Learning the gains moved them by 1 % in 280 steps and costs a pass over the tokens
    each: they stay as they are.
    """

    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        head_width = config.width // config.num_heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        gain = torch.full((2, 1, head_width // 2), head_width**0.5)
        self.gain = nn.Parameter(gain, requires_grad=False)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, x_BTSD: Tensor, rotation: Rotation) -> tuple[Tensor, Tensor, Tensor]:
        """Three tensors [B, T, S, H, D/H]; the rotation's tables broadcast to them."""
        parts: Tensor = self.qkv(x_BTSD).view(*x_BTSD.shape[:3], 3, self.num_heads, -1)
        qk, v = parts.split([2, 1], dim=3)
        cos, sin = ((table * self.gain).to(v.dtype) for table in rotation)
        q, k = unit_rotate(qk, cos, sin).unbind(3)
        return q, k, v.squeeze(3)


def _unit(x_LD: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(x_LD, dim=-1, keepdim=True)
    return x_LD / (length + 1e-5)


class CrossAttention(nn.Module):
    """Every place of the video looks at the words of the prompt."""

    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.q = nn.Linear(config.width, config.width)
        self.kv = nn.Linear(config.text_width, 2 * config.width)
        self.gain = nn.Parameter(
            torch.full((config.num_heads, 1, 1), (config.width / config.num_heads) ** 0.5)
        )
        self.out = nn.Linear(config.width, config.width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x_BND: Tensor, words_BLD: Tensor, mask_BL: Tensor) -> Tensor:
        batch, heads = len(x_BND), self.num_heads
        q: Tensor = self.q(x_BND).view(batch, -1, heads, x_BND.shape[-1] // heads).transpose(1, 2)
        kv: Tensor = self.kv(words_BLD).view(*words_BLD.shape[:2], 2, heads, -1)
        k, v = kv.permute(2, 0, 3, 1, 4)
        k = _unit(k) * (self.gain * q.shape[-1] ** 0.5).to(k.dtype)
        seen = short_attention(_unit(q), k, v, mask_BL[:, None, None, :])
        made: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return made


def modulated(x_BTSD: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Normalised, then scaled and shifted by what the condition says."""
    return torch.addcmul(shift, F.layer_norm(x_BTSD, x_BTSD.shape[-1:]), 1 + scale)
