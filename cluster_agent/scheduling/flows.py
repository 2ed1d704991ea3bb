"""Flows of the fair queue: users with their tags and terms, heaps of them, and tiers.

A tag is the service charged over the weight.  Heaps delete lazily: an entry that is out of date is
dropped or brought up to date when it reaches the top.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace
from typing import TypedDict

from cluster_agent.scheduling.jobs import SPARE_ENTRIES, Job, JobState, Line
from engine.errors import InvalidInput


class UserState(TypedDict):
    """A user's flow as plain data, with the waiting jobs in the order of service."""

    name: str
    tag: float
    served: float
    paused: bool
    held_cost: float
    weight: float
    slots: int | None
    cost: float | None
    line: list[JobState]


class TierState(TypedDict):
    """A tier's flow as plain data, with its users in the order in which they came."""

    name: str
    tag: float
    served: float
    paused: bool
    last: float
    users: list[UserState]


@dataclass(frozen=True, slots=True)
class Terms:
    """What one user may have: a weight in the tier, and limits on what is held at one time.

    `slots` bounds GPUs, `cost` bounds the GPU-seconds charged for work that has not ended.  A
    single job that is larger than a limit runs alone.
    """

    weight: float = 1.0
    slots: int | None = None
    cost: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.weight < float("inf"):
            raise InvalidInput(f"A weight of {self.weight} is not positive and finite.")

    def admit(self, job: Job, slots: int, cost: float) -> bool:
        """Whether a job may join work that holds so many slots at such a cost."""
        if self.slots is not None and slots and slots + job.gpus > self.slots:
            return False
        return self.cost is None or not slots or cost + job.cost <= self.cost


@dataclass(slots=True, eq=False)
class Flow:
    """One claimant of a level: a tier among tiers, or a user among the users of a tier.

    `tag` is the service charged so far over the weight, moved up to the level's virtual time when
    the flow becomes backlogged; `served` is the service charged so far in GPU-seconds.
    """

    name: str
    order: int
    weight: float
    tag: float = 0.0
    served: float = 0.0
    paused: bool = False

    def wake(self, virtual_time: float) -> None:
        """From empty to backlogged: idling earns no credit, and debt is kept."""
        self.tag = max(self.tag, virtual_time)

    def charge(self, cost: float) -> None:
        """Count service; negative to refund."""
        self.served += cost
        self.tag += cost / self.weight


@dataclass(slots=True, eq=False)
class User(Flow):
    """A user's flow.  `ready` is the head of the line if it may be dispatched now."""

    tier: Tier = field(kw_only=True)
    terms: Terms = field(default_factory=Terms)
    line: Line = field(default_factory=Line)
    ready: Job | None = None
    held_slots: int = 0
    held_cost: float = 0.0

    def restate(self) -> UserState:
        """As plain data."""
        return UserState(
            name=self.name,
            tag=self.tag,
            served=self.served,
            paused=self.paused,
            held_cost=self.held_cost,
            weight=self.terms.weight,
            slots=self.terms.slots,
            cost=self.terms.cost,
            line=[job.restate() for job in self.line],
        )

    def restore(self, state: UserState) -> None:
        """Take over plain data; what the user holds is counted by whoever knows it."""
        self.tag, self.served, self.paused = state["tag"], state["served"], state["paused"]
        self.terms = Terms(state["weight"], state["slots"], state["cost"])
        self.weight, self.held_cost = state["weight"], state["held_cost"]
        for job in state["line"]:
            self.line.append(Job(**job))

    def candidate(self) -> Job | None:
        """The head of the line, unless the user is paused or holds too much."""
        head = self.line.head()
        if head is None or self.paused:
            return None
        terms = self.terms
        if terms.slots is None and terms.cost is None:
            return head
        return head if terms.admit(head, self.held_slots, self.held_cost) else None

    @property
    def unused(self) -> bool:
        """Whether nothing waits, runs or is remembered but the tag."""
        return not (self.line or self.held_slots or self.paused)


Entry = tuple[float, int, User]
Fits = Callable[[Job], bool]


class UserHeap:
    """Backlogged users by (tag, order), of all models or of one.

    A tag that grew is noticed when its entry reaches the top, so service costs no insertion; a
    tag that shrank must be offered again.  Each user has one live entry at most.
    """

    def __init__(self, model: str | None = None) -> None:
        self._model = model
        self._heap: list[Entry] = []
        self._live: dict[int, Entry] = {}

    def offer(self, user: User) -> None:
        """See to it that the user is found no later than at its present tag."""
        known = self._live.get(user.order)
        if known is not None and known[0] <= user.tag:
            return
        entry = (user.tag, user.order, user)
        self._live[user.order] = entry
        heappush(self._heap, entry)
        if len(self._heap) > 2 * len(self._live) + SPARE_ENTRIES:
            self._heap = list(self._live.values())
            heapify(self._heap)

    def least(self) -> User | None:
        """The user with the least tag."""
        heap, live, model = self._heap, self._live, self._model
        while heap:
            entry = heap[0]
            tag, order, user = entry
            if live.get(order) is not entry:
                heappop(heap)
            elif user.ready is None or (model is not None and user.ready.model != model):
                heappop(heap)
                del live[order]
            elif user.tag != tag:
                entry = live[order] = (user.tag, order, user)
                heapreplace(heap, entry)
            else:
                return user
        return None

    def first(self, fits: Fits | None) -> User | None:
        """The user with the least tag whose job fits; those passed over stay."""
        if fits is None:
            return self.least()
        passed: list[Entry] = []
        while (user := self.least()) is not None:
            if user.ready is not None and fits(user.ready):
                break
            passed.append(heappop(self._heap))
        for entry in passed:
            heappush(self._heap, entry)
        return user


@dataclass(slots=True, eq=False)
class Tier(Flow):
    """A tier's flow, and the level of its users."""

    slack: float = 0.0
    users: dict[str, User] = field(default_factory=dict)
    backlogged: int = 0
    last: float = 0.0
    _all: UserHeap = field(default_factory=UserHeap)
    _by_model: dict[str, UserHeap] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether some user's job could be dispatched."""
        return self.backlogged > 0 and not self.paused

    def virtual_time(self) -> float:
        """The least tag of the backlogged users, else the last one dispatched."""
        least = self._all.least()
        return self.last if least is None else least.tag

    def choose(self, model: str | None, fits: Fits | None) -> User | None:
        """The user to serve: the least tag, or within the slack of it the warm model."""
        least = self._all.first(fits)
        if least is None or least.ready is None or least.ready.model == model:
            return least
        heap = self._by_model.get(model) if model is not None else None
        warm = heap.first(fits) if heap is not None else None
        return warm if warm is not None and warm.tag <= least.tag + self.slack else least

    def offer(self, user: User) -> None:
        """List a backlogged user whose tag shrank or whose next job is another."""
        if user.ready is None:
            return
        self._all.offer(user)
        heap = self._by_model.get(user.ready.model)
        if heap is None:
            heap = self._by_model[user.ready.model] = UserHeap(user.ready.model)
        heap.offer(user)

    def restate(self) -> TierState:
        """As plain data."""
        return TierState(
            name=self.name,
            tag=self.tag,
            served=self.served,
            paused=self.paused,
            last=self.last,
            users=[user.restate() for user in self.users.values()],
        )

    def prune(self, usual: Terms) -> int:
        """Forget idle users that would return at the virtual time anyway; says how many."""
        now = self.virtual_time()
        idle = [u for u in self.users.values() if u.unused and u.tag <= now and u.terms == usual]
        for user in idle:
            del self.users[user.name]
        return len(idle)
