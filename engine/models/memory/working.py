"""What a network takes beside its weights, and when it works: arithmetic that needs no network."""

from __future__ import annotations

import math
from typing import Final

from engine.models.memory.plan import Phase

ALIVE: Final = 16
"""Tensors of the denoiser's width that a block holds at once: the residual and its norm, queries,
keys, values and what attention makes of them, and the feed-forward's four widths twice."""
LEAST_DECODING: Final = 1 << 30
"""Bytes for a decoder's smallest tile; what more there is, it takes by itself when it begins."""
BLOCKS_HELD: Final = 2
"""The block that computes, and the next one on its way."""
_PHASES: Final[tuple[tuple[str, Phase], ...]] = (
    ("text_encoder", "encode"),
    ("image_encoder", "encode"),
    ("connectors", "encode"),
    ("vae", "decode"),
    ("audio_vae", "decode"),
    ("vocoder", "decode"),
)


def phase_of(name: str) -> Phase:
    """When a component works, by its name in a model's folder: denoisers bear many names."""
    return next((phase for prefix, phase in _PHASES if name.startswith(prefix)), "sample")


def tokens_of(frames: int, height: int, width: int, temporal_factor: int, side: int) -> int:
    """Tokens of a video: a token is `side` pixels each way, and of `temporal_factor` frames but the
    first.
    """
    latent_frames = 1 + (frames - 1) // temporal_factor
    return latent_frames * math.ceil(height / side) * math.ceil(width / side)


def step_bytes(tokens: int, width: int, itemsize: int) -> int:
    """Bytes that a step takes beside the weights: tokens of the denoiser's width."""
    return tokens * width * ALIVE * itemsize
