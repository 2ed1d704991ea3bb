"""When a job has waited too long and nothing is free, which running job makes room for it."""

from __future__ import annotations

from heapq import nsmallest

from cluster_agent.broker.dispatch import Dispatcher
from cluster_agent.broker.jobs import JobTable
from cluster_agent.broker.journal import Journal
from cluster_agent.broker.leases import Hold
from cluster_agent.broker.lifecycle import Lifecycle
from cluster_agent.broker.policy import Preemption
from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import Stop
from cluster_agent.scheduling.fair_queue import Job

EVERY = 1.0
"""Seconds between two looks, and thus between two preemptions."""
MOST_CONSIDERED = 16
PROMISE = 15.0
"""Seconds for which the room made is kept from jobs whose model is warm there."""


class Preempter:
    """Stops one running job at a time, at its checkpoint, for one that has waited too long.

    It makes room only for the job that the fair queue would serve there next, so that what it
    frees is not given to another.
    """

    def __init__(
        self,
        policy: Preemption,
        journal: Journal,
        table: JobTable,
        lifecycle: Lifecycle,
        dispatcher: Dispatcher,
    ) -> None:
        self._policy = policy
        self._journal = journal
        self._table = table
        self._lifecycle = lifecycle
        self._dispatcher = dispatcher
        self._look_at = 0.0
        self._served: dict[int, float] = {}

    def look(self) -> None:
        """Stop a job if one that waits has earned it."""
        now = self._journal.now.monotonic
        if now < self._look_at:
            return
        self._look_at = now + EVERY
        self._served = {number: until for number, until in self._served.items() if until > now}
        queued = self._lifecycle.queue.next(self._has_waited)
        if queued is None:
            return
        job = self._table.live[int(queued.id[1:])]
        victim = self._victim(job)
        if victim is None or victim.agent.route is None:
            return
        victim.stopping = "preempt"
        self._served[job.number] = now + PROMISE
        self._dispatcher.promised[victim.agent.name] = now + PROMISE
        self._journal.send(victim.agent.route, Stop(lease=victim.lease, reason="preempt"))

    def _has_waited(self, queued: Job) -> bool:
        if queued.tier != self._policy.tier:
            return False
        number = int(queued.id[1:])
        since = self._lifecycle.queued_at.get(number)
        latest = self._journal.now.monotonic - self._policy.after
        return since is not None and since <= latest and number not in self._served

    def _victim(self, job: JobRecord) -> Hold | None:
        """Of the tier that is furthest ahead of its share, the job that is least far.

        Only some are looked at closely: for each, the queue may look at every user's next job.
        """
        found = [hold for hold in self._table.held.values() if self._may_stop(hold, job)]
        queue = self._lifecycle.queue
        ahead = {tier: queue.standing(tier).tag for tier in {hold.job.tier for hold in found}}
        first = nsmallest(
            MOST_CONSIDERED,
            found,
            key=lambda hold: (-ahead[hold.job.tier], _done(hold), hold.job.number),
        )
        return next((hold for hold in first if self._is_next(hold, job)), None)

    def _may_stop(self, hold: Hold, job: JobRecord) -> bool:
        policy, now = self._policy, self._journal.now.monotonic
        return (
            hold.job.tier != policy.tier
            and hold.stopping is None
            and hold.job.preempted < policy.most
            and hold.granted <= now - policy.calm
            and hold.saved is not None
            and hold.saved >= now - policy.recent
            and hold.agent.free + hold.job.gpus >= job.gpus
            and self._dispatcher.can_run(hold.agent, job)
        )

    def _is_next(self, hold: Hold, job: JobRecord) -> bool:
        """Whether the room would go to this job."""
        accepts = self._dispatcher.accepts(hold.agent)
        coming = self._lifecycle.queue.next(accepts)
        return coming is not None and coming.id == job.id


def _done(hold: Hold) -> float:
    return hold.step / hold.steps if hold.steps else 0.0
