"""The node that counts through seeds."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param


class SweepSeeds(
    Node,
    type="list.seeds",
    category="Logic",
    aliases=("range", "batch count", "variations", "integers", "sweep"),
):
    """Count through seeds (or other whole numbers): one variation for each."""

    start: int = Param(0, ge=0, le=2**62, widget="seed", help="The first seed.")
    count: int = Param(4, ge=1, le=1000, unit="seeds", help="How many seeds there are.")
    step: int = Param(1, ge=1, le=2**32, help="From one seed to the next.")

    def run(self, ctx: Context) -> list[int]:
        return [self.start + index * self.step for index in range(self.count)]
