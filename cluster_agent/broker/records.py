"""What the broker keeps of a job: plain data, as the store keeps it too."""

from __future__ import annotations

from dataclasses import dataclass

from cluster_agent.protocol.job_spec import ResultFile
from cluster_agent.protocol.messages import Checkpoint, State

ENDED: frozenset[State] = frozenset({"COMPLETED", "FAILED", "CANCELLED", "BLOCKED"})
WAITING: frozenset[State] = frozenset({"PENDING", "QUEUED"})


@dataclass(slots=True)
class JobRecord:
    """A job's whole story but its spec, which is kept beside it and never changes.

    `number` is the job's id without its 'j'.  `rank` orders the waiting jobs of one user and
    priority.  `epoch` counts the leases granted: who holds an older one has lost it.  Times are
    seconds since 1970, for people; nothing is decided by them.  `seconds` is the expected time on
    all `gpus`, `charged` GPU-seconds so far over all attempts, `counted` those of the attempt
    under way.
    """

    number: int
    user: str
    key: str
    tier: str
    priority: int
    model: str
    size: int
    steps: int
    gpus: int
    memory: int
    seconds: float
    attempts: int
    timeout: float | None
    after: tuple[int, ...]
    packs: dict[str, str]
    label: str
    rank: int
    created: float
    state: State = "PENDING"
    paused: bool = False
    cancelled: bool = False
    epoch: int = 0
    agent: str = ""
    failures: int = 0
    failed_on: tuple[str, ...] = ()
    preempted: int = 0
    step: int = 0
    started: float | None = None
    ended: float | None = None
    charged: float = 0.0
    counted: float = 0.0
    error: str = ""
    checkpoints: tuple[Checkpoint, ...] = ()
    results: tuple[ResultFile, ...] = ()

    @property
    def id(self) -> str:
        """As users and agents name it."""
        return f"j{self.number}"

    @property
    def over(self) -> bool:
        """Whether it has reached a state that it never leaves, unless it is retried."""
        return self.state in ENDED
