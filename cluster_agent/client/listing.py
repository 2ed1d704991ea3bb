"""Questions about jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

from cluster_agent.client.connection import Client
from cluster_agent.protocol.messages import GetJobs, JobList, JobView, ListJobs, Many, State
from engine.errors import InvalidInput

STATES: tuple[State, ...] = get_args(State)
_PAGE = 500


def find_jobs(
    client: Client, *, states: Sequence[str] = (), user: str | None = None, limit: int = 100
) -> list[JobView]:
    """Jobs, newest first, at most `limit`.  Raises InvalidInput for a state that is none."""
    wanted = tuple(state.upper() for state in states)
    for state in wanted:
        if state not in STATES:
            raise InvalidInput(
                f"There is no state '{state.lower()}'.",
                remedy=f"States are {', '.join(known.lower() for known in STATES)}.",
            )
    found: list[JobView] = []
    while len(found) < limit:
        query = ListJobs(
            states=cast(tuple[State, ...], wanted),
            user=user,
            before=found[-1].id if found else None,
            limit=min(_PAGE, limit - len(found)),
        )
        page = client.ask(query, JobList).jobs
        found.extend(page)
        if len(page) < query.limit:
            break
    return found


def get_jobs(client: Client, ids: Sequence[str]) -> list[JobView]:
    """Jobs by id, in that order.  Raises InvalidInput for one that the cluster does not know."""
    known: dict[str, JobView] = {}
    for start in range(0, len(ids), Many):
        answer = client.ask(GetJobs(jobs=tuple(ids[start : start + Many])), JobList)
        known.update((job.id, job) for job in answer.jobs)
    for id in ids:
        if id not in known:
            raise InvalidInput(
                f"The cluster does not know job '{id}'.",
                remedy="See 'reelwright jobs' for those there are.",
            )
    return [known[id] for id in ids]
