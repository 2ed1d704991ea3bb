"""The node that holds a seed."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param


class ChooseSeed(
    Node, type="input.seed", category="Input", aliases=("seed", "noise", "random", "variation")
):
    """Hold one seed: the same seed gives the same video again, another one a variation."""

    seed: int = Param(
        0, ge=0, le=2**63 - 1, widget="seed", help="Any whole number; it has no order or size."
    )

    def run(self, ctx: Context) -> int:
        return self.seed
