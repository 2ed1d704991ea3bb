"""The node that makes evenly spaced numbers."""

from __future__ import annotations

from typing import Literal

from engine.errors import InvalidInput
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param


class SweepNumbers(
    Node, type="list.sweep", category="Logic", aliases=("range", "linspace", "grid", "vary")
):
    """Make a row of numbers from one to another, to compare guidance or shift, say."""

    start: float = Param(1.0, help="The first number.")
    stop: float = Param(5.0, help="The last number; it is part of the row.")
    count: int = Param(5, ge=1, le=1000, unit="values", help="How many numbers there are.")
    spacing: Literal["even", "geometric"] = Param(
        "even", help="'even' adds the same each time, 'geometric' multiplies by the same."
    )

    def run(self, ctx: Context) -> list[float]:
        if self.count == 1:
            return [self.start]
        shares = [index / (self.count - 1) for index in range(self.count)]
        if self.spacing == "even":
            return [self.start * (1 - share) + self.stop * share for share in shares]
        if self.start <= 0 or self.stop <= 0:
            raise InvalidInput(
                f"A geometric row cannot go from {self.start} to {self.stop}.",
                remedy="Give two numbers above 0, or space the row evenly.",
            )
        return [self.start ** (1 - share) * self.stop**share for share in shares]
