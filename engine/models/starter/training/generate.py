"""Samples many clips at once, for evaluation: a plain Euler loop, with guidance and given frames.

The product samples one clip, in steps that its caller owns (engine/models/starter/family.py); the
schedule is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from engine.models.attention import TemporalMode
from engine.models.sampling import shifted_sigmas
from engine.models.starter.config import SamplingDefaults
from engine.models.starter.dit import StarterDiT
from engine.models.starter.text import StarterTextEncoder, Vocabulary


@dataclass(frozen=True)
class SamplingPlan:
    """How noise becomes a latent. The defaults are those that scored best on the checker."""

    steps: int = SamplingDefaults.steps
    guidance: float = SamplingDefaults.guidance
    shift: float = SamplingDefaults.shift
    mode: TemporalMode = "full"


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
    levels = shifted_sigmas(plan.steps, plan.shift)
    for now, after in pairwise(levels):
        t_BT = (now * fresh_T).expand(2 * batch, -1)
        with torch.autocast("cpu", torch.bfloat16):
            both = dit(latent.repeat(2, 1, 1, 1, 1), t_BT, words, mask, pooled, plan.mode).float()
        said, unsaid = both.chunk(2)
        velocity = unsaid + plan.guidance * (said - unsaid)
        latent = latent + (after - now) * velocity * fresh_T[:, None, None]
    return latent
