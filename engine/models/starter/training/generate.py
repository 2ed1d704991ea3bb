"""Samples many clips at once, for evaluation: a plain Euler loop, with guidance and given frames.

The product samples one clip, in steps that its caller owns (engine/models/starter/family.py); the
schedule, the precision and a seed's video are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from engine.models.attention import TemporalMode
from engine.models.sampling import seeded_noise, shifted_sigmas
from engine.models.starter.audio_vae import num_latents
from engine.models.starter.config import SamplingDefaults
from engine.models.starter.load import Starter
from engine.models.starter.training.world import FRAME_RATE
from engine.models.starter.vae import GROUP
from engine.models.starter.velocity import GuidedVelocity

LATENT_FRAMES = 9
LATENT_SIDE = 8
_SOUNDS_SEED = 1 << 40  # seeds of sounds are far from those of videos


@dataclass(frozen=True)
class SamplingPlan:
    """How noise becomes a latent. The defaults are those that scored best on the checker."""

    steps: int = SamplingDefaults.steps
    guidance: float = SamplingDefaults.guidance
    shift: float = SamplingDefaults.shift
    mode: TemporalMode = "full"
    audio: bool = True


@dataclass(frozen=True)
class Given:
    """Latent frames that are taken clean: those of `latents_BCTHW` that `known_T` marks."""

    latents_BCTHW: Tensor
    known_T: Tensor


@dataclass(frozen=True)
class Changed:
    """Latents of videos that are changed into others, by this strength."""

    latents_BCTHW: Tensor
    strength: float


@torch.inference_mode()
def generate_latents(
    starter: Starter,
    prompts: Sequence[str],
    plan: SamplingPlan,
    seeds: Sequence[int],
    frames: int = LATENT_FRAMES,
    given: Given | None = None,
    changed: Changed | None = None,
) -> list[Tensor]:
    """Latents of videos [B, C, T, 8, 8] and, where planned and possible, sounds [B, A, D].

    Each clip has a seed of its own: what it becomes does not depend on those it is batched with.
    """
    sigmas = shifted_sigmas(plan.steps, plan.shift)
    streams = noise_for(starter, seeds, plan.audio, frames)
    known_T = torch.zeros(frames, dtype=torch.bool)
    if given is not None:
        known_T = given.known_T
        streams[0] = torch.where(known_T[:, None, None], given.latents_BCTHW, streams[0])
    if changed is not None:
        sigmas = sigmas[plan.steps - int(plan.steps * changed.strength) :]
        streams[0] = torch.lerp(changed.latents_BCTHW, streams[0], sigmas[0])
    velocity = led_by(starter, prompts, plan, known_T)
    for now, after in pairwise(sigmas):
        moves = velocity(streams, now)
        streams = [x + (after - now) * v for x, v in zip(streams, moves, strict=True)]
    return streams


def noise_for(
    starter: Starter, seeds: Sequence[int], audio: bool, frames: int = LATENT_FRAMES
) -> list[Tensor]:
    """The noise that videos and, where wanted and possible, sounds begin with, a seed a clip."""
    channels = starter.config.vae.latent_channels
    shapes: list[tuple[int, ...]] = [(1, channels, frames, LATENT_SIDE, LATENT_SIDE)]
    if audio and starter.audio_vae is not None:
        count = num_latents((1 + GROUP * (frames - 1)) / FRAME_RATE)
        shapes.append((1, count, starter.audio_vae.config.latent_channels))
    firsts = (0, _SOUNDS_SEED)
    return [
        torch.cat([seeded_noise(shape, first + each) for each in seeds])
        for first, shape in zip(firsts, shapes, strict=False)
    ]


@torch.inference_mode()
def led_by(
    starter: Starter, prompts: Sequence[str], plan: SamplingPlan, known_T: Tensor
) -> GuidedVelocity:
    """The velocity towards what the prompts say, away from what no words say."""
    tokens, mask = starter.vocabulary.encode([*prompts, *([""] * len(prompts))])
    words, pooled = starter.text_encoder(tokens, mask)
    return GuidedVelocity(
        starter.dit, (words, mask, pooled), known_T, plan.mode, plan.guidance, float(FRAME_RATE)
    )
