"""What the machine has decided since it was last asked: changes to keep and messages to send."""

from __future__ import annotations

from collections import Counter

from cluster_agent.broker.outcome import Now, Outcome
from cluster_agent.broker.records import JobRecord
from cluster_agent.broker.states import may_follow
from cluster_agent.protocol.messages import Changed, Message, Refused, State


class Journal:
    """The outcome under construction, the numbers of state changes, and the time.

    `counts` are the jobs known in each state.  `late` are records that changed in nothing that
    must be durable at once: they are written along with whatever is.
    """

    def __init__(self, last_event: int, now: Now) -> None:
        self.now = now
        self.seq = last_event
        self.counts: Counter[State] = Counter()
        self.late: dict[int, JobRecord] = {}
        self.outcome = Outcome()

    def begin(self, job: JobRecord) -> None:
        """A new job, in its first state."""
        self.counts[job.state] += 1
        self._tell(job)

    def enter(self, job: JobRecord, state: State) -> None:
        """A job enters a state that may follow its present one."""
        assert may_follow(state, job.state), f"{job.id}: {state} cannot follow {job.state}"
        self.counts[job.state] -= 1
        self.counts[state] += 1
        job.state = state
        self._tell(job)

    def keep(self, job: JobRecord) -> None:
        """Write a record that changed, though not in its state."""
        self.outcome.changes.jobs[job.number] = job

    def send(self, route: bytes, *messages: Message) -> None:
        """Say something once the changes are durable."""
        self.outcome.send(route, *messages)

    def refuse(self, route: bytes, refused: Refused) -> None:
        """Say no."""
        self.outcome.send(route, refused)

    def take(self) -> Outcome:
        """Everything since the last time."""
        outcome, self.outcome = self.outcome, Outcome()
        if outcome.changes and self.late:
            for number, job in self.late.items():
                outcome.changes.jobs.setdefault(number, job)
            self.late.clear()
        return outcome

    def _tell(self, job: JobRecord) -> None:
        self.seq += 1
        changes = self.outcome.changes
        changes.jobs[job.number] = job
        changes.events.append(
            Changed(
                seq=self.seq,
                job=job.id,
                user=job.user,
                state=job.state,
                attempt=job.epoch,
                agent=job.agent,
                error=job.error,
            )
        )
