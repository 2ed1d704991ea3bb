"""The sentences in which runs that went wrong are told."""

from __future__ import annotations

import re
from typing import Final

from studio.run_states import node_named
from studio.runs import HERE, NodeRun, Run

NOT_HERE_YET: Final = "Its files are not here yet: "
"""How the note of a run begins whose files could not be fetched or written."""
_ON: Final = re.compile(r"^On [^\s:]+: ")
_GIVEN_UP: Final = re.compile(r" Given up after (\d+) failures on [^.]*\.$")
_MIB: Final = 1 << 20


def plain_error(error: str, place: str) -> str:
    """A broker's sentence as it is told here: on this computer nobody asks which agent it was."""
    if place != HERE:
        return error
    return _GIVEN_UP.sub(r" Given up after \1 attempts.", _ON.sub("", error))


def how_far(node: NodeRun | None) -> str:
    """Where a node was, as a sentence that follows another; '' if nobody knows."""
    if node is None or not node.total:
        return ""
    unit = node.unit.removesuffix("s") or "step"
    kept = f", kept up to {unit} {node.checkpoint}" if node.checkpoint else ""
    return f" It was at {unit} {node.done} of {node.total}{kept}."


def attempt_failed(run: Run, error: str) -> str:
    """Why an attempt came to nothing, and how far it was."""
    plain = plain_error(error, run.place)
    return plain + how_far(run.nodes.get(node_named(plain)))


def child_died(run: Run, how: str) -> str:
    """What the end of the child means for a run that was at work."""
    node = f"Node '{run.node}' was running. " if run.node else ""
    far = how_far(run.nodes.get(run.node))
    worker = f" Its worker held {run.peak // _MIB} MiB." if run.peak else ""
    return f"{node}{how}{worker}{far} 'Resume' starts it again and goes on from what was kept."
