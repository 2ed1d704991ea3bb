"""The node that lists texts."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param


class ListTexts(
    Node, type="list.texts", category="Logic", aliases=("batch", "prompts", "strings", "array")
):
    """List texts: what takes a single one runs once for each, so that three prompts give three
    videos."""

    texts: list[str] = Param(
        ["a red ball", "a blue cube"],
        max_length=2000,
        help="The texts, in the order they are run; prompts, say.",
    )

    def run(self, ctx: Context) -> list[str]:
        return list(self.texts)
