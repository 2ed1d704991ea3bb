"""The node that passes on one of two inputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.errors import InvalidInput
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In

PORTS = {True: "when_on", False: "when_off"}


class SwitchInput(
    Node,
    type="logic.switch",
    category="Logic",
    aliases=("if", "choose", "toggle", "condition", "either", "branch"),
):
    """Pass on one of two inputs; what only the other one needs is not computed."""

    when_on: In[object | None] = None
    when_off: In[object | None] = None
    on: bool = Param(True, help="On passes the upper input on, off the lower one.")

    def run(self, ctx: Context) -> object:
        chosen = self.when_on if self.on else self.when_off
        if chosen is None:
            raise InvalidInput(
                f"Nothing is connected to '{PORTS[self.on]}'.",
                remedy="Connect it, or turn the switch.",
            )
        return chosen

    @classmethod
    def needs(cls, params: Mapping[str, ParamValue]) -> Collection[str] | None:
        on = params.get("on")
        return (PORTS[on],) if isinstance(on, bool) else None
