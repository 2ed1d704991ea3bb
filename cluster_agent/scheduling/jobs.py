"""A job as the queue sees it, and the line in which a user's jobs wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
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

    def __getitem__(self, id: str) -> Job:
        """The waiting job of this id."""
        return self._places[id].job

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

    def pop(self) -> Job | None:
        """Take the head out."""
        head = self.head()
        if head is not None:
            heappop(self._heap)
            del self._places[head.id]
        return head

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
