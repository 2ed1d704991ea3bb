"""That the parts of the machine agree on every job: what tests and simulations hold it to."""

from __future__ import annotations

from cluster_agent.broker.agents import Agents
from cluster_agent.broker.jobs import JobTable
from cluster_agent.broker.states import HELD
from cluster_agent.scheduling.fair_queue import FairQueue


def check(table: JobTable, queue: FairQueue, agents: Agents) -> None:
    """Assert it; expensive, and without effect."""
    live = table.live.values()
    assert not any(job.over for job in live)
    assert {job.number for job in live if job.state in HELD} == set(table.held)
    running = {held.job.id for held in queue.held() if held.started is not None}
    assert running == {hold.job.id for hold in table.held.values()}
    reserved = {job.id for job in queue.reservations().values()}
    queued = {job.id for job in live if job.state == "QUEUED"}
    assert reserved <= queued
    assert len(queue) + len(reserved) == len(queued)
    assert queued == reserved | {
        job.id for tier, user in table.waiting for job in queue.line(tier, user)
    }
    for hold in table.held.values():
        assert hold.agent.holds[hold.job.number] is hold
    for agent in agents:
        assert sum(hold.job.gpus for hold in agent.holds.values()) <= max(
            agent.gpus, 64 * (agent.info is None)
        )
        assert all(table.held[number] is hold for number, hold in agent.holds.items())
    for job in live:
        if job.state == "PENDING":
            assert job.paused or job.number in table.unmet or job.failures
