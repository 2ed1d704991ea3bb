"""Running documents on a cluster: the engine's `Runner`, with the work done elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from cluster_agent.client.connection import Client, Event
from cluster_agent.client.fetching import Fetched, fetch_results
from cluster_agent.client.submission import Submission, Terms, submission_of
from cluster_agent.protocol.messages import (
    Cancel,
    Changed,
    Done,
    GetJobs,
    JobList,
    JobView,
    Progress,
    State,
    Submit,
    Submitted,
)
from engine.errors import BlockedByPolicy, Cancelled, InvalidInput, ReelwrightError
from engine.graph.registry import Registry
from engine.run import events as engine_events
from engine.run.runner import Cancellation, Listener, Outcome, RunRequest, RunResult

_OUTCOMES: Final[dict[State, Outcome]] = {
    "COMPLETED": "succeeded",
    "FAILED": "failed",
    "BLOCKED": "blocked",
    "CANCELLED": "cancelled",
}
_LOOK: Final = 0.25


class Blobs(Protocol):
    """What is needed of `blobs.client.BlobClient`."""

    def upload(self, path: Path) -> str: ...
    def download(self, digest: str, path: Path) -> None: ...


class ClusterRunner:
    """Implements `Runner` on a cluster: sends the inputs, queues the job, and fetches the results.

    Finished files are put into `output`.  One run at a time.
    """

    def __init__(
        self,
        client: Client,
        blobs: Blobs,
        registry: Registry,
        *,
        output: Path,
        terms: Terms | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._blobs = blobs
        self._registry = registry
        self._output = output.absolute()
        self._terms = terms or Terms()
        self._clock = clock

    def run(
        self,
        request: RunRequest,
        *,
        listener: Listener | None = None,
        cancellation: Cancellation | None = None,
    ) -> RunResult:
        """Run to the end.  Raises InvalidDocument or InvalidInput before anything is sent."""
        started = self._clock()
        job = self.submit(submission_of(request, self._registry, self._terms))
        ended = self._follow(job, listener, cancellation)
        fetched = fetch_results(ended, self._blobs, self._output)
        outcome = _OUTCOMES[ended.state]
        if listener is not None:
            _tell_files(fetched, listener)
            listener(engine_events.RunEnded(job, outcome, self._clock() - started))
        errors = {} if outcome == "succeeded" else {"": _error(ended)}
        return RunResult(outcome, {}, errors, tuple(each.artifact for each in fetched))

    def submit(self, submission: Submission) -> str:
        """Send the inputs and queue the job; its id, once it is durable."""
        for path in submission.luggage.files.values():
            self._blobs.upload(path)
        submitted = self._client.ask(Submit(jobs=(submission.spec,)), Submitted)
        return submitted.jobs[0]

    def _follow(
        self, job: str, listener: Listener | None, cancellation: Cancellation | None
    ) -> JobView:
        """Until the job has ended."""
        self._client.watch([f"job/{job}"])
        # It may have ended before the watch began; then nothing more would be told.
        view = self._view(job)
        asked_to_stop = False
        while view.state not in _OUTCOMES:
            if cancellation is not None and cancellation.is_set() and not asked_to_stop:
                self._client.ask(Cancel(jobs=(job,)), Done)
                asked_to_stop = True
            for event in self._client.events(_LOOK):
                if isinstance(event, Changed) and event.state in _OUTCOMES:
                    view = self._view(job)
                elif listener is not None:
                    _tell(event, listener)
        return view

    def _view(self, job: str) -> JobView:
        found = self._client.ask(GetJobs(jobs=(job,)), JobList).jobs
        if not found:
            raise InvalidInput(f"The cluster does not know job '{job}'.", remedy="Submit it again.")
        return found[0]


def _tell(event: Event, listener: Listener) -> None:
    """Hand over what the engine said elsewhere; its end, and its files, are told when here."""
    if isinstance(event, Changed) and event.state in ("QUEUED", "ASSIGNED"):
        where = f" to '{event.agent}'" if event.agent else ""
        listener(engine_events.Noted("", f"Job {event.job}: {event.state.lower()}{where}."))
    if not isinstance(event, Progress):
        return
    for line in event.events:
        told = engine_events.from_json(line)
        if not isinstance(told, engine_events.RunEnded | engine_events.Wrote):
            listener(told)


def _tell_files(fetched: tuple[Fetched, ...], listener: Listener) -> None:
    for node, file in ((each.node, each.artifact) for each in fetched):
        listener(engine_events.Wrote(node, str(file.path), file.digest, file.signed))


def _error(ended: JobView) -> ReelwrightError:
    sentence = ended.error or f"Job {ended.id} ended as {ended.state.lower()}."
    if ended.state == "BLOCKED":
        return BlockedByPolicy(sentence)
    return Cancelled(sentence) if ended.state == "CANCELLED" else ReelwrightError(sentence)
