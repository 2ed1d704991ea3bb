"""What the fair queue is made of: jobs, a user's line of jobs, flows with tags, heaps of flows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace
from typing import NamedTuple, TypedDict

from engine.errors import InvalidInput

SPARE_ENTRIES = 64
"""A heap is rebuilt once it holds this many dead entries more than live ones."""


class JobState(TypedDict):
    """A job as plain data."""

    id: str
    user: str
    tier: str
    model: str
    seconds: float
    gpus: int
    priority: int


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
class Job:
    """Work that could start now: what it depends on is there already.

    `seconds` is how long it is expected to hold its `gpus`; priority 0 is the highest, and counts
    only among jobs of the same user.  Raises InvalidInput where a number makes no sense.
    """

    id: str
    user: str
    tier: str
    model: str
    seconds: float
    gpus: int = 1
    priority: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.seconds < float("inf"):
            raise InvalidInput(
                f"Job '{self.id}': an estimate of {self.seconds} seconds cannot be queued.",
                remedy="Give a positive, finite number.",
            )
        if self.gpus < 1 or self.priority < 0:
            raise InvalidInput(
                f"Job '{self.id}': gpus={self.gpus}, priority={self.priority} cannot be queued.",
                remedy="It needs at least one GPU, and a priority of 0 (highest) or more.",
            )

    def restate(self) -> JobState:
        """As plain data; `Job(**state)` is the way back."""
        return JobState(
            id=self.id,
            user=self.user,
            tier=self.tier,
            model=self.model,
            seconds=self.seconds,
            gpus=self.gpus,
            priority=self.priority,
        )

    @property
    def cost(self) -> float:
        """The estimate that is charged when it is dispatched, in GPU-seconds."""
        return self.gpus * self.seconds


class Place(NamedTuple):
    """A job in a user's line; identity tells the live entry from those it replaced."""

    priority: int
    number: int
    job: Job


class Line:
    """The waiting jobs of one user: by priority, then first come, first served, until moved."""

    def __init__(self) -> None:
        self._heap: list[Place] = []
        self._places: dict[str, Place] = {}
        self._front = 0
        self._back = 0

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Job]:
        """Jobs in the order in which they will be served."""
        return (place.job for place in sorted(self._places.values(), key=_served_at))

    def head(self) -> Job | None:
        """The job to serve next, if any."""
        while self._heap:
            place = self._heap[0]
            if self._places.get(place.job.id) is place:
                return place.job
            heappop(self._heap)
        return None

    def append(self, job: Job) -> None:
        """Behind its equals."""
        self._put(job, self._back)
        self._back += 1

    def prepend(self, job: Job) -> None:
        """Before its equals."""
        self._front -= 1
        self._put(job, self._front)

    def remove(self, id: str) -> Job:
        """Take a job out, wherever it stands."""
        job = self._places.pop(id).job
        if len(self._heap) > 2 * len(self._places) + SPARE_ENTRIES:
            self._heap = list(self._places.values())
            heapify(self._heap)
        return job

    def move(self, ids: Sequence[str], index: int | None) -> None:
        """Put jobs of one priority, in the order given, at `index` among their other equals.

        0 is the front, None the back.  Several at once keep their order, which several moves to
        the front, one after the other, would reverse.
        """
        moved = [self.remove(id) for id in ids]
        if index == 0:
            for job in reversed(moved):
                self.prepend(job)
            return
        equals = [job for job in self if job.priority == moved[0].priority]
        behind = [] if index is None else [self.remove(job.id) for job in equals[index:]]
        for job in (*moved, *behind):
            self.append(job)

    def _put(self, job: Job, number: int) -> None:
        place = Place(job.priority, number, job)
        self._places[job.id] = place
        heappush(self._heap, place)


def _served_at(place: Place) -> tuple[int, int]:
    return place.priority, place.number


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
        if not slots:
            return True
        if self.slots is not None and slots + job.gpus > self.slots:
            return False
        return self.cost is None or cost + job.cost <= self.cost


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

    def candidate(self) -> Job | None:
        """The head of the line, unless the user is paused or holds too much."""
        if self.paused:
            return None
        head = self.line.head()
        if head is None or not self.terms.admit(head, self.held_slots, self.held_cost):
            return None
        return head

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
