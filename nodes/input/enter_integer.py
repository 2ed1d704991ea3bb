"""The node that holds a whole number."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param


class EnterInteger(
    Node, type="input.integer", category="Input", aliases=("integer", "int", "count", "value")
):
    """Hold one whole number, to feed several parameters from one place."""

    value: int = Param(1, help="The whole number.")

    def run(self, ctx: Context) -> int:
        return self.value
