"""Sparse-linear attention beside full attention: its time in parts of full attention's in the same
run, and how far off it is.

python -m tests.benchmarks.sparse_attention

Queries and keys are drawn as those of a video: smooth over rows, columns and frames, so that a
token looks at its neighbourhood, with noise of its own. No trained network stands behind them; the
errors say how the method behaves on such scores, not how a video would look.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.sparse_linear import (
    Shares,
    SparseLinearAttention,
    causal,
    classify,
    linear_part,
    sight_of,
    sparse_part,
)
from tests.benchmarks._clock import cpu_seconds
from tests.benchmarks._table import row

FRAMES, SIDE, WIDTH, HEADS = 16, 32, 64, 1
SHARES = (Shares(0.05, 0.10), Shares(0.15, 0.10), Shares(0.5, 0.10), Shares(1.0, 0.0))
ROUNDS = 2


def drawn(frames: int) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values [1, H, L, D] of `frames` x 32 x 32 tokens, in tiles of 4 x 4 x 4 so
    that a block of 64 is a neighbourhood.
    """
    generator = torch.Generator().manual_seed(0)
    shape = (HEADS, WIDTH, frames, SIDE, SIDE)

    def field() -> Tensor:
        coarse = torch.randn((HEADS, WIDTH, frames // 4, SIDE // 8, SIDE // 8), generator=generator)
        smooth = F.interpolate(coarse, size=shape[2:], mode="trilinear")
        return smooth / smooth.std()

    def tokens(field_HDTYX: Tensor) -> Tensor:
        tiles = field_HDTYX.unflatten(2, (-1, 4)).unflatten(4, (-1, 4)).unflatten(6, (-1, 4))
        return tiles.permute(0, 2, 4, 6, 3, 5, 7, 1).reshape(1, HEADS, -1, WIDTH).contiguous()

    looks, values = field(), field()
    noise = [torch.randn(shape, generator=generator) for _ in range(3)]
    q, k, v = looks + 0.5 * noise[0], looks + 0.5 * noise[1], values + 0.5 * noise[2]
    return tokens(q), tokens(k), tokens(v)


def off(found: Tensor, exact: Tensor) -> float:
    return ((found - exact).norm() / exact.norm()).item()


def fitted(q: Tensor, k: Tensor, v: Tensor, exact: Tensor, shares: Shares) -> tuple[float, float]:
    """Relative error without P, and with the P that least squares finds on every other token,
    looked at on the others.
    """
    q, k, v, exact = (x[0] for x in (q, k, v, exact))
    sight = sight_of(q.shape[1], k.shape[1])
    classes = classify(q, k, sight, shares)
    sparse = sparse_part(q, k, v, sight, classes)[0]
    linear = linear_part(q, k, v, sight, classes)[0]
    learned = torch.linalg.lstsq(linear[::2], (exact[0] - sparse)[::2]).solution
    rest = slice(1, None, 2)
    return off(sparse[rest], exact[0, rest]), off((sparse + linear @ learned)[rest], exact[0, rest])


def main() -> None:
    """Print ratios and errors at 4,096 and 16,384 tokens."""
    torch.set_num_threads(1)
    for frames in (4, FRAMES):
        q, k, v = drawn(frames)
        tokens = q.shape[2]
        print(f"{tokens:,} tokens, {HEADS} head of {WIDTH}, float32, one thread")
        with torch.inference_mode():
            exact = F.scaled_dot_product_attention(q, k, v)
            full = cpu_seconds(partial(F.scaled_dot_product_attention, q, k, v), ROUNDS)
            for shares in SHARES:
                attention = SparseLinearAttention(WIDTH, shares)
                took = cpu_seconds(partial(attention, q, k, v), ROUNDS)
                named = f"critical {shares.critical:.0%}, negligible {shares.negligible:.0%}"
                row(f"{named}: time over full attention", f"{took / full:.3f}")
                alone, learned = fitted(q, k, v, exact, shares)
                row("... relative error, P of zeros / fitted", f"{alone:.4f} / {learned:.4f}")
            sight = sight_of(tokens, tokens, causal)
            attention = SparseLinearAttention(WIDTH, SHARES[0])
            causally = partial(F.scaled_dot_product_attention, is_causal=True)
            full = cpu_seconds(partial(causally, q, k, v), ROUNDS)
            took = cpu_seconds(partial(attention, q, k, v, sight), ROUNDS)
            row("causal, critical 5%: time over full causal attention", f"{took / full:.3f}")


if __name__ == "__main__":
    main()
