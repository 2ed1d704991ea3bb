"""The node that joins texts."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In


class JoinText(
    Node,
    type="text.join",
    category="Text",
    aliases=("concatenate", "concat", "append", "combine text", "string"),
):
    """Join up to four texts into one; empty ones leave no separator behind."""

    first: In[str]
    second: In[str | None] = None
    third: In[str | None] = None
    fourth: In[str | None] = None
    separator: str = Param(
        ", ", max_length=20, help="What stands between two texts; a space or a comma, say."
    )

    def run(self, ctx: Context) -> str:
        parts = (self.first, self.second, self.third, self.fourth)
        return self.separator.join(part for part in parts if part)
