"""Which agent gets which job: free GPUs indexed by warm model, asked only when something changed.

Agents that can run the same jobs (equal packs, memory and number of GPUs) form a build.  The
fair queue says which job is next among those that some free agent can run; the job goes to an
agent where its model is warm, else to one with nothing warm, else to any.  A build whose free
agents fit no user's next job is barren, and is not asked again until a user's next job, or one
of its agents, is another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cluster_agent.broker.jobs import JobTable
from cluster_agent.broker.journal import Journal
from cluster_agent.broker.leases import Agent
from cluster_agent.broker.lifecycle import Lifecycle
from cluster_agent.broker.outcome import SendPrefetch, SendWork
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import AgentInfo
from cluster_agent.scheduling.fair_queue import Job, Slot
from cluster_agent.scheduling.flows import Fits

GIB = 1 << 30
GAPS = 0.1
"""Seconds between two searches for a job that fills the gap before a reservation."""
MOST_REMEMBERED = 10_000

Needs = tuple[object, ...]
Key = tuple[int, int, tuple[tuple[str, str], ...]]


class Build:
    """Agents that can run the same jobs, and those of them with free GPUs, by warm model."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.gpus, self.memory, packs = key
        self.packs = dict(packs)
        self.members: dict[str, Agent] = {}
        self.warm: dict[str, dict[str, Agent]] = {}
        self.barren = False
        self._fits: dict[Needs, bool] = {}

    def fits(self, job: JobRecord) -> bool:
        """Whether agents of this build can run a job at all."""
        needs = (job.gpus, job.memory, *job.packs.items())
        known = self._fits.get(needs)
        if known is None:
            if len(self._fits) >= MOST_REMEMBERED:
                self._fits.clear()
            known = self._fits[needs] = not self.lacks(job)
        return known

    def lacks(self, job: JobRecord) -> str:
        """What these agents lack for a job; '' if nothing."""
        if job.gpus > self.gpus:
            return f"{job.gpus} GPUs in one machine"
        if job.memory > self.memory * GIB:
            return f"{job.memory / GIB:.0f} GiB of GPU memory"
        for pack, version in job.packs.items():
            here = self.packs.get(pack)
            if here is None or here.split(".")[0] != version.split(".")[0]:
                return f"node pack '{pack}' {version}"
        return ""

    def free(self, model: str) -> Iterator[Agent]:
        """Agents with free GPUs: with this model warm first, then with none, then the others."""
        yield from self.warm.get(model, {}).values()
        if model:
            yield from self.warm.get("", {}).values()
        for other, agents in self.warm.items():
            if other not in (model, ""):
                yield from agents.values()


def build_key(info: AgentInfo) -> Key:
    """What decides which jobs an agent can run."""
    memory = min(gpu.memory for gpu in info.gpus) // GIB
    return len(info.gpus), memory, tuple(sorted(info.packs.items()))


