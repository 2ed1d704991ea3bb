"""The node that holds a number."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param


class EnterNumber(
    Node, type="input.number", category="Input", aliases=("number", "float", "constant", "value")
):
    """Hold one number, to feed several parameters from one place."""

    value: float = Param(1.0, help="The number.")

    def run(self, ctx: Context) -> float:
        return self.value
