"""What people ask for: submit, cancel, pause, resume, retry, move, watch, and what admins may."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from cluster_agent.broker.agents import Agents
from cluster_agent.broker.jobs import JobTable
from cluster_agent.broker.journal import Journal
from cluster_agent.broker.leases import Hold, StopReason
from cluster_agent.broker.lifecycle import Lifecycle
from cluster_agent.broker.outcome import Peer
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.quotas import Quotas
from cluster_agent.broker.records import JobRecord
from cluster_agent.broker.watching import Watcher, Watchers
from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.messages import (
    Cancel,
    Credit,
    Done,
    Drain,
    Move,
    Pause,
    PauseFlow,
    Refused,
    Resume,
    Retry,
    SetTerms,
    Stop,
    Submit,
    Submitted,
    Watch,
    Watching,
)
from cluster_agent.protocol.wire import encode_spec
from cluster_agent.scheduling.estimates import Estimates, Kind
from cluster_agent.scheduling.fair_queue import Terms
from engine.errors import InvalidInput

JOB_ID: Final = re.compile(r"^j[0-9]{1,18}$")


class No(Exception):
    """A request is refused."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def answer(self, re: int) -> Refused:
        """As a message."""
        return Refused.model_validate({"re": re, "code": self.code, "reason": self.reason})


