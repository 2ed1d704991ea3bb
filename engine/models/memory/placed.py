"""Networks on a device, by a way of the plan: what works is there, the rest may be elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import torch
from torch import nn

from engine.models.loading.sizes import memory_of
from engine.models.memory.networks import held_in_blocks, owners_of_blocks, phase_of
from engine.models.memory.plan import ALL_STAY, Phase

if TYPE_CHECKING:
    from engine.models.memory.plan import Placement

HOST = torch.device("cpu")


class Placed:
    """The networks of one model; `using` brings what is needed, and nothing moves needlessly.

    What was brought stays until something else needs the room: two prompts in a row move the text
    encoder once.  Values are never changed by a move, so every way gives the same sample.
    """

    def __init__(self, networks: Mapping[str, nn.Module], device: str) -> None:
        self.networks = dict(networks)
        self.device = torch.device(device)
        self.way = ALL_STAY
        self._here = {name for name, each in self.networks.items() if self._is_here(each)}
        self._in_blocks: set[str] = set()
        self.moves = 0
        """How often a network came to the device."""

    @property
    def nbytes_here(self) -> int:
        """Bytes of weights that lie on the device now."""
        held = (
            held_in_blocks(self.networks[name])
            if name in self._in_blocks
            else memory_of(self.networks[name])
            for name in self._here
        )
        return sum(held)

    @property
    def here(self) -> frozenset[str]:
        """The networks that are on the device now."""
        return frozenset(self._here)

    def change(self, placement: Placement) -> None:
        """Go over to another way; networks come to the device when they are used next."""
        for name in [*self._in_blocks]:
            _undo_blocks(self.networks[name])
        self._in_blocks.clear()
        self.way = placement.way
        self._send_away(keep=frozenset())

    @contextmanager
    def using(self, *names: str) -> Iterator[None]:
        """What is done inside finds these networks on the device; names that are not there pass."""
        wanted = frozenset(name for name in names if name in self.networks)
        if self.way.handed_over:
            self._send_away(keep=wanted)
        for name in sorted(wanted - self._here):
            self._bring(name)
        yield

    def phase(self, *phases: Phase) -> AbstractContextManager[None]:
        """What works in these phases."""
        return self.using(*(name for name in self.networks if phase_of(name) in phases))

    def _bring(self, name: str) -> None:
        network = self.networks[name]
        self.moves += 1
        if phase_of(name) in self.way.in_blocks:
            _lay_in_blocks(network, self.device)
            self._in_blocks.add(name)
        else:
            network.to(self.device)
        self._here.add(name)

    def _is_here(self, network: nn.Module) -> bool:
        first = next(network.parameters(), None)
        return first is None or first.device.type == self.device.type

    def _send_away(self, keep: frozenset[str]) -> None:
        for name in self._here - keep:
            if name in self._in_blocks:
                _undo_blocks(self.networks[name])
                self._in_blocks.discard(name)
            self.networks[name].to(HOST)
        self._here &= keep


def _lay_in_blocks(network: nn.Module, device: torch.device) -> None:
    """Leave the blocks on the host; each comes when its turn is, while the one before computes."""
    from diffusers.hooks.group_offloading import apply_group_offloading

    owners = owners_of_blocks(network)
    if not owners:
        network.to(device)
    for owner in owners:
        apply_group_offloading(
            owner,
            onload_device=device,
            offload_device=HOST,
            num_blocks_per_group=1,
            use_stream=device.type == "cuda",
        )
    _move_what_is_no_owner(network, frozenset(owners), device)


def _move_what_is_no_owner(
    module: nn.Module, owners: frozenset[nn.Module], device: torch.device
) -> None:
    waiting = [module]
    while waiting:
        each = waiting.pop()
        if each in owners:
            continue
        for tensor in (*each.parameters(recurse=False), *each.buffers(recurse=False)):
            tensor.data = tensor.data.to(device)
        waiting += each.children()


def _undo_blocks(network: nn.Module) -> None:
    from diffusers.hooks.hooks import HookRegistry

    for module in network.modules():
        if hasattr(module, "_diffusers_hook"):
            registry = HookRegistry.check_if_exists_or_initialize(module)
            for hook in ("group_offloading", "lazy_prefetch_group_offloading"):
                registry.remove_hook(hook, recurse=False)
            registry.remove_hook("layer_execution_tracker", recurse=False)
