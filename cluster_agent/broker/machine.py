"""The broker as a pure state machine: messages and time in, changes to keep and messages out.

The shell gives every message to `receive`, calls `tick` by the time that `due` says, and takes
one outcome for everything it gave since the last one: jobs are dispatched once an outcome, and
one commit makes all of it durable before anything of it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from cluster_agent.broker.agents import Agents
from cluster_agent.broker.consistency import check
from cluster_agent.broker.dispatch import Dispatcher
from cluster_agent.broker.jobs import Archive, JobTable
from cluster_agent.broker.journal import Journal
from cluster_agent.broker.lifecycle import Lifecycle
from cluster_agent.broker.outcome import Now, Outcome, Peer
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.preemption import Preempter
from cluster_agent.broker.quotas import Quotas
from cluster_agent.broker.records import ENDED, WAITING
from cluster_agent.broker.reports import Reports
from cluster_agent.broker.requests import No, Requests, sees
from cluster_agent.broker.restore import flow_rows, queue_of, settle_in
from cluster_agent.broker.watching import Watchers
from cluster_agent.protocol.messages import (
    AgentList,
    Changed,
    Done,
    GetStatus,
    ListAgents,
    Message,
    Ping,
    Refused,
    Status,
    Stop,
    Submit,
)
from cluster_agent.scheduling.estimates import Estimates
from cluster_agent.store.protocol import Forgotten, Loaded

TICK: Final = 1.0
ASLEEP: Final = 3 * TICK
"""Seconds without a word or a tick after which a broker with agents must have been asleep."""
PRUNE: Final = 3600.0
ANYBODY: Final = frozenset({"submit", "observe", "agent", "admin"})
SUBMIT: Final = frozenset({"submit", "admin"})
OBSERVE: Final = frozenset({"submit", "observe", "admin"})
ADMIN: Final = frozenset({"admin"})
AGENT: Final = frozenset({"agent"})


class Census(NamedTuple):
    """Where the jobs are: `submitted` is always `waiting` + `held` + `ended`.

    Counted since the broker started, with the jobs that it found unended then.
    """

    submitted: int
    waiting: int
    held: int
    ended: int


class Charges(NamedTuple):
    """GPU-seconds: `served` in all, `expected` the part of it that is for work under way."""

    served: float
    expected: float


class Live(NamedTuple):
    """What the machine knows of a job beyond its record in the store."""

    step: int
    steps: int
    charged: float
    place: int | None
    reason: str


class Broker:
    """The state of one broker's reign."""

    def __init__(self, loaded: Loaded, policy: BrokerPolicy, now: Now, archive: Archive) -> None:
        """`archive` finds jobs that ended: it is the store's `jobs`."""
        self._policy = policy
        self._journal = journal = Journal(loaded.last_event, now)
        self._table = table = JobTable(loaded, archive, policy.remembered)
        self._estimates = Estimates(loaded.means)
        self._queue = queue_of(policy, loaded.jobs, loaded.flows, now.monotonic)
        self._quotas = Quotas(policy)
        self._quotas.limits.update(
            ((row.tier, row.user), row.queued) for row in loaded.flows if row.queued is not None
        )
        self._life = life = Lifecycle(policy, journal, table, self._queue, self._estimates)
        self._watchers = Watchers(policy.watched, journal, loaded.oldest_event)
        self._dispatcher = Dispatcher(policy, journal, table, life)
        self._agents = Agents(policy, journal, table, life, self._dispatcher, self._watchers)
        self._reports = Reports(
            journal, table, life, self._agents, self._dispatcher, self._watchers
        )
        self._requests = Requests(
            policy, journal, table, life, self._estimates, self._quotas, self._agents,
            self._watchers,
        )  # fmt: skip
        self._preempter = (
            None
            if policy.preemption is None
            else Preempter(policy.preemption, journal, table, life, self._dispatcher)
        )
        self._prune_at = now.monotonic + PRUNE
        self._handlers = self._table_of_handlers()
        settle_in(loaded.jobs, policy, journal, table, life, self._agents)

    # Events in

    def receive(self, peer: Peer, message: Message, now: Now) -> None:
        """Somebody says something."""
        self._move_on(now)
        handler = self._handlers.get(message.kind)
        if handler is None:
            self._refuse(peer, message.re, "invalid", f"A broker is not told '{message.kind}'.")
            return
        roles, handle = handler
        if roles.isdisjoint(peer.roles):
            reason = f"This key may not say '{message.kind}': it needs the role {_either(roles)}."
            self._refuse(peer, message.re, "forbidden", reason)
            return
        if roles is not AGENT and not self._quotas.spend(
            peer.user, len(message.jobs) if isinstance(message, Submit) else 1, now.monotonic
        ):
            reason = f"{peer.user} sends too much at a time. Wait a second and go on."
            self._refuse(peer, message.re, "busy", reason)
            return
        try:
            handle(peer, message)
        except No as no:
            self._journal.send(peer.route, no.answer(message.re))

    def gone(self, route: bytes, now: Now) -> None:
        """A connection is gone."""
        self._move_on(now)
        self._agents.gone(route)
        self._watchers.gone(route)

    def tick(self, now: Now) -> None:
        """Time has passed."""
        self._move_on(now)
        self._agents.expire()
        self._life.wake()
        for hold in self._life.overdue():
            if hold.agent.route is not None:
                self._journal.send(hold.agent.route, Stop(lease=hold.lease, reason="void"))
            elapsed = now.monotonic - hold.granted
            self._life.fail(hold, elapsed, "timed_out", "It took longer than it may.")
            self._dispatcher.freed(hold.agent)
        if self._preempter is not None:
            self._preempter.look()
        if now.monotonic >= self._prune_at:
            self._prune_at = now.monotonic + PRUNE
            self._queue.prune()

    def replayed(self, route: bytes, events: Sequence[Changed]) -> None:
        """The state changes that a Replay asked for; what follows is in the next outcome."""
        self._watchers.replayed(route, events)

    def forgot(self, forgotten: Forgotten) -> None:
        """Retention has removed these from the store."""
        self._table.forget(forgotten.keys)
        self._watchers.oldest = max(self._watchers.oldest, forgotten.oldest_event)

    # Instructions out

    def take_outcome(self) -> Outcome:
        """Everything since the last one; jobs that can start now are started."""
        journal, life = self._journal, self._life
        stirred, life.stirred = life.stirred, {}
        self._dispatcher.run(stirred)
        self._watchers.pump()
        changes = journal.outcome.changes
        if changes or life.decreed:
            life.decreed = False
            unwritten, life.unwritten = life.unwritten, {}
            for row in flow_rows(self._queue, self._quotas, unwritten):
                changes.flows[row.tier, row.user] = row
        return journal.take()

    def due(self) -> float:
        """When `tick` is called at the latest, on the monotonic clock."""
        tick = self._journal.now.monotonic + TICK if self._agents else float("inf")
        return min(
            tick,
            self._agents.next_expiry(),
            self._life.next_alarm(),
            self._watchers.next_flush(),
        )

    # What can be asked

    def live(self, number: int) -> Live | None:
        """What is known of a job that has not ended."""
        return self.lives([number]).get(number)

    def lives(self, numbers: Sequence[int]) -> dict[int, Live]:
        """What is known of those of the jobs that have not ended."""
        jobs = [self._table.live[number] for number in numbers if number in self._table.live]
        lines = {(job.tier, job.user) for job in jobs if job.state == "QUEUED"}
        # Putting a line in order takes long where it is long: once for all of its jobs.
        places = {job.id: at for line in lines for at, job in enumerate(self._queue.line(*line))}
        found = {}
        for job in jobs:
            hold = self._table.held.get(job.number)
            steps = job.steps if hold is None else hold.steps
            place, reason = None, ""
            if job.state == "QUEUED":
                place = places.get(job.id, 0)
                reason = self._dispatcher.reason(job)
            charged = job.charged + job.counted
            found[job.number] = Live(job.step, steps, charged, place, reason)
        return found

    def permits(self, peer: Peer, user: str) -> bool:
        """Whether a peer may see the jobs of a user."""
        return not OBSERVE.isdisjoint(peer.roles) and sees(peer, user)

    def census(self) -> Census:
        """Where the jobs are, each counted at the place where it is."""
        table, counts = self._table, self._journal.counts
        waiting = sum(counts[state] for state in WAITING)
        ended = sum(counts[state] for state in ENDED)
        return Census(sum(counts.values()), waiting, len(table.held), ended)

    def charges(self) -> Charges:
        """What the fair queue has charged, and how much of it is for work that has not ended."""
        served = sum(sum(users.values()) for users in self._queue.served().values())
        return Charges(served, sum(held.counted for held in self._queue.held()))

    def check(self) -> None:
        """Assert that the queue, the leases and the records agree; for tests and simulations."""
        check(self._table, self._queue, self._agents)

    def _move_on(self, now: Now) -> None:
        """Time has passed; a broker that slept through a tick (it was stopped, or its disk was
        slow) has not heard the beats that wait for it, and ends no lease for that.
        """
        slept = now.monotonic - self._journal.now.monotonic
        if slept > ASLEEP:
            self._agents.forgive(slept)
        self._journal.now = now

    # Answers of the machine's own

    def _list_agents(self, peer: Peer, message: ListAgents) -> None:
        self._journal.send(peer.route, AgentList(re=message.re, agents=self._agents.views()))

    def _get_status(self, peer: Peer, message: GetStatus) -> None:
        counters = {f"jobs.{state}": float(n) for state, n in self._journal.counts.items()}
        for tier, users in self._queue.served().items():
            counters[f"served.{tier}"] = sum(users.values())
        counters["agents.online"] = float(self._agents.online())
        counters["events"] = float(self._journal.seq)
        counters["watchers"] = float(len(self._watchers))
        self._journal.send(peer.route, Status(re=message.re, counters=counters))

    def _ping(self, peer: Peer, message: Ping) -> None:
        self._journal.send(peer.route, Done(re=message.re))

    def _refuse(self, peer: Peer, re: int, code: str, reason: str) -> None:
        self._journal.send(
            peer.route, Refused.model_validate({"re": re, "code": code, "reason": reason})
        )

    def _table_of_handlers(self) -> dict[str, tuple[frozenset[str], Callable[..., None]]]:
        asked, agents, reports = self._requests, self._agents, self._reports
        return {
            "ping": (ANYBODY, self._ping),
            "submit": (SUBMIT, asked.submit),
            "cancel": (SUBMIT, asked.cancel),
            "pause": (SUBMIT, asked.pause),
            "resume": (SUBMIT, asked.resume),
            "retry": (SUBMIT, asked.retry),
            "move": (SUBMIT, asked.move),
            "watch": (OBSERVE, asked.watch),
            "credit": (OBSERVE, asked.credit),
            "list_agents": (OBSERVE, self._list_agents),
            "get_status": (OBSERVE, self._get_status),
            "drain": (ADMIN, asked.drain),
            "set_terms": (ADMIN, asked.set_terms),
            "pause_flow": (ADMIN, asked.pause_flow),
            "register": (AGENT, agents.register),
            "beat": (AGENT, agents.beat),
            "ready": (AGENT, agents.ready),
            "started": (AGENT, reports.started),
            "report": (AGENT, reports.report),
            "finished": (AGENT, reports.finished),
            "failed": (AGENT, reports.failed),
            "stopped": (AGENT, reports.stopped),
        }


def _either(roles: frozenset[str]) -> str:
    return " or ".join(f"'{role}'" for role in sorted(roles))
