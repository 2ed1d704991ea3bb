"""The node that holds a prompt."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param

MAX_CHARACTERS = 2000


class WritePrompt(
    Node,
    type="text.prompt",
    category="Text",
    aliases=("prompt", "positive", "description", "string"),
):
    """Describe in words what the video shows."""

    text: str = Param(
        "",
        widget="text",
        max_length=MAX_CHARACTERS,
        help="What the video shows: the subject, what it does, where, and in which light.",
    )

    def run(self, ctx: Context) -> str:
        return " ".join(self.text.split())
