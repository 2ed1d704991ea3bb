"""What an operator may decide about a broker: leases, retries, limits, preemption, retention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cluster_agent.protocol.messages import Fault
from cluster_agent.scheduling.levels import Policy

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Watched:
    """What watchers get.  Progress is sent every `every` seconds, `each` messages at most.

    `waiting` state changes are kept in memory for one who is slow; the rest waits in the store.
    `characters` bounds the progress that is kept for one who is slow.
    """

    every: float = 0.1
    each: int = 20
    waiting: int = 1000
    characters: int = 1 << 20
    page: int = 1000


@dataclass(frozen=True, slots=True)
class Preemption:
    """When a job of `tier` may displace a running one of another tier.

    It must have waited `after` seconds.  A job is displaced `most` times at most, not within
    `calm` seconds of its start, and only if its last checkpoint is not older than `recent`.
    """

    tier: str = "premium"
    after: float = 30.0
    most: int = 2
    calm: float = 60.0
    recent: float = 120.0


@dataclass(frozen=True, slots=True)
class BrokerPolicy:
    """Everything that is decided about a broker.  Times are seconds.

    A lease ends `lease` seconds after the last beat heard; an agent that heard nothing for
    `fence` stops by itself.  A lease that the agent does not list `claim` after it was granted
    never arrived.  `unseen` is how long a job is expected to take that nobody knows anything of.
    `timeouts` bound one attempt by tier.  A job that failed waits `backoff`, doubled with every
    failure up to `longest_backoff`; it is given up after failing on `agents_tried` agents, after
    as many were lost with it and it got no further, and when a lease is lost after `most_leases`.
    A fault in `hopeless` ends a job at once: where there is one computer, trying a graph again
    that failed by itself only costs time.  `queued` jobs of a user may wait in a tier.  A user may
    send `rate` messages a second, and `burst` at once.  `remembered` jobs that ended are kept in
    memory.  The shell forgets jobs `retention` after their end, and all but `events` state changes.
    """

    fair: Policy = field(default_factory=Policy)
    beat: float = 2.0
    fence: float = 7.0
    lease: float = 10.0
    claim: float = 5.0
    unseen: float = 60.0
    timeouts: Mapping[str, float] = field(
        default_factory=lambda: {"premium": 6 * HOUR, "standard": 4 * HOUR, "free": 2 * HOUR}
    )
    timeout: float = 4 * HOUR
    timeout_grace: float = 30.0
    backoff: float = 2.0
    longest_backoff: float = 60.0
    agents_tried: int = 3
    most_leases: int = 25
    hopeless: frozenset[Fault] = frozenset()
    queued: int = 200_000
    rate: float = 10_000.0
    burst: float = 20_000.0
    prefetch_from: float = 10.0
    watched: Watched = field(default_factory=Watched)
    preemption: Preemption | None = field(default_factory=Preemption)
    remembered: int = 10_000
    retention: float = 30 * 24 * HOUR
    events: int = 1_000_000

    def longest(self, tier: str, asked: float | None) -> float:
        """How long one attempt of a job may take."""
        most = self.timeouts.get(tier, self.timeout)
        return most if asked is None else min(asked, most)

    def delay(self, failures: int) -> float:
        """How long a job waits after so many failures."""
        return min(self.longest_backoff, self.backoff * 2.0 ** min(failures - 1, 30))
