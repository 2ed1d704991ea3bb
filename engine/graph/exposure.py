"""The parameters that a document exposes under names of its own."""

from __future__ import annotations

from engine.graph.document import Document, Exposed
from engine.graph.names import way_out
from engine.graph.problems import Problem
from engine.graph.wiring import Wiring


def exposure_problems(document: Document, wiring: Wiring) -> list[Problem]:
    """What is exposed but is not there, or has no effect as a link feeds it."""
    found = (_problem(document, wiring, name, it) for name, it in document.exposed.items())
    return [problem for problem in found if problem is not None]


def _problem(document: Document, wiring: Wiring, name: str, it: Exposed) -> Problem | None:
    if it.node not in document.nodes:
        message = f"The exposed '{name}' is of a node '{it.node}' that does not exist."
        remedy = way_out(it.node, document.nodes, none="Remove it.")
        return Problem(message, remedy, it.node, name, it.node)
    settled = wiring.settled.get(it.node)
    if settled is None:
        return None
    params = settled.type.params
    if it.param not in params:
        message = f"The exposed '{name}' is of a parameter '{it.param}' "
        message += f"that node '{it.node}' does not have."
        remedy = way_out(it.param, params, none="Remove it.")
        return Problem(message, remedy, it.node, name, it.param)
    if it.param in wiring.incoming.get(it.node, {}):
        message = f"The exposed '{name}' has no effect, as a link feeds '{it.node}.{it.param}'."
        remedy = "Remove the link, or expose another parameter."
        return Problem(message, remedy, it.node, name, severity="warning")
    return None
