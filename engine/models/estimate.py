"""What a sample will take: latent elements and bytes, memory by component, time and cost.

The latent's size is the system design's formula, elements = frames/temporal x H/spatial x
W/spatial x channels, two bytes each.  Time is arithmetic over throughput: a forward pass costs
2 x parameters x tokens plus the attention's share, guidance doubles it, and a device reaches the
sustained rate that its row states.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.models.catalog import CatalogEntry

BYTES_HALF: Final = 2
PATCH: Final = 4  # latent positions a token covers: a patch of 1 x 2 x 2
DECODE_FLOPS_PER_PIXEL: Final = 60_000  # a causal 3D decoder at full resolution, per output pixel


@dataclass(frozen=True)
class Device:
    """A device to estimate for: sustained bf16 FLOP/s, bytes of memory, dollars an hour."""

    name: str
    flops: float
    memory: int
    hourly: float


GIB: Final = 1024**3
DEVICES: Final[Mapping[str, Device]] = {
    "cpu": Device("CPU, 2 cores", 0.25e12, 8 * GIB, 0.0),
    "l40s": Device("L40S 48 GB", 150e12, 48 * GIB, 0.80),
    "a100": Device("A100 80 GB", 200e12, 80 * GIB, 1.50),
    "h100": Device("H100 80 GB", 450e12, 80 * GIB, 3.00),
}


@dataclass(frozen=True)
class Work:
    """What is to be sampled: sizes in pixels, lengths in frames."""

    width: int
    height: int
    frames: int
    steps: int
    guidance: float


@dataclass(frozen=True)
class Estimate:
    """The figures; `memory` maps a component to bytes, `fits` says whether the device holds it."""

    latent_elements: int
    latent_bytes: int
    tokens: int
    memory: Mapping[str, int]
    seconds: float
    cost: float
    fits: bool


def latent_elements(entry: CatalogEntry, work: Work) -> int:
    """Number of elements of the latent of one video (system design, VRAM requirements)."""
    frames = math.ceil(work.frames / entry.temporal_factor)
    height = math.ceil(work.height / entry.spatial_factor)
    width = math.ceil(work.width / entry.spatial_factor)
    return frames * height * width * entry.latent_channels


def estimate(entry: CatalogEntry, work: Work, device: Device) -> Estimate:
    """What sampling and decoding `work` with a model takes on a device."""
    elements = latent_elements(entry, work)
    tokens = math.ceil(elements / entry.latent_channels / PATCH)
    memory = _memory(entry, work, elements, tokens)
    total = sum(memory.values())
    seconds = _flops(entry, work, tokens) / device.flops
    return Estimate(
        latent_elements=elements,
        latent_bytes=elements * BYTES_HALF,
        tokens=tokens,
        memory=memory,
        seconds=seconds,
        cost=seconds / 3600 * device.hourly,
        fits=total <= device.memory,
    )


def _memory(entry: CatalogEntry, work: Work, elements: int, tokens: int) -> dict[str, int]:
    weights = {name: count * BYTES_HALF for name, count in entry.parameters.items()}
    width = _width(entry)
    # Tokens at the block's width: residual, queries, keys, values, and the 4x feed-forward.
    activations = 2 * tokens * width * 8 * BYTES_HALF
    # A streaming decoder holds one group of frames at full resolution, some 96 channels wide.
    decoding = entry.temporal_factor * work.width * work.height * 96 * BYTES_HALF
    return {
        **{f"{name} weights": size for name, size in weights.items()},
        "latent and noise": 2 * elements * BYTES_HALF,
        "attention workspace": activations,
        "decoding": decoding,
    }


def _flops(entry: CatalogEntry, work: Work, tokens: int) -> float:
    passes = work.steps * (2 if work.guidance > 1 else 1)
    parameters = entry.parameters.get("dit", 0)
    layers = max(1, round(parameters / (16 * _width(entry) ** 2)))
    attention = 4 * tokens**2 * _width(entry) * layers
    decoding = DECODE_FLOPS_PER_PIXEL * work.frames * work.width * work.height
    return passes * (2.0 * parameters * tokens + attention) + decoding


def _width(entry: CatalogEntry) -> int:
    """The denoiser's width, guessed from its size: about 16 w^2 weights a layer, w / 64 layers."""
    parameters = max(entry.parameters.get("dit", 0), 1)
    return max(64, round(math.cbrt(parameters * 64 / 16) / 64) * 64)
