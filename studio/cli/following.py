"""Following a cluster's events in front of the user."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from studio.cli.console import results

if TYPE_CHECKING:
    from cluster_agent.client.connection import Client, Event

_ENDED = ("COMPLETED", "FAILED", "CANCELLED", "BLOCKED")
_CODES = {"COMPLETED": 0, "FAILED": 1, "CANCELLED": 1, "BLOCKED": 3}
_WAIT = 1.0


def follow_all(client: Client, *, since: int | None, as_json: bool) -> NoReturn:
    """Print what happens until the user ends it."""
    client.watch(["jobs", "agents"], since)
    while True:
        for event in client.events(_WAIT):
            _print(event, as_json)


def follow_jobs(client: Client, ids: Sequence[str], *, since: int | None, as_json: bool) -> int:
    """Print what happens to some jobs until all have ended; the exit code of the worst."""
    from cluster_agent.client.listing import get_jobs
    from cluster_agent.protocol.messages import Changed

    client.watch([f"job/{id}" for id in ids], since)
    states: dict[str, str] = {job.id: job.state for job in get_jobs(client, ids)}
    while not all(state in _ENDED for state in states.values()):
        for event in client.events(_WAIT):
            _print(event, as_json)
            if isinstance(event, Changed):
                states[event.job] = event.state
    if not as_json:
        for id, state in states.items():
            results().print(f"{id}  {state.lower()}", soft_wrap=True)
    return max(_CODES[state] for state in states.values())


def _print(event: Event, as_json: bool) -> None:
    if as_json:
        plain = {"kind": event.kind, **event.model_dump(mode="json", exclude={"re"})}
        sys.stdout.write(json.dumps(plain, separators=(",", ":")) + "\n")
        sys.stdout.flush()
        return
    for line in _lines(event):
        results().print(line, soft_wrap=True)


def _lines(event: Event) -> list[str]:
    from cluster_agent.protocol.messages import AgentChanged, Changed

    if isinstance(event, Changed):
        where = f"  on {event.agent}" if event.agent else ""
        why = f"  {event.error}" if event.error else ""
        return [f"{event.seq:>6}  {event.job}  {event.state.lower().replace('_', ' ')}{where}{why}"]
    if isinstance(event, AgentChanged):
        return [f"        {event.agent}  {event.state}"]
    told = [json.loads(each) for each in event.events]
    return [
        f"        {event.job}  {each['node']}  {each['done']}/{each['total']} {each['unit']}"
        for each in told
        if each.get("kind") == "progress"
    ]
