"""Makes a clip a few latent frames at a time: the first are shown before the last are sampled.

Attention over time is causal: a chunk sees itself and the finished frames before it, whose keys and
values are remembered, so that a finished frame is computed once (CausVid, arXiv:2412.07772, after
Diffusion Forcing, arXiv:2407.01392: finished frames are clean, those in the making noisy). Sound
looks at the whole video and is made afterwards, as for any finished video.

Shapes: B clips (1), C latent channels, T latent frames, H rows, W columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.attention import KeyValueCache
from engine.models.family import SampleRequest
from engine.models.sampling import guided
from engine.models.starter.dit import StarterDiT

CHUNK: Final = 2  # latent frames made together; the first of a clip comes alone


@dataclass
class CausalStream:
    """A denoiser that has made the first `made` of `frames` latent frames, and remembers them.

    `text` holds words, mask and sentence of the prompt, and then of what to steer away from.
    """

    dit: StarterDiT
    text: tuple[Tensor, Tensor, Tensor]
    frames: int
    guidance: float
    made: int = 0
    caches: list[KeyValueCache] = field(init=False)

    def __post_init__(self) -> None:
        self.caches = [KeyValueCache() for _ in range(self.dit.config.num_layers)]
        if self.guidance == 1:
            words, mask, pooled = (part[:1] for part in self.text)
            self.text = (words, mask, pooled)

    def velocity(self, latent_BCTHW: Tensor, sigma: float, remember: bool = False) -> Tensor:
        """The guided velocity of the frames that come next."""
        both = len(self.text[0])
        count, device = latent_BCTHW.shape[2], latent_BCTHW.device
        position_T = torch.arange(self.made, self.made + count, device=device)
        velocity = self.dit(
            latent_BCTHW.expand(both, -1, -1, -1, -1),
            torch.full((both, count), sigma, dtype=latent_BCTHW.dtype, device=device),
            *self.text,
            share_BT=(position_T / max(1, self.frames - 1)).expand(both, -1),
            position_T=position_T,
            caches=self.caches,
            remember=remember,
        )
        return velocity if both == 1 else guided(velocity[:1], velocity[1:], self.guidance)

    def sample(self, noise_BCTHW: Tensor, sigmas: Sequence[float]) -> Tensor:
        """The next frames, from their noise; they are remembered as they come out."""
        latent = noise_BCTHW
        for now, after in pairwise(sigmas):
            latent = latent - self.velocity(latent, now) * (now - after)
        if self.made + latent.shape[2] < self.frames:
            self.velocity(latent, 0.0, remember=True)
        self.made += latent.shape[2]
        return latent


def refuse_what_cannot_stream(request: SampleRequest) -> None:
    """Raises InvalidInput for what needs the whole clip at once."""
    given = {
        "keyframes": request.keyframes,
        "beginning": request.beginning,
        "source": request.source,
        "control": request.control,
        "mask": request.mask,
    }
    for name, value in given.items():
        if value:
            raise InvalidInput(
                f"A video that is made as a stream follows its prompt alone, without '{name}'.",
                remedy=f"Disconnect '{name}', or sample the video as a whole.",
            )


def chunk_lengths(frames: int, chunk: int = CHUNK) -> list[int]:
    """How many latent frames are made at a time: one alone, then `chunk`, and what is left."""
    whole, rest = divmod(frames - 1, chunk)
    return [1, *[chunk] * whole, *([rest] if rest else [])]


def sampled_chunks(
    stream: CausalStream, noise_BCTHW: Tensor, sigmas: Sequence[float], chunk: int = CHUNK
) -> Iterator[Tensor]:
    """The latent of a clip in consecutive parts, each made when it is asked for."""
    for noise in noise_BCTHW.split(chunk_lengths(noise_BCTHW.shape[2], chunk), dim=2):
        with torch.inference_mode():
            part = stream.sample(noise, sigmas)
        yield part
