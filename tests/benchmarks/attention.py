"""Temporal attention: error against float64, and how each mode's cost grows with the length."""

from __future__ import annotations

import math

import torch

from engine.models.attention import (
    TEMPORAL_MODES,
    KeyValueCache,
    TemporalMode,
    reference_attention,
    temporal_attention,
    visible_frames,
)
from tests.benchmarks._clock import cpu_seconds
from tests.benchmarks._table import row

SEQUENCES, HEADS, WIDTH = 4, 4, 48
LENGTHS = (256, 512, 1024, 2048)
ROUNDS = 5


def draw(frames: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Random queries, keys and values [N, H, T, D]."""
    generator = torch.Generator().manual_seed(frames)
    shape = (SEQUENCES, HEADS, frames, WIDTH)
    q, k, v = (torch.randn(shape, generator=generator) for _ in range(3))
    return q, k, v


def exponent(times: list[float]) -> float:
    """The p of time ~ T^p, by least squares in logarithms."""
    x = [math.log(frames) for frames in LENGTHS]
    y = [math.log(spent) for spent in times]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    covariance = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return covariance / sum((a - mean_x) ** 2 for a in x)


def whole_clip(mode: TemporalMode, frames: int) -> float:
    """CPU seconds for all frames of a clip at once."""
    q, k, v = draw(frames)
    return cpu_seconds(lambda: temporal_attention(mode, q, k, v), ROUNDS)


def one_new_frame(frames: int) -> float:
    """CPU seconds for one frame more after `frames` remembered ones."""
    q, k, v = draw(frames + 1)
    cache = KeyValueCache()
    cache.append(k[:, :, :frames], v[:, :, :frames])
    new = (q[:, :, frames:], k[:, :, frames:], v[:, :, frames:])
    return cpu_seconds(lambda: [cache.attend(*new, remember=False) for _ in range(64)], ROUNDS)


def main() -> None:
    """Print errors and growth exponents."""
    torch.set_num_threads(1)  # CPU seconds of one thread: other work on the machine hardly shows
    for mode in TEMPORAL_MODES:
        q, k, v = draw(203)
        exact = reference_attention(q, k, v, visible_frames(mode, 203))
        error = float((temporal_attention(mode, q, k, v).double() - exact).abs().max())
        row(f"{mode}: largest error against float64", f"{error:.1e}", "1e-5")
    window = exponent([whole_clip("window", frames) for frames in LENGTHS])
    full = exponent([whole_clip("full", frames) for frames in LENGTHS])
    row("window: whole clip, cost ~ T^p, p", f"{window:.2f}", "1 (linear)")
    row("full: the same, for comparison", f"{full:.2f}", "2")
    causal = [one_new_frame(n) for n in LENGTHS]
    row("causal with cache: a new frame, cost ~ T^p, p", f"{exponent(causal):.2f}", "1 (linear)")


if __name__ == "__main__":
    main()
