"""The node that takes one item out of a list."""

from __future__ import annotations

from engine.errors import InvalidInput
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In


class PickItem(
    Node, type="list.pick", category="Logic", aliases=("index", "select", "get item", "choose")
):
    """Take one item out of a list."""

    items: In[list[object]]
    index: int = Param(0, help="Which item, counted from 0; -1 is the last, -2 the one before.")

    def run(self, ctx: Context) -> object:
        length = len(self.items)
        if not -length <= self.index < length:
            raise InvalidInput(
                f"There is no item {self.index} in a list of {length}.",
                remedy=f"Set the index from {-length} to {length - 1}."
                if length
                else "Connect a list with something in it.",
            )
        return self.items[self.index]
