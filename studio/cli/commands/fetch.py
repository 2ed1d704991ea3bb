"""`reelwright fetch`: bring the files of finished jobs here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.clusters import JobIds, On


def fetch(
    ids: JobIds,
    on: On = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the files go.")] = Path("out"),
) -> None:
    """Bring the files of finished jobs here, and print their paths."""
    from cluster_agent.client.fetching import fetch_results
    from cluster_agent.client.listing import get_jobs
    from studio.cli.clusters import open_cluster
    from studio.cli.console import messages, results, shown_path
    from studio.cli.places import require_output

    output = require_output(out)
    with open_cluster(on) as cluster:
        for job in get_jobs(cluster.client, ids):
            if job.state != "COMPLETED":
                messages().print(f"Job {job.id} is {job.state.lower()}: no files yet.")
            for fetched in fetch_results(job, cluster.blobs, output):
                results().print(shown_path(fetched.artifact.path), soft_wrap=True)
