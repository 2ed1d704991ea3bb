"""The broker's state after a restart: the fair queue as it stood, jobs where they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cluster_agent.broker.agents import Agents
from cluster_agent.broker.jobs import JobTable
from cluster_agent.broker.journal import Journal
from cluster_agent.broker.lifecycle import Lifecycle, as_queued
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.quotas import Quotas
from cluster_agent.broker.records import WAITING, JobRecord
from cluster_agent.broker.states import HELD
from cluster_agent.scheduling.fair_queue import FairQueue, Held, Standing, Terms
from cluster_agent.store.protocol import FlowRow

LEVEL = ""
"""Rows of this 'tier' hold the tag served last: in the tier that `user` names, '' among tiers."""


def queue_of(
    policy: BrokerPolicy, jobs: Iterable[JobRecord], flows: Iterable[FlowRow], now: float
) -> FairQueue:
    """The fair queue with the waiting and the running jobs among those loaded, by rank."""
    rows = {(row.tier, row.user): row for row in flows}
    level = rows.get((LEVEL, LEVEL))
    tiers = policy.fair.shares
    waiting, running = [], []
    for job in jobs:
        if job.tier in tiers and job.state == "QUEUED":
            waiting.append(as_queued(job))
        elif job.tier in tiers and job.state in HELD:
            queued = as_queued(job)
            running.append(Held(queued, job.agent, queued.cost, now))
    return FairQueue.resumed(
        policy.fair, 0.0 if level is None else level.tag, _standings(rows), waiting, running
    )


def flow_rows(
    queue: FairQueue, quotas: Quotas, flows: Iterable[tuple[str, str]]
) -> Iterator[FlowRow]:
    """The rows of flows (tier, user) as they stand, and of the levels they are on."""
    tiers: dict[str, None] = {}
    for tier, user in flows:
        tiers[tier] = None
        if user:
            yield _row(queue.standing(tier, user), quotas.limits.get((tier, user)))
    for tier in tiers:
        standing = queue.standing(tier)
        yield _row(standing, None)
        yield FlowRow(LEVEL, tier, standing.last, 0.0, False, 1.0, None, None, None)
    if tiers:
        yield FlowRow(LEVEL, LEVEL, queue.last, 0.0, False, 1.0, None, None, None)


def settle_in(
    jobs: Iterable[JobRecord],
    policy: BrokerPolicy,
    journal: Journal,
    table: JobTable,
    lifecycle: Lifecycle,
    agents: Agents,
) -> None:
    """Count every job where it is, and let those move on that need not wait any more."""
    counts, waiting = journal.counts, table.waiting
    pending = []
    for job in jobs:
        counts[job.state] += 1
        if job.state in WAITING:
            waiting[job.tier, job.user] += 1
        if job.tier not in policy.fair.shares or job.state == "PENDING":
            pending.append(job)
        elif job.state in HELD:
            lifecycle.held_before(job, agents.expected(job.agent))
        else:
            lifecycle.queued_before(job)
    known = table.found({number for job in pending for number in job.after})
    for job in pending:
        if job.over:
            continue
        if job.tier not in policy.fair.shares:
            lifecycle.end(job, "FAILED", f"There is no tier '{job.tier}' any more.")
        else:
            lifecycle.pending_before(job, known)


def _standings(rows: dict[tuple[str, str], FlowRow]) -> Iterator[Standing]:
    for (tier, user), row in rows.items():
        if tier != LEVEL:
            last = rows.get((LEVEL, tier)) if not user else None
            terms = Terms(row.weight, row.slots, row.cost)
            tag = 0.0 if last is None else last.tag
            yield Standing(tier, user, row.tag, row.served, row.paused, terms, tag)


def _row(standing: Standing, queued: int | None) -> FlowRow:
    terms = standing.terms
    return FlowRow(
        standing.tier,
        standing.user,
        standing.tag,
        standing.served,
        standing.paused,
        terms.weight,
        terms.slots,
        terms.cost,
        queued,
    )
