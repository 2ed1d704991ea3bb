"""A lease that is alive: which agent works on which job, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import AgentInfo, Lease

StopReason = Literal["cancel", "preempt", "pause"]


@dataclass(slots=True, eq=False)
class Agent:
    """An agent, as long as its leases may live.

    `route` is None where it cannot be reached; `heard` is when its last beat came.  `offered` is
    one warm model a GPU that was free when it last said so, without what was assigned since.
    `info` is None after a restart of the broker, until it registers.
    """

    name: str
    identity: str
    heard: float
    route: bytes | None = None
    info: AgentInfo | None = None
    online: bool = False
    draining: bool = False
    beats: int = -1
    ready: int = -1
    offered: list[str] = field(default_factory=list)
    holds: dict[int, Hold] = field(default_factory=dict)
    prefetched: int = 0

    @property
    def gpus(self) -> int:
        """How many it has."""
        return len(self.info.gpus) if self.info is not None else 0

    @property
    def free(self) -> int:
        """How many GPUs are free: as it says, but never more than the leases leave."""
        if self.route is None or self.draining or not self.offered:
            return 0
        busy = sum(hold.job.gpus for hold in self.holds.values())
        return max(0, min(len(self.offered), self.gpus - busy))


@dataclass(slots=True, eq=False)
class Hold:
    """A live lease.

    `granted` is when; `begun` whether anything was heard of its work since; `base` the step its
    work starts from; `saved` when its last checkpoint came; `stopping` why it was told to stop.
    `step` of `steps` are done.
    """

    job: JobRecord
    agent: Agent
    granted: float
    begun: bool = False
    base: int = 0
    saved: float | None = None
    stopping: StopReason | None = None
    step: int = 0
    steps: int = 0

    @property
    def lease(self) -> Lease:
        """As the agent names it."""
        return Lease(job=self.job.id, epoch=self.job.epoch)
