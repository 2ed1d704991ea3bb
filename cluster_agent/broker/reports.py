"""What agents say of the work of their leases; who has lost a lease changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from cluster_agent.broker.agents import Agents, live
from cluster_agent.broker.dispatch import Dispatcher
from cluster_agent.broker.jobs import JobTable
from cluster_agent.broker.journal import Journal
from cluster_agent.broker.leases import Hold
from cluster_agent.broker.lifecycle import Lifecycle
from cluster_agent.broker.outcome import Peer
from cluster_agent.broker.records import JobRecord
from cluster_agent.broker.watching import Watchers
from cluster_agent.protocol.messages import (
    Checkpoint,
    Done,
    Failed,
    Finished,
    Refused,
    Report,
    Started,
    Stop,
    Stopped,
)

MOST_CHECKPOINTS = 64
Word = Started | Report | Finished | Failed | Stopped


class Reports:
    """Takes the words of agents about their work."""

    def __init__(
        self,
        journal: Journal,
        table: JobTable,
        lifecycle: Lifecycle,
        agents: Agents,
        dispatcher: Dispatcher,
        watchers: Watchers,
    ) -> None:
        self._journal = journal
        self._table = table
        self._lifecycle = lifecycle
        self._agents = agents
        self._dispatcher = dispatcher
        self._watchers = watchers

    def started(self, peer: Peer, message: Started) -> None:
        """Work has begun."""
        self._held(peer, message)

    def report(self, peer: Peer, message: Report) -> None:
        """How far it is: a phase and a checkpoint are kept, the rest is passed on."""
        hold = self._held(peer, message)
        if hold is None:
            return
        job = hold.job
        hold.steps = message.steps or hold.steps
        if message.step > hold.step or message.phase not in (None, job.state):
            hold.step = job.step = message.step
        if message.checkpoint is not None:
            job.checkpoints = _with(job.checkpoints, message.checkpoint)
            hold.saved = self._journal.now.monotonic
            self._journal.keep(job)
        self._lifecycle.progress(hold, message.seconds)
        if message.phase is not None and message.phase != job.state:
            self._journal.enter(job, message.phase)
        if message.events:
            self._watchers.progress(job, message.events)

    def finished(self, peer: Peer, message: Finished) -> None:
        """The work is done and its files are safe."""

        def complete(hold: Hold) -> None:
            self._lifecycle.complete(hold, message.seconds, message.results)

        self._ended(peer, message, complete)

    def failed(self, peer: Peer, message: Failed) -> None:
        """The work ended without a result."""

        def fail(hold: Hold) -> None:
            where = f"On {hold.agent.name}: {message.error.rstrip()}"
            self._lifecycle.fail(hold, message.seconds, message.fault, where)

        self._ended(peer, message, fail)

    def stopped(self, peer: Peer, message: Stopped) -> None:
        """The work was stopped, because the broker said so or the agent ends."""

        def give_back(hold: Hold) -> None:
            if hold.stopping == "preempt":
                hold.job.preempted += 1
            self._lifecycle.give_back(hold, message.seconds)

        self._ended(peer, message, give_back)

    def _ended(
        self, peer: Peer, message: Finished | Failed | Stopped, end: Callable[[Hold], None]
    ) -> None:
        hold = self._held(peer, message)
        if hold is not None:
            end(hold)
            self._dispatcher.freed(hold.agent)
            self._journal.send(peer.route, Done(re=message.re, jobs=(message.lease.job,)))

    def _held(self, peer: Peer, message: Word) -> Hold | None:
        """The live lease that the message is about; who has lost it is told so."""
        agent = self._agents.of(peer, message.re)
        if agent is None:
            return None
        lease = message.lease
        hold = live(self._table, agent, lease)
        if hold is not None:
            hold.begun = True
            return hold
        job = self._table.find(int(lease.job[1:]))
        if isinstance(message, Finished) and job is not None and self._same(job, message):
            self._journal.send(peer.route, Done(re=message.re, jobs=(lease.job,)))
            return None
        reason = f"The lease of {lease.job} with epoch {lease.epoch} is lost. Stop its work."
        self._journal.send(peer.route, Refused(re=message.re, code="stale", reason=reason))
        if isinstance(message, Started | Report):
            self._journal.send(peer.route, Stop(lease=lease, reason="void"))
        return None

    @staticmethod
    def _same(job: JobRecord, message: Finished) -> bool:
        """Whether this very result was taken before."""
        ended = job.state == "COMPLETED" and job.epoch == message.lease.epoch
        return ended and job.results == message.results


def _with(known: tuple[Checkpoint, ...], new: Checkpoint) -> tuple[Checkpoint, ...]:
    """The newest checkpoint of each piece of work, the newest last."""
    others = [each for each in known if each.fingerprint != new.fingerprint]
    return (*others, new)[-MOST_CHECKPOINTS:]
