"""The agents: who is registered, who is still heard, and which leases they may hold."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from cluster_agent.broker.dispatch import Dispatcher
from cluster_agent.broker.jobs import JobTable
from cluster_agent.broker.journal import Journal
from cluster_agent.broker.leases import Agent, Hold
from cluster_agent.broker.lifecycle import Lifecycle
from cluster_agent.broker.outcome import Peer
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.watching import Watchers
from cluster_agent.protocol.messages import (
    AgentChanged,
    AgentView,
    Beat,
    Beaten,
    Lease,
    Ready,
    Refused,
    Register,
    Registered,
    Stop,
)

MOST_KNOWN = 10_000
"""Agents that are offline and connections that were replaced: so many are remembered."""


class Agents:
    """Agents by name, by connection and by key; one agent a key, one key a name."""

    def __init__(
        self,
        policy: BrokerPolicy,
        journal: Journal,
        table: JobTable,
        lifecycle: Lifecycle,
        dispatcher: Dispatcher,
        watchers: Watchers,
    ) -> None:
        self._policy = policy
        self._journal = journal
        self._table = table
        self._lifecycle = lifecycle
        self._dispatcher = dispatcher
        self._watchers = watchers
        self._by_name: dict[str, Agent] = {}
        self._by_route: dict[bytes, Agent] = {}
        self._by_identity: dict[str, Agent] = {}
        self._heard: OrderedDict[str, Agent] = OrderedDict()
        self._replaced: OrderedDict[bytes, str] = OrderedDict()
        self._draining: set[str] = set()

    def __len__(self) -> int:
        """How many may hold leases."""
        return len(self._heard)

    def __iter__(self) -> Iterator[Agent]:
        return iter(self._by_name.values())

    def expected(self, name: str) -> Agent:
        """An agent that held leases when the broker ended; it has a lease's time to come back."""
        agent = self._by_name.get(name)
        if agent is None:
            agent = Agent(name, "", self._journal.now.monotonic)
            self._by_name[name] = self._heard[name] = agent
        return agent

    # What agents say

    def register(self, peer: Peer, message: Register) -> None:
        """Take an agent in; the newest registration of a key, or of a name, is the one."""
        name, now = message.info.name, self._journal.now.monotonic
        agent = self._by_name.get(name)
        if agent is not None and agent.identity not in ("", peer.identity) and name in self._heard:
            reason = f"Another machine is registered as '{name}'. Give this agent another name."
            self._refuse(peer, message.re, "forbidden", reason)
            return
        older = self._by_identity.get(peer.identity)
        if older is not None and older is not agent:
            self._end(older)
        if agent is None:
            agent = self._by_name[name] = Agent(name, peer.identity, now)
        self._bind(agent, peer)
        self._dispatcher.leave(agent)
        agent.identity, agent.info, agent.heard = peer.identity, message.info, now
        agent.beats = agent.ready = -1
        agent.offered, agent.prefetched = [], 0
        agent.draining = name in self._draining
        self._lifecycle.trust_again(name)
        self._hear(agent)
        void = self._reconcile(agent, message.holding, 0.0)
        self._dispatcher.join(agent)
        self._journal.send(
            peer.route,
            Registered(
                re=message.re,
                beat=self._policy.beat,
                fence=self._policy.fence,
                lease=self._policy.lease,
                void=void,
            ),
        )
        self._announce(agent, "draining" if agent.draining else "online")

    def beat(self, peer: Peer, message: Beat) -> None:
        """Prolong an agent's leases; an old or repeated beat prolongs nothing."""
        agent = self.of(peer, message.re)
        if agent is None or message.number < agent.beats:
            return
        if message.number > agent.beats:
            agent.beats = message.number
            agent.heard = self._journal.now.monotonic
            self._hear(agent)
        void = self._reconcile(agent, message.holding, self._policy.claim)
        self._journal.send(peer.route, Beaten(re=message.re, number=message.number, void=void))
        for hold in agent.holds.values():
            if hold.stopping is not None:
                self._journal.send(peer.route, Stop(lease=hold.lease, reason=hold.stopping))

    def ready(self, peer: Peer, message: Ready) -> None:
        """Note what is free; an older word than the last one counts for nothing."""
        agent = self.of(peer, message.re)
        if agent is not None and message.number > agent.ready:
            agent.ready = message.number
            self._dispatcher.offer(agent, list(message.free))

    def of(self, peer: Peer, re: int) -> Agent | None:
        """The agent that speaks; who is none (any more) is told so."""
        agent = self._by_route.get(peer.route)
        if agent is not None and agent.identity == peer.identity:
            return agent
        if peer.route in self._replaced:
            reason = "Another agent has registered with this key since. Stop all work."
            self._refuse(peer, re, "stale", reason)
        else:
            self._refuse(peer, re, "unknown", "This agent is not registered. Register first.")
        return None

    # What happens to agents

    def gone(self, route: bytes) -> None:
        """A connection is gone; the leases live on until they end by themselves."""
        agent = self._by_route.pop(route, None)
        self._replaced.pop(route, None)
        if agent is not None:
            self._dispatcher.leave(agent)
            agent.route = None

    def expire(self) -> None:
        """End the leases of agents that were not heard for too long."""
        limit = self._journal.now.monotonic - self._policy.lease
        while self._heard:
            agent = next(iter(self._heard.values()))
            if agent.heard > limit:
                return
            self._end(agent)

    def next_expiry(self) -> float:
        """When the next lease ends, on the monotonic clock."""
        first = next(iter(self._heard.values()), None)
        return float("inf") if first is None else first.heard + self._policy.lease

    def forgive(self, seconds: float) -> None:
        """The broker itself did not listen or speak for a while: nobody is late for that."""
        for agent in self._heard.values():
            agent.heard += seconds
            for hold in agent.holds.values():
                hold.granted += seconds

    def drain(self, name: str, on: bool) -> bool:
        """Give an agent no more work, or work again; says whether it is known."""
        agent = self._by_name.get(name)
        if agent is None:
            return False
        (self._draining.add if on else self._draining.discard)(name)
        self._dispatcher.leave(agent)
        agent.draining = on
        self._dispatcher.join(agent)
        if agent.online:
            self._announce(agent, "draining" if on else "online")
        return True

    # What can be asked

    def views(self) -> tuple[AgentView, ...]:
        """Every agent that registered, by name."""
        found = sorted(self._by_name.values(), key=lambda agent: agent.name)
        return tuple(_view(agent) for agent in found if agent.info is not None)

    def online(self) -> int:
        """How many are here."""
        return sum(agent.online for agent in self._heard.values())

    # Inside

    def _reconcile(
        self, agent: Agent, holding: Iterable[Lease], unlisted: float
    ) -> tuple[Lease, ...]:
        """Compare what an agent says it holds with what it may hold; returns the void ones.

        A lease granted at least `unlisted` seconds ago that it does not name is lost.
        """
        listed = set()
        void = []
        for lease in holding:
            if live(self._table, agent, lease) is None:
                void.append(lease)
            else:
                listed.add(int(lease.job[1:]))
        latest = self._journal.now.monotonic - unlisted
        lost = [
            hold
            for number, hold in agent.holds.items()
            if number not in listed and hold.granted <= latest
        ]
        for hold in lost:
            self._lose(hold)
        return tuple(void)

    def _lose(self, hold: Hold) -> None:
        self._lifecycle.lose(hold)
        self._dispatcher.freed(hold.agent)

    def _end(self, agent: Agent) -> None:
        """An agent is taken for dead: its leases are void."""
        self._dispatcher.leave(agent)
        if agent.route is not None:
            self._by_route.pop(agent.route, None)
            agent.route = None
        self._heard.pop(agent.name, None)
        if self._by_identity.get(agent.identity) is agent:
            del self._by_identity[agent.identity]
        agent.offered = []
        for hold in list(agent.holds.values()):
            self._lifecycle.lose(hold)
        if agent.online:
            agent.online = False
            self._announce(agent, "offline")
        if len(self._by_name) > len(self._heard) + MOST_KNOWN or agent.info is None:
            del self._by_name[agent.name]

    def _bind(self, agent: Agent, peer: Peer) -> None:
        """From now on this connection speaks for the agent, and no other does."""
        if agent.route is not None and agent.route != peer.route:
            self._by_route.pop(agent.route, None)
            self._replaced[agent.route] = agent.name
            if len(self._replaced) > MOST_KNOWN:
                self._replaced.popitem(last=False)
        other = self._by_route.get(peer.route)
        if other is not None and other is not agent:
            other.route = None
        self._replaced.pop(peer.route, None)
        agent.route = peer.route
        self._by_route[peer.route] = agent
        self._by_identity[peer.identity] = agent

    def _hear(self, agent: Agent) -> None:
        self._heard[agent.name] = agent
        self._heard.move_to_end(agent.name)

    def _announce(self, agent: Agent, state: str) -> None:
        agent.online = state != "offline"
        self._watchers.agent(AgentChanged.model_validate({"agent": agent.name, "state": state}))

    def _refuse(self, peer: Peer, re: int, code: str, reason: str) -> None:
        self._journal.send(
            peer.route, Refused.model_validate({"re": re, "code": code, "reason": reason})
        )


def live(table: JobTable, agent: Agent, lease: Lease) -> Hold | None:
    """The lease if it is alive and this agent's."""
    hold = table.held.get(int(lease.job[1:]))
    if hold is None or hold.agent is not agent or hold.job.epoch != lease.epoch:
        return None
    return hold


def _view(agent: Agent) -> AgentView:
    assert agent.info is not None
    state = "offline" if not agent.online else "draining" if agent.draining else "online"
    return AgentView.model_validate(
        {
            "info": agent.info,
            "state": state,
            "free": agent.free,
            "warm": tuple(sorted({model for model in agent.offered if model})),
            "jobs": tuple(hold.job.id for hold in agent.holds.values()),
        }
    )
