"""What Open-Sora 2.0 is told beside the noise: a prompt, and what is known of the video.

B clips (1), C channels, T latent frames, H and W latent pixels; S places, as the denoiser sees
them, are 2 x 2 latent pixels of one frame.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.abilities import place_of
from engine.models.family import SampleRequest

MOTION: Final = 4
"""How much moves, from 1 to 7, unless the prompt ends with another ('... 6 motion score.')."""
_FPS: Final = re.compile(r"\d+ FPS\.$")
_SCORE: Final = re.compile(r"\s*(\d+ motion score\.)$")
LENGTHS: Final = (65, 33)
"""Frames of a video that goes on: from so many it was taught to."""


def told(prompt: str, fps: Fraction) -> str:
    """A prompt with its frame rate and motion score, as all that the model was taught with."""
    text = prompt.strip()
    score = _SCORE.search(text)
    text = text[: score.start()] if score else text
    text = text if text.endswith(".") else f"{text}."
    text = text if _FPS.search(text) else f"{text} {round(fps)} FPS."
    return f"{text} {score[1] if score else f'{MOTION} motion score.'}"


def packed(x_BCTHW: Tensor, patch: int) -> Tensor:
    """Places [B, S, C * patch * patch], frame by frame and row by row."""
    x: Tensor = x_BCTHW.unflatten(4, (-1, patch)).unflatten(3, (-1, patch))
    return x.permute(0, 2, 3, 5, 1, 4, 6).flatten(4).flatten(1, 3)


def unpacked(x_BSC: Tensor, grid: tuple[int, int, int], patch: int) -> Tensor:
    """`packed` the other way round; `grid` are frames, rows and columns of places."""
    x: Tensor = x_BSC.unflatten(1, grid).unflatten(4, (-1, patch, patch))
    return x.permute(0, 4, 1, 2, 5, 3, 6).flatten(5).flatten(3, 4)


def picture_places(request: SampleRequest) -> dict[int, int]:
    """Which of the request's pictures stand in the first latent frame (0) and the last (-1).

    Raises InvalidInput for one elsewhere.
    """
    last = request.frames - 1
    found = {place_of(k, request.frames): i for i, k in enumerate(request.keyframes)}
    if last == 0 or set(found) - {0, last}:
        raise InvalidInput(
            "Open-Sora 2.0 takes a picture for the first frame of a video and for the last.",
            remedy="Place pictures at 'first' and 'last' only"
            + (", and ask for 5 frames or more." if last == 0 else "."),
        )
    return {0 if place == 0 else -1: index for place, index in sorted(found.items())}


def going_on(request: SampleRequest) -> int:
    """How many frames of the given clip the video begins with.

    Raises InvalidInput for a clip that is too short to go on from, or as long as the video.
    """
    clip = request.beginning
    assert clip is not None
    fitting = [n for n in LENGTHS if n <= clip.frames and n < request.frames]
    if fitting:
        return fitting[0]
    least = LENGTHS[-1]
    raise InvalidInput(
        f"Open-Sora 2.0 cannot go on from {clip.frames} frames in a video of {request.frames}.",
        remedy=f"Give a clip of {least} frames or more, and ask for {least + 4} or more.",
    )


def known(latents: dict[int, Tensor], like_BCTHW: Tensor) -> dict[str, Tensor]:
    """'mask' [B, 1, T, H, W] and 'known' [B, C, T, H, W] with latents in place, by the first frame
    that they stand at; -1 is the last.
    """
    mask, held = torch.zeros_like(like_BCTHW[:, :1]), torch.zeros_like(like_BCTHW)
    for start, latent in latents.items():
        frames = slice(start, None if start < 0 else start + latent.shape[2])
        mask[:, :, frames] = 1
        held[:, :, frames] = latent.to(held)
    return {"mask": mask, "known": held}
