"""A video in a model's latent space, between sampling and decoding."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.values.model import VideoModel
from engine.values.origin import Origin

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Latent:
    """What a sampler made: `video_BCTHW` in the model's own normalised latent space.

    `frames`, `height` and `width` are of the decoded clip, in pixels; `fps` its frame rate.
    `audio_BLD` is the audio stream of models that sample sound jointly, else None.
    `model` is the handle of the model that must decode it.
    """

    video_BCTHW: torch.Tensor
    model: VideoModel
    frames: int
    height: int
    width: int
    fps: Fraction
    audio_BLD: torch.Tensor | None = None
    origin: Origin = Origin()

    @property
    def nbytes(self) -> int:
        video = self.video_BCTHW.numel() * self.video_BCTHW.element_size()
        audio = self.audio_BLD
        return video + (0 if audio is None else audio.numel() * audio.element_size())
