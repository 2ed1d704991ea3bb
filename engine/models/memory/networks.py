"""What networks take on a device, read off the networks themselves."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from engine.models.loading.sizes import memory_of
from engine.models.memory.plan import Part
from engine.models.memory.working import BLOCKS_HELD, phase_of

__all__ = ["held_in_blocks", "owners_of_blocks", "parts_of", "phase_of"]


def parts_of(networks: Mapping[str, nn.Module]) -> tuple[Part, ...]:
    """What each network takes, whole and block by block."""
    return tuple(
        Part(name, phase_of(name), memory_of(network), held_in_blocks(network))
        for name, network in networks.items()
    )


def owners_of_blocks(network: nn.Module) -> tuple[nn.Module, ...]:
    """The outermost modules with a list of blocks: a denoiser itself, a text encoder's stack."""
    found, waiting = [], [network]
    while waiting:
        module = waiting.pop()
        if any(isinstance(c, nn.ModuleList) and len(c) > 1 for c in module.children()):
            found.append(module)
        else:
            waiting += module.children()
    return tuple(found)


def held_in_blocks(network: nn.Module) -> int:
    """Bytes on the device while a network works block by block: what is no block stays."""
    lists = (c for owner in owners_of_blocks(network) for c in owner.children())
    sizes = [memory_of(block) for c in lists if isinstance(c, nn.ModuleList) for block in c]
    if not sizes:
        return memory_of(network)
    return memory_of(network) - sum(sizes) + BLOCKS_HELD * max(sizes)
