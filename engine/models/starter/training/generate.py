"""Samples clips in a batch, for evaluation: the plain Euler loop, with guidance and given frames.

The product samples through engine/models/sampling.py; this loop is kept small and apart so that
training needs nothing but the networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from engine.models.attention import TemporalMode
from engine.models.starter.dit import StarterDiT
from engine.models.starter.text import StarterTextEncoder, Vocabulary


@dataclass(frozen=True)
class SamplingPlan:
    """How noise becomes a latent. The defaults are those that scored best on the checker."""

    steps: int = 24
    guidance: float = 3.0
    shift: float = 3.0
    mode: TemporalMode = "full"

    def levels(self) -> list[float]:
        """Noise levels from 1 to 0, `steps` + 1 of them, denser near 1 for a shift above 1."""
        even = [1 - index / self.steps for index in range(self.steps + 1)]
        return [self.shift * t / (1 + (self.shift - 1) * t) for t in even]


@torch.inference_mode()
def generate_latents(
    dit: StarterDiT,
    text: StarterTextEncoder,
    vocabulary: Vocabulary,
    prompts: Sequence[str],
    plan: SamplingPlan,
    seed: int,
    shape_TCHW: tuple[int, int, int, int] = (9, 8, 8, 8),
    given_BCTHW: Tensor | None = None,
    given_T: Tensor | None = None,
) -> Tensor:
    """Latents [B, C, T, H, W] for prompts. Frames marked in `given_T` are taken clean from
    `given_BCTHW`.
    """
    frames, channels, height, width = shape_TCHW
    batch = len(prompts)
    generator = torch.Generator().manual_seed(seed)
    latent = torch.randn((batch, channels, frames, height, width), generator=generator)
    tokens, mask = vocabulary.encode([*prompts, *([""] * batch)])
    words, pooled = text(tokens, mask)
    fresh_T = torch.ones(frames) if given_T is None else 1.0 - given_T.float()
    if given_BCTHW is not None:
        latent = torch.where(fresh_T.bool()[:, None, None], latent, given_BCTHW)
    levels = plan.levels()
    for now, after in pairwise(levels):
        t_BT = (now * fresh_T).expand(2 * batch, -1)
        with torch.autocast("cpu", torch.bfloat16):
            both = dit(latent.repeat(2, 1, 1, 1, 1), t_BT, words, mask, pooled, plan.mode).float()
        said, unsaid = both.chunk(2)
        velocity = unsaid + plan.guidance * (said - unsaid)
        latent = latent + (after - now) * velocity * fresh_T[:, None, None]
    return latent
