"""`reelwright jobs`: what is queued, running and done on a cluster, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from studio.cli.clusters import JobIds, On
from studio.cli.group import STYLE

jobs = typer.Typer(help="List jobs; pause, resume, retry or move them.", **STYLE)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@jobs.callback(invoke_without_command=True)
def list_jobs(
    ctx: typer.Context,
    on: On = None,
    state: Annotated[
        list[str] | None, typer.Option(metavar="STATE", help="Only jobs in this state.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Only jobs of this user.")] = None,
    limit: Annotated[int, typer.Option(help="So many at most.")] = 30,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    if ctx.invoked_subcommand is not None:
        return
    from cluster_agent.client.listing import find_jobs
    from studio.cli.clusters import open_cluster
    from studio.cli.job_table import print_jobs

    with open_cluster(on) as cluster:
        found = find_jobs(cluster.client, states=state or (), user=user, limit=limit)
    print_jobs(found, as_json=as_json)


@jobs.command()
def show(ids: JobIds, on: On = None, as_json: AsJson = False) -> None:
    """All there is to know about some jobs."""
    from cluster_agent.client.listing import get_jobs
    from studio.cli.clusters import open_cluster
    from studio.cli.job_table import print_details

    with open_cluster(on) as cluster:
        print_details(get_jobs(cluster.client, ids), as_json=as_json)


@jobs.command()
def pause(ids: JobIds, on: On = None) -> None:
    """Take jobs out of the queue; a running one stops at a checkpoint."""
    from cluster_agent.protocol.messages import Pause
    from studio.cli.clusters import tell_jobs

    tell_jobs(on, Pause(jobs=tuple(ids)))


@jobs.command()
def resume(ids: JobIds, on: On = None) -> None:
    """Queue paused jobs again."""
    from cluster_agent.protocol.messages import Resume
    from studio.cli.clusters import tell_jobs

    tell_jobs(on, Resume(jobs=tuple(ids)))


@jobs.command()
def retry(ids: JobIds, on: On = None) -> None:
    """Queue failed jobs again; they go on from their checkpoints."""
    from cluster_agent.protocol.messages import Retry
    from studio.cli.clusters import tell_jobs

    tell_jobs(on, Retry(jobs=tuple(ids)))


@jobs.command()
def move(
    ids: JobIds,
    on: On = None,
    to: Annotated[int, typer.Option(metavar="PLACE", help="0 is the front of your line.")] = 0,
    back: Annotated[bool, typer.Option("--back", help="To the end of your line.")] = False,
) -> None:
    """Move waiting jobs among your own of the same priority; they keep the order given."""
    from cluster_agent.protocol.messages import Move
    from studio.cli.clusters import tell_jobs

    tell_jobs(on, Move(jobs=tuple(ids), index=None if back else to))
