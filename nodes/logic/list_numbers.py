"""The node that lists numbers."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param


class ListNumbers(
    Node, type="list.numbers", category="Logic", aliases=("batch", "values", "floats", "array")
):
    """List numbers: what takes a single one runs once for each of them."""

    values: list[float] = Param([1.0, 2.0], help="The numbers, in the order they are run.")

    def run(self, ctx: Context) -> list[float]:
        return list(self.values)