class Dispatcher:
    """Brings free GPUs and waiting jobs together."""

    def __init__(
        self, policy: BrokerPolicy, journal: Journal, table: JobTable, lifecycle: Lifecycle
    ) -> None:
        self._policy = policy
        self._journal = journal
        self._table = table
        self._lifecycle = lifecycle
        self._queue = lifecycle.queue
        self._builds: dict[Key, Build] = {}
        self._build_of: dict[str, Build] = {}
        self._reserved: set[str] = set()
        self._gaps: dict[str, None] = {}
        self._gap_at = 0.0
        self._gap_last = ""
        self.promised: dict[str, float] = {}

    # Agents come and go

    def join(self, agent: Agent) -> None:
        """An agent can be given work, if it has room."""
        if agent.info is None or agent.route is None or agent.draining:
            return
        key = build_key(agent.info)
        build = self._builds.get(key)
        if build is None:
            build = self._builds[key] = Build(key)
        build.members[agent.name] = agent
        self._build_of[agent.name] = build
        self._list(agent)

    def leave(self, agent: Agent) -> None:
        """An agent can be given no more work."""
        self._unlist(agent)
        build = self._build_of.pop(agent.name, None)
        if build is None:
            return
        del build.members[agent.name]
        if not build.members:
            del self._builds[build.key]
        self._queue.abandon(agent.name)
        self._reserved.discard(agent.name)
        # A job that avoids an agent where it failed may have nowhere else to go now.
        self._notice_all()

    def offer(self, agent: Agent, free: list[str]) -> None:
        """An agent says what is free on it."""
        self._unlist(agent)
        agent.offered = free
        self._list(agent)
        self._gaps[agent.name] = None

    def freed(self, agent: Agent) -> None:
        """A lease of an agent ended: what it offers may count for more."""
        self._unlist(agent)
        self._list(agent)
        self._gaps[agent.name] = None

    # The round

    def run(self, stirred: Iterable[tuple[str, str]]) -> None:
        """Start every job that can start now; `stirred` are the flows that changed."""
        for tier, user in stirred:
            if user:
                self._notice(self._queue.head(tier, user))
            else:
                self._notice_all()
        if self._reserved:
            self._fill_reserved()
        self._gaps.clear()
        while any(not build.barren and build.warm for build in self._builds.values()):
            job = self._queue.next(self._placeable)
            if job is None:
                for build in self._builds.values():
                    build.barren = True
                return
            agent = self._agent_for(job)
            assert agent is not None, "a job that can be placed has an agent"
            if not self._take(agent, job.model):
                self._build_of[agent.name].barren = True

    def can_run(self, agent: Agent, job: JobRecord) -> bool:
        """Whether an agent may be given a job, once it has room."""
        build = self._build_of.get(agent.name)
        return build is not None and build.fits(job) and self._suits(agent, job)

    def accepts(self, agent: Agent) -> Fits:
        """Which queued jobs an agent may be given."""
        build = self._build_of[agent.name]

        def accepts(job: Job) -> bool:
            record = self._record(job)
            return build.fits(record) and self._suits(agent, record)

        return accepts

    def reason(self, job: JobRecord) -> str:
        """Why a queued job cannot start on any agent here; '' if it only waits for its turn."""
        builds = [build for build in self._builds.values() if build.members]
        if not builds:
            return "No agent is here."
        if any(
            self._suits(agent, job) for b in builds if b.fits(job) for agent in b.members.values()
        ):
            return ""
        lacks = sorted({build.lacks(job) for build in builds} - {""})
        if not lacks:
            return "Every agent that could run it has refused it."
        return f"No agent here has {' and '.join(lacks)}."

    # Inside

    def _list(self, agent: Agent) -> None:
        """List the free GPUs of an agent by the models warm on them."""
        build = self._build_of.get(agent.name)
        if build is None or not agent.free or agent.name in self._reserved:
            return
        build.barren = False
        for model in agent.offered:
            build.warm.setdefault(model, {})[agent.name] = agent

    def _unlist(self, agent: Agent) -> None:
        build = self._build_of.get(agent.name)
        if build is None:
            return
        for model in agent.offered:
            agents = build.warm.get(model)
            if agents is not None:
                agents.pop(agent.name, None)
                if not agents:
                    del build.warm[model]

    def _notice(self, head: Job | None) -> None:
        """A user's next job is another: builds that fit it are worth asking again."""
        if head is None:
            return
        job = self._record(head)
        for build in self._builds.values():
            if build.barren and build.fits(job):
                build.barren = False

    def _notice_all(self) -> None:
        for build in self._builds.values():
            build.barren = False

    def _placeable(self, job: Job) -> bool:
        return self._agent_for(job) is not None

    def _agent_for(self, queued: Job) -> Agent | None:
        """The best free agent for a job; for a job of several GPUs one with enough of them free,
        or else the one with the most, which is then kept for it.
        """
        job = self._record(queued)
        best: Agent | None = None
        for build in self._builds.values():
            if build.barren or not build.warm or not build.fits(job):
                continue
            for agent in build.free(queued.model):
                if not self._suits(agent, job):
                    continue
                if agent.free >= job.gpus and queued.model in agent.offered:
                    return agent
                if best is None or (best.free < job.gpus and best.free < agent.free):
                    best = agent
                if best.free >= job.gpus:
                    break
        return best

    def _suits(self, agent: Agent, job: JobRecord) -> bool:
        """Whether an agent has not refused a job, nor failed at it while others did not."""
        refusals = self._lifecycle.refusals
        if refusals and agent.name in refusals.get(job.number, ()):
            return False
        return agent.name not in job.failed_on or not self._others(job)

    def _others(self, job: JobRecord) -> bool:
        """Whether there is an agent that could run a job and did not fail at it yet."""
        refused = self._lifecycle.refusals.get(job.number, set())
        avoided = refused.union(job.failed_on)
        return any(
            name not in avoided
            for build in self._builds.values()
            if build.fits(job)
            for name in build.members
        )

    def _take(self, agent: Agent, model: str) -> bool:
        """Offer the free GPUs of an agent, once; says whether that changed anything."""
        now = self._journal.now.monotonic
        warm = model if model in agent.offered else agent.offered[0]
        if self.promised.get(agent.name, 0.0) > now:
            warm = ""
        slot = Slot(agent.name, warm or None, agent.free, agent.gpus)
        before = agent.name in self._reserved
        taken = self._queue.take(slot, now, self.accepts(agent))
        reserved = agent.name in self._queue.reservations()
        self._unlist(agent)
        (self._reserved.add if reserved else self._reserved.discard)(agent.name)
        if taken is not None:
            self._assign(agent, self._record(taken), taken.model)
            self._notice(self._queue.head(taken.tier, taken.user))
        self._list(agent)
        return taken is not None or reserved != before

    def _fill_reserved(self) -> None:
        """Offer hosts that are kept for a job of several GPUs: to it, or to fill the gap.

        A host is asked at once when something became free on it, and now and then besides, one
        after the other: looking for a job that fills a gap may look at every user's next one.
        """
        reserved = self._queue.reservations()
        for name in sorted(self._reserved - reserved.keys()):
            self._reserved.discard(name)
            released = self._find(name)
            if released is not None:
                self._list(released)
        now = self._journal.now.monotonic
        if now >= self._gap_at:
            self._gap_at = now + GAPS
            self._gap_last = self._after(self._gap_last)
            self._gaps[self._gap_last] = None
        for name in self._gaps:
            agent = self._find(name)
            while agent is not None and agent.free and name in self._reserved:
                if not self._take(agent, agent.offered[0]):
                    break

    def _after(self, last: str) -> str:
        """The host with a reservation whose turn it is."""
        return min(self._reserved, key=lambda name: (name <= last, name), default="")

    def _find(self, name: str) -> Agent | None:
        build = self._build_of.get(name)
        return None if build is None else build.members[name]

    def _assign(self, agent: Agent, job: JobRecord, model: str) -> None:
        assert agent.route is not None
        for _ in range(job.gpus):
            agent.offered.remove(model if model in agent.offered else min(agent.offered))
        self.promised.pop(agent.name, None)
        hold = self._lifecycle.grant(job, agent)
        timeout = self._policy.longest(job.tier, job.timeout)
        self._journal.outcome.sends.append(
            SendWork(agent.route, hold.lease, job.user, agent.ready, timeout, job.checkpoints)
        )
        if job.seconds >= self._policy.prefetch_from:
            self._prefetch(agent)

    def _prefetch(self, agent: Agent) -> None:
        """Tell an agent that is full which job it will probably get next."""
        if agent.free or agent.route is None:
            return
        build = self._build_of[agent.name]
        coming = self._queue.next(lambda job: build.fits(self._record(job)))
        if coming is None:
            return
        number = int(coming.id[1:])
        if number != agent.prefetched:
            agent.prefetched = number
            self._journal.outcome.sends.append(SendPrefetch(agent.route, number, coming.model))

    def _record(self, job: Job) -> JobRecord:
        return self._table.live[int(job.id[1:])]
