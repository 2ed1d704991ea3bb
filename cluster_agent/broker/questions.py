"""ListJobs and GetJobs: answered out of the store, fairly and a little at a time.

Pages are costly beside all else that a broker does.  They wait in a line for each user and are
answered in turns, as long as there is time; meanwhile work goes on.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final, TypeAlias

from cluster_agent.broker.machine import Broker, Live
from cluster_agent.broker.outcome import Peer
from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import (
    GetJobs,
    JobList,
    JobView,
    ListJobs,
    Refused,
)
from cluster_agent.store.protocol import Store

Question: TypeAlias = ListJobs | GetJobs
MOST_WAITING: Final = 64
"""Questions of one user that may wait."""


class Questions:
    """Waiting questions by user."""

    def __init__(self, store: Store, machine: Broker) -> None:
        self._store = store
        self._machine = machine
        self._lines: OrderedDict[str, deque[tuple[Peer, Question]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._lines)

    def ask(self, peer: Peer, question: Question) -> Refused | None:
        """Put a question in line; or what to say at once."""
        if not self._machine.permits(peer, peer.user):
            reason = "This key may not see jobs. Ask for the role 'observe'."
            return Refused(re=question.re, code="forbidden", reason=reason)
        line = self._lines.setdefault(peer.user, deque())
        if len(line) >= MOST_WAITING:
            reason = f"{MOST_WAITING} of your questions wait already. Ask again later."
            return Refused(re=question.re, code="busy", reason=reason)
        line.append((peer, question))
        return None

    def answer(self) -> tuple[bytes, JobList]:
        """The answer to the next question; there must be one."""
        user, line = self._lines.popitem(last=False)
        peer, question = line.popleft()
        if line:
            self._lines[user] = line
        found = self._find(peer, question)
        live = self._machine.lives([job.number for job in found])
        jobs = tuple(view(job, live.get(job.number)) for job in found)
        return peer.route, JobList(re=question.re, jobs=jobs)

    def _find(self, peer: Peer, question: Question) -> list[JobRecord]:
        """Who is no admin sees their own jobs."""
        if isinstance(question, GetJobs):
            found = self._store.jobs(int(job[1:]) for job in question.jobs)
            return [job for job in found if self._machine.permits(peer, job.user)]
        if question.user is None and "admin" not in peer.roles:
            question = question.model_copy(update={"user": peer.user})
        if question.user is not None and not self._machine.permits(peer, question.user):
            return []
        return self._store.list_jobs(question)


def view(job: JobRecord, live: Live | None) -> JobView:
    """What may be known of a job: its record, and what is newer while it has not ended."""
    return JobView(
        id=job.id,
        key=job.key,
        user=job.user,
        tier=job.tier,
        priority=job.priority,
        label=job.label,
        model=job.model,
        state=job.state,
        paused=job.paused,
        place=None if live is None else live.place,
        agent=job.agent,
        attempt=job.epoch,
        step=job.step if live is None else live.step,
        steps=job.steps if live is None else live.steps,
        checkpoint=job.checkpoints[-1].step if job.checkpoints else 0,
        created=job.created,
        started=job.started,
        ended=job.ended,
        charged=job.charged if live is None else live.charged,
        error=(live.reason if live is not None else "") or job.error,
        results=job.results,
    )
