"""What a denoiser is given in one pass: the latent's sizes, and what stands beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """A latent in latent frames and pixels, and the video's length in seconds where there is sound.

    `words` are the prompt's tokens; 0 is as many as the family fills every prompt up to; `seen` a
    picture's, 0 is as many as the published reader makes.  `own_levels` says whether every token
    has a level of noise of its own, as where some of the video is given.
    """

    frames: int
    height: int
    width: int
    seconds: float = 0.0
    words: int = 0
    seen: int = 0
    own_levels: bool = False

    @classmethod
    def of(
        cls, frames: int, height: int, width: int, *, temporal: int, spatial: int, seconds: float
    ) -> Sizes:
        """Those of a video's latent: so many frames and pixels are one of it."""
        height, width = math.ceil(height / spatial), math.ceil(width / spatial)
        return cls(math.ceil(frames / temporal), height, width, seconds=seconds)

    def tokens(self, time: int, side: int) -> int:
        """How many patches of so many latent frames and pixels there are."""
        rows, columns = math.ceil(self.height / side), math.ceil(self.width / side)
        return math.ceil(self.frames / time) * rows * columns
