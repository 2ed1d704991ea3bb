"""A step stops between two blocks, and leaves the network as it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.errors import Cancelled
from engine.models.interruption import interruptible, make_interruptible


class Deep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(4, 4) for _ in range(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = block(x)
        return x


def test_a_step_stops_between_two_blocks_and_the_network_goes_on_working() -> None:
    network, x = Deep(), torch.ones(1, 4)
    expected = network(x)
    make_interruptible(network)
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Cancelled()

    with pytest.raises(Cancelled), interruptible(check):
        network(x)
    assert asked == 3
    assert torch.equal(network(x), expected)
    assert asked == 3, "outside, nobody is asked"
