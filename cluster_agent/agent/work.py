"""The work of one lease, from its assignment to the broker's word that its end was heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from cluster_agent.agent.news import Kept, Told
from cluster_agent.protocol.job_spec import JobSpec, ResultFile
from cluster_agent.protocol.messages import (
    Checkpoint,
    Failed,
    Fault,
    Finished,
    Lease,
    Message,
    Phase,
    Report,
    Stopped,
)

Stage: TypeAlias = Literal["waiting", "preparing", "running", "closing", "delivering", "telling"]
"""It waits for GPUs, is fetched, runs, waits for its last checkpoint, is uploaded, is told."""

NEVER: Final = float("inf")
MOST_EVENTS: Final = 200
_LONGEST: Final = 1 << 20
"""Characters of events in one report: pictures are large."""
_LONGEST_ERROR: Final = 4000


class Ending(NamedTuple):
    """How work ended: with results, with a fault, or (neither) because it was stopped."""

    fault: Fault | None = None
    error: str = ""
    peak: int = 0
    results: tuple[ResultFile, ...] | None = None


@dataclass(eq=False)
class Work:
    """What is known of a lease.  `taken` is when it got its GPUs, `heard` its worker's last word.

    `stopping` is how it ends once its worker has stopped; `asked` numbers the message that told
    of its end; `due_at` is when that is told without waiting for the last checkpoint, or again.
    """

    lease: Lease
    spec: JobSpec
    timeout: float
    checkpoints: tuple[Checkpoint, ...]
    stage: Stage = "waiting"
    slots: tuple[int, ...] = ()
    taken: float = 0.0
    heard: float = 0.0
    seconds: float = 0.0
    stopping: Ending | None = None
    ending: Ending | None = None
    asked: int = 0
    due_at: float = NEVER
    node: str = ""
    phase: Phase | None = None
    step: int = 0
    steps: int = 0
    peak: int = 0
    pushing: bool = False
    overtaken: Kept | None = None
    saved: dict[str, Checkpoint] = field(default_factory=dict)
    reported_at: float = float("-inf")
    unreported: bool = False
    _events: dict[str, str] = field(default_factory=dict)
    _single: int = 0

    @property
    def computing(self) -> bool:
        """Whether its workers are at it."""
        return self.stage in ("preparing", "running")

    def used(self, now: float) -> float:
        """Seconds for which it has held its GPUs."""
        return max(0.0, now - self.taken) if self.computing else self.seconds

    def note(self, told: Told) -> bool:
        """Take up what the worker told; whether the broker should know at once."""
        topic = told.topic
        if not topic:
            self._single += 1
            topic = f" {self._single}"
        self._events.pop(topic, None)
        self._events[topic] = told.event
        while len(self._events) > MOST_EVENTS or sum(map(len, self._events.values())) > _LONGEST:
            del self._events[next(iter(self._events))]
        self.unreported = True
        self.node = self.node if told.node is None else told.node
        self.step = self.step if told.step is None else told.step
        self.steps = self.steps if told.steps is None else told.steps
        if told.phase is None or told.phase == self.phase:
            return False
        self.phase = told.phase
        return True

    def report(self, now: float, checkpoint: Checkpoint | None = None) -> Report:
        """What has to be said of it now; that is then said."""
        events = tuple(self._events.values())
        self._events.clear()
        self.unreported, self.reported_at = False, now
        return Report(
            lease=self.lease,
            seconds=self.used(now),
            phase=self.phase,
            step=self.step,
            steps=self.steps,
            checkpoint=checkpoint,
            events=events,
        )

    def last_word(self, re: int) -> Message:
        """The message that tells how it ended; the answer to it will have the same number."""
        assert self.ending is not None
        self.asked = re
        lease, seconds = self.lease, self.seconds
        fault, error, peak, results = self.ending
        if results is not None:
            return Finished(re=re, lease=lease, seconds=seconds, results=results)
        if fault is None:
            return Stopped(re=re, lease=lease, seconds=seconds)
        error = error[:_LONGEST_ERROR]
        return Failed(re=re, lease=lease, seconds=seconds, fault=fault, error=error, peak=peak)
