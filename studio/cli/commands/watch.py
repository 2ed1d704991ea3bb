"""`reelwright watch`: what happens on a cluster, as it happens."""

from __future__ import annotations

from typing import Annotated

import typer

from studio.cli.clusters import On


def watch(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[JOB]...", help="Without, everything.")
    ] = None,
    on: On = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print events as one JSON object a line.")
    ] = False,
    since: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", help="Begin after this event: nothing is missed."),
    ] = None,
) -> None:
    """Follow jobs until they have ended, or everything until you stop it.

    Ends with code 1 if a job that was followed failed, 3 if one was blocked.
    """
    from studio.cli.clusters import open_cluster
    from studio.cli.following import follow_all, follow_jobs

    with open_cluster(on) as cluster:
        if not ids:
            follow_all(cluster.client, since=since, as_json=as_json)
        raise typer.Exit(follow_jobs(cluster.client, ids or [], since=since, as_json=as_json))
