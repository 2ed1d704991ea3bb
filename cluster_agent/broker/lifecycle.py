"""A job's life: it waits, is held by an agent, comes back or ends; and what it is charged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cluster_agent.broker.alarms import Alarms
from cluster_agent.broker.jobs import JobTable
from cluster_agent.broker.journal import Journal
from cluster_agent.broker.leases import Agent, Hold
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.records import WAITING, JobRecord
from cluster_agent.protocol.job_spec import ResultFile
from cluster_agent.protocol.messages import Fault, State
from cluster_agent.scheduling.estimates import Estimates, Kind
from cluster_agent.scheduling.fair_queue import FairQueue, Job

LONGEST: Final = 1e7
"""No attempt is charged more seconds than this, whatever an agent says."""
SHORTEST: Final = 1e-3
FINAL: Final[dict[Fault, State]] = {"invalid": "FAILED", "blocked": "BLOCKED"}
"""Faults after which another try cannot help."""


class Lifecycle:
    """Moves jobs between the table, the queue and the leases, and keeps all three in agreement.

    `stirred` are the flows (tier, user) that changed since they were last looked at, `unwritten`
    those that changed since they were written; `decreed` says that the change must be written
    even if no job changed.  `refusals` are agents by job that said they cannot do it; `queued_at`
    is since when a job has been queued.
    """

    def __init__(
        self,
        policy: BrokerPolicy,
        journal: Journal,
        table: JobTable,
        queue: FairQueue,
        estimates: Estimates,
    ) -> None:
        self._policy = policy
        self._journal = journal
        self._table = table
        self._estimates = estimates
        self._delays = Alarms()
        self._limits = Alarms()
        self.queue = queue
        self.stirred: dict[tuple[str, str], None] = {}
        self.unwritten: dict[tuple[str, str], None] = {}
        self._lost_on: dict[int, dict[str, None]] = {}
        self.decreed = False
        self.queued_at: dict[int, float] = {}
        self.refusals: dict[int, set[str]] = {}

    # Waiting

    def admit(self, job: JobRecord) -> None:
        """A new job."""
        table = self._table
        table.add(job)
        table.waiting[job.tier, job.user] += 1
        failed = table.depend(job) if job.after else None
        if failed is None and job.number not in table.unmet:
            job.state = "QUEUED"
            self._line_up(job, front=False)
        self._journal.begin(job)
        if failed is not None:
            self.end(job, "FAILED", _broken(failed))

    def place(self, job: JobRecord, *, front: bool = False) -> None:
        """Let a job that is neither queued nor held wait where it must."""
        number = job.number
        if job.paused or number in self._table.unmet or number in self._delays:
            if job.state != "PENDING":
                self._enter(job, "PENDING")
            return
        self._line_up(job, front=front)
        self._enter(job, "QUEUED")

    def delay(self, job: JobRecord) -> None:
        """Keep a job that failed out of the queue for a while."""
        seconds = self._policy.delay(job.failures)
        self._delays.set(job.number, self._journal.now.monotonic + seconds)

    def wake(self) -> None:
        """Queue the jobs whose delay is over."""
        for number in self._delays.due(self._journal.now.monotonic):
            self.place(self._table.live[number])

    def next_alarm(self) -> float:
        """When a delay or an attempt's time is over, on the monotonic clock."""
        return min(self._delays.next(), self._limits.next())

    def pause(self, job: JobRecord) -> None:
        """Take a waiting job out of the queue."""
        job.paused = True
        if job.state == "QUEUED":
            self._step_out(job)
            self._enter(job, "PENDING")
        else:
            self._journal.keep(job)

    def resume(self, job: JobRecord) -> None:
        """End the pause of a waiting job."""
        job.paused = False
        if job.state == "PENDING":
            self.place(job)
        self._journal.keep(job)

    def retry(self, job: JobRecord) -> None:
        """Queue a job that ended, as if it had never been tried."""
        job.error, job.ended, job.cancelled, job.paused = "", None, False, False
        job.failures, job.failed_on, job.preempted = 0, (), 0
        job.seconds = self._estimates.seconds(_kind(job), job.seconds)
        if self._table.revive(job):
            self._journal.counts[job.state] += 1
        failed = self._table.depend(job)
        self.place(job)
        if failed is not None:
            self.end(job, "FAILED", _broken(failed))

    # Held by an agent

    def grant(self, job: JobRecord, agent: Agent) -> Hold:
        """Give an agent the lease of a job that was just taken out of the queue."""
        job.epoch += 1
        job.agent, job.error, job.counted = agent.name, "", 0.0
        if job.started is None:
            job.started = self._journal.now.wall
        del self.queued_at[job.number]
        self._stir(job.tier, job.user)
        self._enter(job, "ASSIGNED")
        return self.held_before(job, agent)

    def held_before(self, job: JobRecord, agent: Agent) -> Hold:
        """The lease of a job whose record says that it has one; also after a restart."""
        now = self._journal.now.monotonic
        hold = Hold(job, agent, now, base=_saved_step(job), steps=job.steps)
        hold.step = job.step = max(job.step, hold.base)
        hold.stopping = "cancel" if job.cancelled else "pause" if job.paused else None
        self._table.held[job.number] = agent.holds[job.number] = hold
        longest = self._policy.longest(job.tier, job.timeout)
        self._limits.set(job.number, now + longest + self._policy.timeout_grace)
        return hold

    def progress(self, hold: Hold, seconds: float) -> None:
        """Correct what a running job is charged, by how far it is after so many seconds."""
        job = hold.job
        job.counted = self._used(hold, seconds)
        self._journal.late[job.number] = job
        whole = job.counted / job.gpus
        done, todo = hold.step - hold.base, hold.steps - hold.base
        if done > 0 and todo > 0:
            whole = max(whole, whole * todo / done)
        expected = min(max(whole, SHORTEST), LONGEST) if done > 0 else max(whole, job.seconds)
        if expected != job.seconds:
            job.seconds = expected
            self.queue.report(job.id, job.gpus * expected)
            self._stir(job.tier, job.user)

    def complete(self, hold: Hold, seconds: float, results: tuple[ResultFile, ...]) -> None:
        """The work is done."""
        job = hold.job
        used = self._release(hold, seconds)
        if hold.base == 0 and job.model:
            mean = self._estimates.learn(_kind(job), max(SHORTEST, used / job.gpus))
            self._journal.outcome.changes.means[mean.kind] = mean
        if job.cancelled:
            self.end(job, "CANCELLED", "")
            return
        job.results, job.step = results, max(job.step, job.steps)
        self.end(job, "COMPLETED", "")

    def fail(self, hold: Hold, seconds: float, fault: Fault, error: str) -> None:
        """The attempt ended without result: try again, elsewhere or later, or give the job up."""
        job, agent = hold.job, hold.agent.name
        if fault == "refused":
            self._release(hold, seconds)
            self.refusals.setdefault(job.number, set()).add(agent)
            job.error = error
            self._return(job)
            return
        self._release(hold, seconds)
        job.failures += 1
        if agent not in job.failed_on:
            job.failed_on = (*job.failed_on, agent)
        if job.cancelled:
            self.end(job, "CANCELLED", "")
        elif fault in FINAL or fault in self._policy.hopeless:
            self.end(job, FINAL.get(fault, "FAILED"), error)
        elif job.failures >= job.attempts or len(job.failed_on) >= self._policy.agents_tried:
            tried = ", ".join(job.failed_on)
            self.end(job, "FAILED", f"{error} Given up after {job.failures} failures on {tried}.")
        else:
            job.error = error
            self.delay(job)
            self.place(job)

    def give_back(self, hold: Hold, seconds: float) -> None:
        """The lease ended early, through no fault of the job: it goes on from its checkpoint."""
        self._release(hold, seconds)
        self._return(hold.job)

    def lose(self, hold: Hold) -> None:
        """The agent is gone, or never got the job; it is charged what was reported.

        A job that takes its agents down with it is given up.
        """
        job = hold.job
        if hold.saved is not None:
            self._lost_on.pop(job.number, None)
        elif hold.begun:
            self._lost_on.setdefault(job.number, {})[hold.agent.name] = None
        self._release(hold, job.counted / job.gpus)
        lost_on = self._lost_on.get(job.number, {})
        if job.cancelled:
            self.end(job, "CANCELLED", "")
        elif len(lost_on) >= self._policy.agents_tried:
            self.end(job, "FAILED", f"Given up: {', '.join(lost_on)} were lost while they did it.")
        elif job.epoch >= self._policy.most_leases:
            self.end(job, "FAILED", f"Given up after {job.epoch} leases; the last one was lost.")
        else:
            self._return(job)

    def overdue(self) -> Iterator[Hold]:
        """The leases whose time is over, whatever their agents say."""
        for number in self._limits.due(self._journal.now.monotonic):
            yield self._table.held[number]

    def move(self, jobs: Sequence[JobRecord], index: int | None) -> None:
        """Put queued jobs of one user and priority at `index` among their equals.

        Raises InvalidInput where they are not that.
        """
        ids = [job.id for job in jobs]
        self.queue.move(ids, index)
        first = jobs[0]
        line = self.queue.line(first.tier, first.user)
        equals = [job.id for job in line if job.priority == first.priority]
        front = index == 0
        behind = reversed(ids) if front else equals[min(map(equals.index, ids)) :]
        for id in behind:
            job = self._table.live[int(id[1:])]
            job.rank = self._table.rank(front=front)
            self._journal.keep(job)
        self._stir(first.tier, first.user)

    def trust_again(self, agent: str) -> None:
        """An agent registered anew: it may be able to do what it refused before."""
        for agents in self.refusals.values():
            agents.discard(agent)

    # The end

    def end(self, job: JobRecord, state: State, error: str) -> None:
        """A job ends, and with it those that wait for it in vain; others may start."""
        ends = [(job, state, error)]
        for ended, last, why in ends:
            for number in self._end(ended, last, why):
                follower = self._table.live[number]
                if last != "COMPLETED":
                    ends.append((follower, "FAILED", _broken(ended)))
                elif self._table.met(follower, ended.number):
                    self.place(follower)

    def _end(self, job: JobRecord, state: State, error: str) -> list[int]:
        if job.over:
            return []
        if job.number in self.queued_at:
            self._step_out(job)
        self._delays.clear(job.number)
        self.refusals.pop(job.number, None)
        self._lost_on.pop(job.number, None)
        job.error, job.ended = error, self._journal.now.wall
        self._enter(job, state)
        return self._table.end(job)

    # What an operator decides

    def decree(self, tier: str, user: str) -> None:
        """The terms of a flow, or of a tier where `user` is '', are other ones."""
        self._stir(tier, user)
        self.decreed = True

    # After a restart

    def queued_before(self, job: JobRecord) -> None:
        """A job that was queued when the last broker ended, and is in the queue."""
        self.queued_at[job.number] = self._journal.now.monotonic

    def pending_before(self, job: JobRecord, known: Mapping[int, JobRecord]) -> None:
        """A job that was pending when the last broker ended; its delay begins anew.

        `known` are the jobs that it comes after.
        """
        failed = self._table.depend(job, known)
        if failed is not None:
            self.end(job, "FAILED", _broken(failed))
            return
        if job.failures:
            self.delay(job)
        self.place(job)

    # Between the table and the queue

    def _stir(self, tier: str, user: str) -> None:
        self.stirred[tier, user] = self.unwritten[tier, user] = None

    def _enter(self, job: JobRecord, state: State) -> None:
        change = (state in WAITING) - (job.state in WAITING)
        if change:
            waiting = self._table.waiting
            waiting[job.tier, job.user] += change
            if not waiting[job.tier, job.user]:
                del waiting[job.tier, job.user]
        self._journal.enter(job, state)

    def _return(self, job: JobRecord) -> None:
        """Let a job wait again, before its equals."""
        if job.cancelled:
            self.end(job, "CANCELLED", "")
        else:
            self.place(job, front=True)

    def _line_up(self, job: JobRecord, *, front: bool) -> None:
        job.rank = self._table.rank(front=front)
        queued = as_queued(job)
        self.queued_at[job.number] = self._journal.now.monotonic
        if front:
            self.queue.put_back(queued)
        else:
            self.queue.submit(queued)
        self._stir(job.tier, job.user)

    def _step_out(self, job: JobRecord) -> None:
        del self.queued_at[job.number]
        self.queue.withdraw(job.id)
        self._stir(job.tier, job.user)

    def _release(self, hold: Hold, seconds: float) -> float:
        """End a lease and charge what was used; returns that, in GPU-seconds."""
        job = hold.job
        used = self._used(hold, seconds)
        del self._table.held[job.number], hold.agent.holds[job.number]
        self._limits.clear(job.number)
        self.queue.settle(job.id, used)
        job.charged += used
        job.counted = 0.0
        left = _left(hold, _saved_step(job))
        job.seconds = max(SHORTEST, job.seconds * left)
        job.step = _saved_step(job)
        self._stir(job.tier, job.user)
        self._journal.late.pop(job.number, None)
        return used

    @staticmethod
    def _used(hold: Hold, seconds: float) -> float:
        """GPU-seconds of an attempt: what the agent says, if it can be, and never less than."""
        return max(hold.job.counted, hold.job.gpus * min(seconds, LONGEST))


def as_queued(job: JobRecord) -> Job:
    """A job as the fair queue knows it."""
    return Job(job.id, job.user, job.tier, job.model, job.seconds, job.gpus, job.priority)


def _kind(job: JobRecord) -> Kind:
    return Kind(job.model, job.size, job.steps)


def _saved_step(job: JobRecord) -> int:
    """The step from which its work would go on."""
    return job.checkpoints[-1].step if job.checkpoints else 0


def _left(hold: Hold, saved: int) -> float:
    """The part of this attempt's work that is not saved."""
    todo = hold.steps - hold.base
    return (hold.steps - saved) / todo if hold.base <= saved < hold.steps and todo > 0 else 1.0


def _broken(job: JobRecord) -> str:
    return f"Job {job.id}, which it comes after, ended as {job.state}."
