"""What the starter makes of videos that it is given: one that is changed, one that is gone on from.

Shapes: C latent channels, T latent frames, H rows, W columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.abilities import checked_source, first_step
from engine.models.family import SampleRequest
from engine.models.sampling import shifted_sigmas
from engine.models.starter.pixels import video_of
from engine.models.starter.vae import GROUP, StarterVAE
from engine.values import Clip, Image


def noised_source(
    vae: StarterVAE, request: SampleRequest, noise_BCTHW: Tensor, shift: float
) -> Tensor:
    """The latent of the video that is changed, with the noise that the first step expects.

    Raises InvalidInput for a video that is too short, and a strength that leaves no step.
    """
    source = checked_source(request)
    sigma = shifted_sigmas(request.steps, shift)[first_step(request)]
    latent_BCTHW = encoded(vae, source, request.frames, request, noise_BCTHW)
    return latent_BCTHW * (1 - sigma) + noise_BCTHW * sigma


def beginning_latent(vae: StarterVAE, request: SampleRequest, like: Tensor) -> Tensor:
    """The latent frames of the clip that the video goes on from: as many as it fills.

    Raises InvalidInput where it leaves nothing to be made.
    """
    beginning = request.beginning
    assert beginning is not None
    frames = 1 + (beginning.frames - 1) // GROUP * GROUP
    if frames >= request.frames:
        raise InvalidInput(
            f"A clip of {beginning.frames} frames leaves nothing of {request.frames} to make.",
            remedy="Ask for more frames, or begin with a shorter clip.",
        )
    return encoded(vae, beginning, frames, request, like)


def encoded(
    vae: StarterVAE, clip: Clip, frames: int, request: SampleRequest, like: Tensor
) -> Tensor:
    """A clip's first frames, in the request's size, as a latent [1, C, T, H, W]."""
    pictures = (
        video_of(picture, request.height, request.width)
        for picture in islice(_pictures(clip), frames)
    )
    with torch.inference_mode():
        latent: Tensor = vae.encode(torch.cat(list(pictures), dim=2).to(like))
    return latent


def _pictures(clip: Clip) -> Iterator[Image]:
    for chunk in clip:
        for frame in chunk:
            yield Image(frame)
