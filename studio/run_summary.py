"""How a node of a run stands; an instance of a subgraph stands for everything inside it."""

from __future__ import annotations

from typing import Final

from engine.graph.document import SUBGRAPH
from studio.runs import NodeRun, NodeState, Run

IDLE: Final = NodeRun()
_WORST_FIRST: Final[tuple[NodeState, ...]] = (
    "failed",
    "running",
    "cancelled",
    "skipped",
    "waiting",
)


def run_of_node(run: Run, path: str, type: str) -> NodeRun:
    """The state of the node at a path."""
    if not type.startswith(SUBGRAPH):
        return run.nodes.get(path, IDLE)
    prefix = path + "/"
    return summary([node for id, node in run.nodes.items() if id.startswith(prefix)])


def summary(inside: list[NodeRun]) -> NodeRun:
    """Several nodes as one: what is worst decides, then what is under way."""
    inside = [node for node in inside if node.state != "idle"]
    if not inside:
        return IDLE
    for worst in _WORST_FIRST:
        for node in inside:
            if node.state == worst:
                return node
    seconds = sum(node.seconds for node in inside)
    files = tuple(file for node in inside for file in node.files)
    state: NodeState = "cached" if all(node.state == "cached" for node in inside) else "done"
    shown = next((node.preview for node in reversed(inside) if node.preview), b"")
    return NodeRun(state=state, seconds=seconds, files=files, preview=shown)
