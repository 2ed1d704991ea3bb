"""The starter's velocity as a solver needs it: guided, with given frames, of both streams at once.

Shapes: B clips, C latent channels, T latent frames, H rows, W columns, A latents of sound, D its
channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Size, Tensor

from engine.models.attention import TemporalMode
from engine.models.sampling import guided
from engine.models.starter.dit import StarterDiT
from engine.models.starter.sound_stream import SoundInput


@dataclass(frozen=True)
class GuidedVelocity:
    """The denoiser, led by a prompt.

    `text` holds words, mask and sentence of the prompts and then of what to steer away from; with a
    `guidance` of 1 only the first half is used.  Latent frames marked in `known_T` are clean.
    """

    dit: StarterDiT
    text: tuple[Tensor, Tensor, Tensor]
    known_T: Tensor
    mode: TemporalMode
    guidance: float
    frame_rate: float

    def __call__(self, streams: Sequence[Tensor], sigma: float) -> list[Tensor]:
        """Velocities of the video [B, C, T, H, W] and, if there, the sound [B, A, D]."""
        text = self.text
        if self.guidance == 1:
            words, mask, pooled = (part[: len(streams[0])] for part in text)
            text = (words, mask, pooled)
        times = len(text[0]) // len(streams[0])
        latent, *audio = (torch.cat([stream] * times) for stream in streams)
        levels_BT = torch.where(self.known_T, 0.0, sigma).to(latent.dtype).expand(len(latent), -1)
        if audio:
            levels_BA = torch.full(
                audio[0].shape[:2], sigma, dtype=latent.dtype, device=latent.device
            )
            sound = SoundInput(audio[0], levels_BA, self.frame_rate)
            made = [*self.dit.joint(latent, levels_BT, text, sound, self.mode)]
        else:
            made = [self.dit(latent, levels_BT, *text, self.mode)]
        if times > 1:
            halves = [part.chunk(2) for part in made]
            made = [guided(said, unsaid, self.guidance) for said, unsaid in halves]
        made[0] = made[0].masked_fill(self.known_T.view(1, 1, -1, 1, 1), 0.0)
        return made


def packed(streams: Sequence[Tensor]) -> Tensor:
    """Streams side by side as one vector a clip, [B, N]."""
    return torch.cat([stream.flatten(1) for stream in streams], dim=1)


def unpacked(packed_BN: Tensor, shapes: Sequence[Size]) -> list[Tensor]:
    """The inverse of `packed`; copies, so that memory is laid out as after a restart."""
    parts = packed_BN.split([shape[1:].numel() for shape in shapes], dim=1)
    return [part.reshape(shape).clone() for part, shape in zip(parts, shapes, strict=True)]
