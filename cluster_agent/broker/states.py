"""The states of a job, and which may follow which.

PENDING    waits for other jobs, for a retry's time, or for its user (paused)
QUEUED     waits for an agent
ASSIGNED   an agent holds its lease; then the phases of its work, in any order
COMPLETED, FAILED, CANCELLED, BLOCKED   it has ended
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from cluster_agent.broker.records import ENDED, WAITING
from cluster_agent.protocol.messages import Phase, State

PHASES: Final[frozenset[State]] = frozenset(get_args(Phase))
HELD: Final[frozenset[State]] = PHASES | {"ASSIGNED"}
"""The states in which an agent holds the job's lease."""

AFTER: Final[Mapping[State, frozenset[State]]] = {
    "PENDING": frozenset({"QUEUED", "FAILED", "CANCELLED"}),
    "QUEUED": frozenset({"PENDING", "ASSIGNED", "FAILED", "CANCELLED"}),
    "ASSIGNED": PHASES | WAITING | ENDED,
    **dict.fromkeys(PHASES, PHASES | WAITING | ENDED),
    "COMPLETED": frozenset(),
    "FAILED": WAITING,  # its user asked for another try
    "CANCELLED": WAITING,  # the same
    "BLOCKED": frozenset(),
}


def may_follow(state: State, present: State) -> bool:
    """Whether a job in the `present` state may enter `state`."""
    return state in AFTER[present]
