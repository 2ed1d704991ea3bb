"""A broker's view of a job, taken up into what is known of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from studio.machines.words import attempt_failed, plain_error
from studio.run_states import closed, interrupted, node_named
from studio.runs import ENDED, Run, RunState

if TYPE_CHECKING:
    from cluster_agent.protocol.messages import JobView

_STATES: Final[Mapping[str, RunState]] = {
    "PENDING": "queued",
    "QUEUED": "queued",
    "COMPLETED": "done",
    "FAILED": "failed",
    "BLOCKED": "blocked",
    "CANCELLED": "cancelled",
}

WAITS: Final = "It waits: "
"""How the note of a run begins that no machine can take now."""


def state_of(job: JobView) -> RunState:
    """A job's state as the studio calls it; every phase of an agent's work is 'running'."""
    if job.paused and job.state == "PENDING":
        return "paused"
    return _STATES.get(job.state, "running")


def run_of(job: JobView, place: str) -> Run:
    """A run that was not asked for here, or is not remembered."""
    begun = Run(job.key, place=place, label=job.label, created=job.created, state="queued")
    return taken_up(begun, job)


def taken_up(run: Run, job: JobView) -> Run:
    """The run as the broker has it now, with what only events could tell."""
    state = state_of(job)
    if state in ENDED:
        run = _ended(run, job, state)
    elif run.state in ENDED | {"lost"} or (run.state == "running" and state != "running"):
        run = _back(run, job, state)
    else:
        run = replace(run, state=state)
    if state == "running" and run.note.startswith(WAITS):
        run = replace(run, note="")
    return replace(
        run,
        id=job.id,
        created=run.created or job.created,
        started=job.started,
        ended=job.ended,
        line=job.place,
        agent=job.agent,
        attempt=job.attempt,
        done=run.done or job.step,
        total=max(run.total, job.steps),
    )


def _ended(run: Run, job: JobView, state: RunState) -> Run:
    if run.state == state:
        return run
    if state != "failed":
        error = plain_error(job.error, run.place) if state == "blocked" else ""
        return replace(closed(run, state, error), note="")
    # An earlier event of the engine says more about where it failed than its worker's end.
    error = attempt_failed(run, job.error)
    if not node_named(error):
        error = next((n.message for n in run.nodes.values() if n.state == "failed"), "") or error
    return replace(closed(run, state, error), note="")


def _back(run: Run, job: JobView, state: RunState) -> Run:
    """It is in the queue again, or at work again."""
    note = attempt_failed(run, job.error) if job.error and run.state == "running" else ""
    return replace(interrupted(run, state), error="", note=note or run.note)