class Requests:
    """Does what people ask for, or raises No before anything has changed."""

    def __init__(
        self,
        policy: BrokerPolicy,
        journal: Journal,
        table: JobTable,
        lifecycle: Lifecycle,
        estimates: Estimates,
        quotas: Quotas,
        agents: Agents,
        watchers: Watchers,
    ) -> None:
        self._policy = policy
        self._journal = journal
        self._table = table
        self._lifecycle = lifecycle
        self._estimates = estimates
        self._quotas = quotas
        self._agents = agents
        self._watchers = watchers

    # Submitting

    def submit(self, peer: Peer, message: Submit) -> None:
        """Queue all of the jobs or none; a key that is known names the job it already is."""
        table, user = self._table, peer.user
        fresh: dict[str, JobSpec] = {}
        for spec in message.jobs:
            if spec.key not in fresh and table.known(user, spec.key) is None:
                fresh[spec.key] = spec
        self._admissible(user, fresh)
        after = self._orders(peer, fresh)
        specs = self._journal.outcome.changes.specs
        for key, spec in fresh.items():
            others = tuple(table.keys[user, e] if isinstance(e, str) else e for e in after[key])
            job = self._record(user, table.new_number(), spec, others)
            specs[job.number] = encode_spec(spec)
            self._lifecycle.admit(job)
        new = set(fresh)
        known = []
        for spec in message.jobs:
            known.append(spec.key not in new)
            new.discard(spec.key)
        jobs = tuple(f"j{table.keys[user, spec.key]}" for spec in message.jobs)
        self._journal.send(peer.route, Submitted(re=message.re, jobs=jobs, known=tuple(known)))

    def _admissible(self, user: str, fresh: Mapping[str, JobSpec]) -> None:
        """Raise No unless the tiers are there and the user may queue so many jobs."""
        coming: dict[str, int] = {}
        for spec in fresh.values():
            coming[spec.tier] = coming.get(spec.tier, 0) + 1
        for tier, jobs in coming.items():
            if tier not in self._policy.fair.shares:
                tiers = ", ".join(self._policy.fair.shares)
                raise No("invalid", f"There is no tier '{tier}'. Tiers are {tiers}.")
            waiting, most = self._table.waiting[tier, user], self._quotas.queued(tier, user)
            if waiting + jobs > most:
                raise No(
                    "quota",
                    f"{waiting} jobs of {user} wait in tier '{tier}', and {most} may. "
                    "Submit again when some are done.",
                )

    def _orders(self, peer: Peer, fresh: Mapping[str, JobSpec]) -> dict[str, tuple[int | str, ...]]:
        """What each job comes after: numbers, or keys that stand before it in the message."""
        orders: dict[str, tuple[int | str, ...]] = {}
        for key, spec in fresh.items():
            if spec.after:
                names = dict.fromkeys(spec.after)
                found = [each if each in orders else self._known(peer, key, each) for each in names]
                orders[key] = tuple(found)
            else:
                orders[key] = ()
        return orders

    def _known(self, peer: Peer, key: str, name: str) -> int:
        """The job that another one comes after, by its key or its id."""
        number = self._table.known(peer.user, name)
        if number is not None:
            return number
        if JOB_ID.match(name):
            return self._visible(peer, name).number
        raise No(
            "invalid",
            f"Job '{key}' comes after '{name}', which is no job of yours. "
            "Name one that was submitted, or that stands before it in the same message.",
        )

    def _record(self, user: str, number: int, spec: JobSpec, after: tuple[int, ...]) -> JobRecord:
        unseen = self._policy.unseen if spec.seconds is None else spec.seconds
        seconds = unseen
        if spec.model:
            kind = Kind(spec.model, spec.size, spec.steps)
            seconds = self._estimates.seconds(kind, unseen)
        return JobRecord(
            number=number,
            user=user,
            key=spec.key,
            tier=spec.tier,
            priority=spec.priority,
            model=spec.model,
            size=spec.size,
            steps=spec.steps,
            gpus=spec.gpus,
            memory=spec.memory,
            seconds=seconds,
            attempts=spec.attempts,
            timeout=spec.timeout,
            after=after,
            packs=spec.packs,
            label=spec.label,
            rank=0,
            created=self._journal.now.wall,
        )

    # Jobs that are there

    def cancel(self, peer: Peer, message: Cancel) -> None:
        """End jobs now where they wait, and at the next step where they run."""
        for job in self._all(peer, message.jobs):
            if job.over:
                continue
            job.cancelled = True
            hold = self._table.held.get(job.number)
            if hold is None:
                self._lifecycle.end(job, "CANCELLED", "")
            else:
                self._stop(hold, "cancel")
        self._done(peer, message.re, message.jobs)

    def pause(self, peer: Peer, message: Pause) -> None:
        """Take jobs out of the queue, or off their agents once they have a checkpoint."""
        for job in self._all(peer, message.jobs):
            hold = self._table.held.get(job.number)
            if job.over or job.paused:
                continue
            if hold is None:
                self._lifecycle.pause(job)
            else:
                job.paused = True
                if not job.cancelled:
                    self._stop(hold, "pause")
        self._done(peer, message.re, message.jobs)

    def resume(self, peer: Peer, message: Resume) -> None:
        """Queue paused jobs again."""
        for job in self._all(peer, message.jobs):
            if not job.over and job.paused:
                self._lifecycle.resume(job)
        self._done(peer, message.re, message.jobs)

    def retry(self, peer: Peer, message: Retry) -> None:
        """Queue jobs again that failed or were cancelled."""
        jobs = self._all(peer, message.jobs)
        for job in jobs:
            if job.state not in ("FAILED", "CANCELLED"):
                raise No("invalid", f"Job {job.id} is {job.state}; only a failed one is retried.")
        for job in jobs:
            self._lifecycle.retry(job)
        self._done(peer, message.re, message.jobs)

    def move(self, peer: Peer, message: Move) -> None:
        """Put queued jobs elsewhere among their equals."""
        jobs = self._all(peer, message.jobs)
        for job in jobs:
            if job.state != "QUEUED":
                raise No("invalid", f"Job {job.id} is {job.state}; only a queued one is moved.")
        try:
            self._lifecycle.move(jobs, message.index)
        except InvalidInput as error:
            raise No("invalid", str(error)) from None
        self._done(peer, message.re, message.jobs)

    def _stop(self, hold: Hold, reason: StopReason) -> None:
        hold.stopping = reason
        self._journal.keep(hold.job)
        if hold.agent.route is not None:
            self._journal.send(hold.agent.route, Stop(lease=hold.lease, reason=reason))

    def _all(self, peer: Peer, ids: Iterable[str]) -> list[JobRecord]:
        """Jobs by id, each once; raises No unless all are there and the peer's."""
        unique = dict.fromkeys(ids)
        found = self._table.found(int(id[1:]) for id in unique)
        return [_visible(peer, id, found) for id in unique]

    def _visible(self, peer: Peer, id: str) -> JobRecord:
        return self._all(peer, (id,))[0]

    def _done(self, peer: Peer, re: int, jobs: tuple[str, ...] = ()) -> None:
        self._journal.send(peer.route, Done(re=re, jobs=jobs))

    # Watching

    def watch(self, peer: Peer, message: Watch) -> None:
        """Send events from now on, and those since a number."""
        jobs = set()
        for topic in message.topics:
            if topic.startswith("job/"):
                id = topic[4:]
                if not JOB_ID.match(id):
                    raise No("invalid", f"'{topic}' names no job. Write job/j12.")
                jobs.add(self._visible(peer, id).number)
            elif topic not in ("jobs", "agents"):
                raise No("invalid", f"There is no topic '{topic}': jobs, job/<id> and agents are.")
        since = message.since
        seq = self._journal.seq
        self._watchers.add(
            Watcher(
                route=peer.route,
                user=None if "admin" in peer.roles else peer.user,
                every_job="jobs" in message.topics,
                jobs=frozenset(jobs),
                agents="agents" in message.topics,
                credit=message.credit,
                seen=seq,
                behind=since if since is not None and since < seq else None,
            )
        )
        self._journal.send(
            peer.route, Watching(re=message.re, seq=seq, oldest=self._watchers.oldest)
        )

    def credit(self, peer: Peer, message: Credit) -> None:
        """Let a watcher have more events."""
        if not self._watchers.credit(peer.route, message.more):
            raise No("invalid", "This connection watches nothing. Send a watch first.")

    # Administration

    def drain(self, peer: Peer, message: Drain) -> None:
        """Give an agent no more work, or work again."""
        if not self._agents.drain(message.agent, message.on):
            raise No("unknown", f"There is no agent '{message.agent}'.")
        self._done(peer, message.re)

    def set_terms(self, peer: Peer, message: SetTerms) -> None:
        """Give a user another weight and other limits in a tier."""
        self._tier(message.tier)
        terms = Terms(message.weight, message.slots, message.cost)
        self._lifecycle.queue.agree(message.tier, message.user, terms)
        flow = (message.tier, message.user)
        if message.queued is None:
            self._quotas.limits.pop(flow, None)
        else:
            self._quotas.limits[flow] = message.queued
        self._lifecycle.decree(*flow)
        self._done(peer, message.re)

    def pause_flow(self, peer: Peer, message: PauseFlow) -> None:
        """Dispatch nothing of a tier or a user, or dispatch again."""
        self._tier(message.tier)
        queue = self._lifecycle.queue
        (queue.pause if message.on else queue.resume)(message.tier, message.user)
        self._lifecycle.decree(message.tier, message.user or "")
        self._done(peer, message.re)

    def _tier(self, name: str) -> None:
        if name not in self._policy.fair.shares:
            tiers = ", ".join(self._policy.fair.shares)
            raise No("invalid", f"There is no tier '{name}'. Tiers are {tiers}.")


def _visible(peer: Peer, id: str, found: Mapping[int, JobRecord]) -> JobRecord:
    job = found.get(int(id[1:]))
    if job is None or not sees(peer, job.user):
        raise No("unknown", f"There is no job {id} of yours.")
    return job


def sees(peer: Peer, user: str) -> bool:
    """Whether a peer may see, and touch, the jobs of a user."""
    return user == peer.user or "admin" in peer.roles
