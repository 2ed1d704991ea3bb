"""A mixture of experts in the place of a block's feed-forward: each token goes to a few of them.

Experts begin as copies of the dense layers (sparse upcycling, arXiv:2212.05055). A router scores
them by s = sigmoid(W x); the `chosen` highest of s + bias compute, and what they make is weighed by
2 s / chosen, which is 1 in all while the router knows nothing: at first the network is the dense
one. Loads are kept even without a loss (arXiv:2408.15664): after each step an expert that got less
than its share has its bias raised by a little, one that got more has it lowered; the bias decides
who computes and not how much it counts, so it disturbs no gradient, as the Switch loss
(arXiv:2101.03961) does.

Shapes: M tokens, D width, E experts, X chosen ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.starter.dit import Block, StarterDiT

_ROUTER_SPREAD: Final = 1e-3  # so that tokens differ for the router, and their weights hardly


class Experts(nn.Module):
    """Copies of one feed-forward, of which each token takes `chosen`."""

    bias_E: Tensor
    load_E: Tensor

    def __init__(self, widen: nn.Linear, narrow: nn.Linear, count: int, chosen: int) -> None:
        super().__init__()
        self.chosen = chosen
        self.widen = nn.ModuleList(deepcopy(widen) for _ in range(count))
        self.narrow = nn.ModuleList(deepcopy(narrow) for _ in range(count))
        self.router = nn.Linear(widen.in_features, count, bias=False)
        nn.init.normal_(self.router.weight, std=_ROUTER_SPREAD)
        self.register_buffer("bias_E", torch.zeros(count))
        self.register_buffer("load_E", torch.zeros(count), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """What the experts make of tokens [..., D]."""
        x_MD = x.flatten(0, -2)
        score_ME = self.router(x_MD).sigmoid()
        chosen_MX = (score_ME.detach() + self.bias_E).topk(self.chosen).indices
        weight_MX = score_ME.gather(1, chosen_MX) * (2 / self.chosen)
        made_MD = torch.zeros_like(x_MD)
        for expert, (widen, narrow) in enumerate(zip(self.widen, self.narrow, strict=True)):
            rows, slots = (chosen_MX == expert).nonzero(as_tuple=True)
            found = narrow(F.relu(widen(x_MD[rows])).square()) * weight_MX[rows, slots, None]
            made_MD = made_MD.index_add(0, rows, found)
        if self.training:
            self.load_E = chosen_MX.flatten().bincount(minlength=len(self.bias_E)).float()
        return made_MD.view(x.shape)

    def balance(self, rate: float) -> None:
        """Favour those that got less than their share in the last step, by `rate`."""
        self.bias_E += rate * (self.load_E.mean() - self.load_E).sign()


class RoutedBlock(Block):
    """A block of the denoiser with experts for its feed-forward."""

    experts: Experts

    def feed_forward(self, x_BTSD: Tensor) -> Tensor:
        made: Tensor = self.experts(x_BTSD)
        return made


def with_experts(dit: StarterDiT, count: int, chosen: int) -> StarterDiT:
    """A copy of a denoiser, each block's feed-forward in `count` copies."""
    made = deepcopy(dit)
    for index, dense in enumerate(dit.blocks):
        assert isinstance(dense, Block)
        block = RoutedBlock(dit.config)
        block.load_state_dict(dense.state_dict())
        block.experts = Experts(block.widen, block.narrow, count, chosen)
        del block.widen, block.narrow
        made.blocks[index] = block.train(dense.training)
    return made


def experts_of(dit: StarterDiT) -> Iterator[Experts]:
    """Those of every block."""
    return (module for module in dit.modules() if isinstance(module, Experts))
