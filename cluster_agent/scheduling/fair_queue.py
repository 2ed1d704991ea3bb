"""Two-level weighted fair queuing of jobs: tiers first, then users, by the same rule.

Start-time fair queuing (Goyal, Vin and Cheng, "Start-time Fair Queuing: a scheduling algorithm
for integrated services packet switching networks", SIGCOMM 1996), with an affinity slack.  A flow
f has a weight w and a tag u; a job's estimate e is GPUs x seconds.

- Activation, from empty to backlogged: u <- max(u, V), where V is the least tag of the backlogged
  flows, else the last dispatched tag.  Idling earns no credit, and debt is kept.
- Dispatch on a slot whose warm model is m: g is the flow with the least tag.  The least flow whose
  next job needs m is served if its tag is at most u_g + slack, else g.  Then u += e / w.
- Correction, at reports and at the end: u += (actual - counted) / w.  A cancelled or preempted job
  is settled at what it used, which refunds the rest.
- Bound, over an interval in which f and g stay backlogged and no correction falls:
  |S_f/w_f - S_g/w_g| <= L_f/w_f + L_g/w_g + 2 slack, L the largest estimate dispatched.

The flows compared for a slot are those whose next job fits it; where every slot takes every job,
that is all of them.  A flow that is paused or at its quota is not backlogged.

Nothing here knows the time, the network or a disk: `now` is an argument, ties are broken by who
came first, and the whole state can be exported as plain data and rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from cluster_agent.scheduling.flows import Fits, Terms, TierState, User
from cluster_agent.scheduling.gang import Held, HeldState, Ledger, Slot
from cluster_agent.scheduling.jobs import Job
from cluster_agent.scheduling.levels import Levels, Policy, Standing
from engine.errors import InvalidInput

__all__ = ["FairQueue", "Held", "Job", "Policy", "Slot", "Standing", "Terms"]


class QueueState(TypedDict):
    """A whole queue as plain data: JSON and msgpack carry it without loss."""

    last: float
    tiers: list[TierState]
    held: list[HeldState]


class FairQueue:
    """Which job runs next, and what everybody has been charged.

    Methods that name a job or a tier raise InvalidInput where it is not there.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self._levels = Levels(policy or Policy())
        self._waiting: dict[str, User] = {}
        self._ledger = Ledger()

    def __len__(self) -> int:
        """How many jobs wait, without those that have a reservation."""
        return len(self._waiting)

    # Arrivals, and what users may do to their waiting jobs

    def submit(self, job: Job) -> None:
        """Queue a job behind its equals."""
        user = self._listed(job)
        user.line.append(job)
        self._levels.refresh(user)

    def put_back(self, job: Job) -> None:
        """Queue a job before its equals: one that was preempted, or whose agent died.

        Settle it first, and give it here with what is left to do as its estimate.
        """
        user = self._listed(job)
        user.line.prepend(job)
        self._levels.refresh(user)

    def withdraw(self, id: str) -> Job:
        """Take out a job that waits or has a reservation; what was charged is refunded."""
        held = self._ledger.get(id)
        if held is not None and held.started is None:
            return self.settle(id, 0.0)
        user = self._user_of_waiting(id)
        job = user.line.remove(id)
        del self._waiting[id]
        self._levels.refresh(user)
        return job

    def move(self, ids: Sequence[str], index: int | None) -> None:
        """Put waiting jobs of one user and one priority at `index` among their other equals.

        0 is the front, None the back; the jobs keep the order in which they are given.
        """
        users = [self._user_of_waiting(id) for id in ids]
        if not ids or len(set(ids)) < len(ids) or (index is not None and index < 0):
            raise InvalidInput(f"Cannot move {list(ids)} to {index}.", remedy="Name each job once.")
        user = users[0]
        priorities = {owner.line[id].priority for owner, id in zip(users, ids, strict=True)}
        if any(owner is not user for owner in users) or len(priorities) > 1:
            raise InvalidInput(
                f"Jobs {', '.join(ids)} are not of one user and one priority.",
                remedy="Move them one group at a time.",
            )
        user.line.move(ids, index)
        self._levels.refresh(user)

    def line(self, tier: str, user: str) -> tuple[Job, ...]:
        """A user's waiting jobs, in the order in which they will be served."""
        found = self._levels.tier(tier).users.get(user)
        return () if found is None else tuple(found.line)

    # Pauses and terms

    def pause(self, tier: str, user: str | None = None) -> None:
        """Dispatch nothing of a tier or a user; their reservations go back to waiting."""
        level = self._levels.tier(tier)
        for host, job in self.reservations().items():
            if job.tier == tier and user in (None, job.user):
                self.abandon(host)
        if user is None:
            level.paused = True
        else:
            flow = self._levels.user(level, user)
            flow.paused = True
            self._levels.refresh(flow)

    def resume(self, tier: str, user: str | None = None) -> None:
        """End a pause; the time spent in it earns no credit."""
        level = self._levels.tier(tier)
        if user is not None:
            flow = self._levels.user(level, user)
            flow.paused = False
            self._levels.refresh(flow)
        elif level.paused:
            level.wake(self._levels.virtual_time())
            level.paused = False

    def agree(self, tier: str, user: str, terms: Terms) -> None:
        """Give a user other terms than the usual ones."""
        flow = self._levels.user(self._levels.tier(tier), user)
        flow.terms = terms
        flow.weight = terms.weight
        self._levels.refresh(flow)

    # Dispatch

    def take(self, slot: Slot, now: float, accepts: Fits | None = None) -> Job | None:
        """The job to start now on this slot, charged by its estimate; None if there is none.

        `accepts` says which jobs the slot can run at all.  A job that needs more GPUs than are
        free reserves the host, and the search goes on for one that fills the gap.  A host that
        has several GPUs free asks again, with as many fewer as the job takes.
        """
        ledger = self._ledger
        if ledger.reserved:
            if ledger.hopeless(slot, accepts):
                self.abandon(slot.host)
            ready = ledger.startable(slot, accepts)
            if ready is not None:
                ledger.begin(ready, slot.host, now)
                return ready.job
        plain = accepts is None and slot.host not in ledger.reserved
        user = self._levels.choose(slot.model, None if plain else ledger.fits(slot, now, accepts))
        while user is not None and user.ready is not None:
            job = user.ready
            if job.gpus <= slot.free:
                self._dispatch(user, job, Held(job, slot.host, job.cost, now))
                return job
            if job.gpus <= slot.size:
                self._dispatch(user, job, Held(job, slot.host, job.cost))
            user = self._levels.choose(slot.model, ledger.fits(slot, now, accepts))
        return None

    def next(self, accepts: Fits | None = None) -> Job | None:
        """The job that a slot with no warm model would be given, among those accepted."""
        user = self._levels.choose(None, accepts)
        return None if user is None else user.ready

    def head(self, tier: str, user: str) -> Job | None:
        """The next job of a user, if it may be dispatched."""
        flow = self._levels.tier(tier).users.get(user)
        return None if flow is None else flow.ready

    def abandon(self, host: str) -> Job | None:
        """Give up the reservation of a host that is gone; the job waits again, refunded."""
        held = self._ledger.reserved.get(host)
        if held is None:
            return None
        self.settle(held.job.id, 0.0)
        self.put_back(held.job)
        return held.job

    def reservations(self) -> dict[str, Job]:
        """The jobs that wait for GPUs of a host, by host, oldest first."""
        return {host: held.job for host, held in self._ledger.reserved.items()}

    # Corrections

    def report(self, id: str, cost: float) -> None:
        """Correct a running job's charge to what it will have cost, as known by now.

        `cost` is in GPU-seconds and for the whole job: 10 of 30 steps done in 40 s on one GPU
        make 120.
        """
        self._levels.refresh(self._correct(self._dispatched(id, cost), cost))

    def settle(self, id: str, cost: float) -> Job:
        """End a dispatched job at what it used: finished, failed, cancelled or preempted.

        `cost` is in GPU-seconds; what was charged beyond it is refunded.
        """
        held = self._dispatched(id, cost)
        self._ledger.remove(id)
        user = self._correct(held, cost)
        user.held_slots -= held.job.gpus
        user.held_cost = user.held_cost - cost if user.held_slots else 0.0
        self._levels.refresh(user)
        return held.job

    # What can be asked

    def held(self) -> tuple[Held, ...]:
        """Every job that was dispatched and not settled, in the order of dispatch."""
        return tuple(self._ledger)

    def served(self) -> dict[str, dict[str, float]]:
        """GPU-seconds charged so far, by tier and user."""
        return {
            name: {user.name: user.served for user in tier.users.values()}
            for name, tier in self._levels.tiers.items()
        }

    @property
    def last(self) -> float:
        """The tag of the tier that was served last."""
        return self._levels.last

    def standing(self, tier: str, user: str = "") -> Standing:
        """A flow's tag and terms; reserved work counts once it is started."""
        level = self._levels.tier(tier)
        flow = self._levels.user(level, user) if user else None
        reserved = sum(
            held.counted
            for held in self._ledger.reserved.values()
            if held.job.tier == tier and user in ("", held.job.user)
        )
        if flow is None:
            tag, served = level.tag - reserved / level.weight, level.served - reserved
            return Standing(tier, "", tag, served, level.paused, Terms(level.weight), level.last)
        tag, served = flow.tag - reserved / flow.weight, flow.served - reserved
        return Standing(tier, user, tag, served, flow.paused, flow.terms)

    def prune(self) -> int:
        """Forget users who have nothing here and no debt; says how many.  For every few hours."""
        return self._levels.prune()

    # Export and return

    def export(self) -> QueueState:
        """Everything but the policy, as plain data."""
        return QueueState(
            last=self._levels.last,
            tiers=[tier.restate() for tier in self._levels.tiers.values()],
            held=[held.restate() for held in self._ledger],
        )

    @classmethod
    def rebuilt(cls, state: QueueState, policy: Policy | None = None) -> FairQueue:
        """The queue that was exported: it exports the same, and decides the same from there.

        The policy may be another one, as long as it has every tier of the state that has users.
        """
        queue = cls(policy)
        queue._levels.last = state["last"]
        for tier_state in state["tiers"]:
            if tier_state["name"] in queue._levels.tiers or tier_state["users"]:
                queue._restore_tier(tier_state)
        for held_state in state["held"]:
            job = Job(**held_state["job"])
            held = Held(job, held_state["host"], held_state["counted"], held_state["started"])
            queue._ledger.add(held)
            queue._levels.tiers[job.tier].users[job.user].held_slots += job.gpus
        queue._levels.come_forward()
        return queue

    @classmethod
    def resumed(
        cls,
        policy: Policy,
        last: float,
        standings: Iterable[Standing],
        waiting: Iterable[Job],
        running: Iterable[Held],
    ) -> FairQueue:
        """A queue after a restart: flows as they stood, jobs in the order of service.

        Tiers that the policy no longer has are left out; no job may be of them.
        """
        queue = cls(policy)
        levels = queue._levels
        levels.last = last
        for standing in standings:
            if standing.tier in levels.tiers:
                levels.stand(standing)
        for job in waiting:
            queue._listed(job).line.append(job)
        for held in running:
            user = levels.user(levels.tier(held.job.tier), held.job.user)
            queue._ledger.add(held)
            user.held_slots += held.job.gpus
            user.held_cost += held.counted
        levels.come_forward()
        return queue

    def _restore_tier(self, state: TierState) -> None:
        tier = self._levels.tier(state["name"])
        tier.tag, tier.served, tier.last = state["tag"], state["served"], state["last"]
        tier.paused = state["paused"]
        for user_state in state["users"]:
            user = self._levels.user(tier, user_state["name"])
            user.restore(user_state)
            self._waiting.update((job.id, user) for job in user.line)

    # Charges

    def _dispatch(self, user: User, job: Job, held: Held) -> None:
        """Charge the estimate, and let the user's next job come forward."""
        del self._waiting[job.id]
        self._ledger.add(held)
        self._levels.serve(user, job)

    def _correct(self, held: Held, cost: float) -> User:
        """Charge the difference to what was counted; returns whose it is."""
        user = self._levels.tiers[held.job.tier].users[held.job.user]
        self._levels.charge(user, cost - held.counted)
        held.counted = cost
        return user

    # Finding

    def _listed(self, job: Job) -> User:
        """The user of a new job, which is listed as waiting."""
        if job.id in self._waiting or self._ledger.get(job.id) is not None:
            raise InvalidInput(f"Job '{job.id}' is queued already.", remedy="Use another id.")
        user = self._levels.user(self._levels.tier(job.tier), job.user)
        self._waiting[job.id] = user
        return user

    def _user_of_waiting(self, id: str) -> User:
        user = self._waiting.get(id)
        if user is None:
            raise InvalidInput(
                f"Job '{id}' does not wait in the queue.",
                remedy="A job that was dispatched is settled instead.",
            )
        return user

    def _dispatched(self, id: str, cost: float) -> Held:
        held = self._ledger.get(id)
        if held is None:
            raise InvalidInput(f"Job '{id}' was not dispatched, or is settled already.")
        if not 0 <= cost < float("inf"):
            raise InvalidInput(f"Job '{id}': a cost of {cost} GPU-seconds cannot be charged.")
        return held
