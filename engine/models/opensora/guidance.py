"""How strictly Open-Sora 2.0 follows its prompt and its pictures at a step, and its schedule."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor

from engine.models.family import SampleRequest

PICTURE: Final = 3.0
"""How strictly pictures are followed, where nothing else is asked for."""
STEADY: Final = 10
"""Steps before guidance rests at every other one: too much of it burns what is seen."""
FEW, MANY = (256, 1.0), (4096, 3.0)
"""Places of a frame, and the shift of a picture of that size."""


class Strengths(NamedTuple):
    """Of the prompt and of what is known of the video; 1 is unguided.

    The latter may be [1, 1, T, 1, 1], for each latent frame.
    """

    prompt: float
    picture: float | Tensor

    @property
    def rests(self) -> bool:
        return self.prompt == 1 and isinstance(self.picture, float) and self.picture == 1


def strengths_at(request: SampleRequest, index: int, latent_frames: int) -> Strengths:
    """The strengths of a step.  Pictures are followed less and less, and the more the further on
    a frame is; a clip that goes on is followed evenly.
    """
    prompt, picture = max(request.guidance, 1.0), picture_guidance(request)
    if index >= STEADY and index % 2:
        return Strengths(1.0, 1.0)
    if picture > 1 and request.keyframes:
        most = float(torch.linspace(picture, 1.0, request.steps + 1)[index])
        return Strengths(prompt, torch.linspace(1.0, most, latent_frames).view(1, 1, -1, 1, 1))
    return Strengths(prompt, picture)


def picture_guidance(request: SampleRequest) -> float:
    """How strictly what is known of the video is followed: 1 where there is nothing, or no guidance
    is wanted.
    """
    if not request.keyframes and request.beginning is None:
        return 1.0
    if request.second_guidance is not None:
        return max(request.second_guidance, 1.0)
    return PICTURE if request.guidance > 1 else 1.0


def natural_shift(places: int, latent_frames: int) -> float:
    """The larger a frame and the longer a video, the more steps on high noise.

    `places` are those of one frame (arXiv:2403.03206, section 5.3.2, and for video the technical
    report of Open-Sora 2.0).
    """
    (few, low), (many, high) = FEW, MANY
    slope = (high - low) / (many - few)
    return (slope * places + low - slope * few) * math.sqrt(latent_frames)
