"""The blocks of a denoiser: what caches pass over and what is compiled."""

from __future__ import annotations

from torch import nn


def lists_of_blocks(denoiser: nn.Module) -> dict[str, nn.ModuleList]:
    """A denoiser's lists of blocks by name, in the order in which it computes them."""
    return {
        name: child
        for name, child in denoiser.named_children()
        if isinstance(child, nn.ModuleList) and name.endswith("blocks")
    }


def blocks_of(denoiser: nn.Module) -> list[nn.Module]:
    """All blocks of a denoiser."""
    return [block for blocks in lists_of_blocks(denoiser).values() for block in blocks]
