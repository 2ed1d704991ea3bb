"""`reelwright submit`: queue a graph on a cluster and return at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli import completion
from studio.cli.clusters import On
from studio.cli.graphs import GraphFile, open_graph

Many = list[str] | None


def submit(
    graph: GraphFile,
    on: On = None,
    set_: Annotated[
        Many,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Set node.param or an exposed name.",
            autocompletion=completion.settings,
        ),
    ] = None,
    values: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Set many at once, from a JSON or TOML file."),
    ] = None,
    sweep: Annotated[
        Many,
        typer.Option(metavar="NAME=VALUES", help="One job for each value: seed=1..4."),
    ] = None,
    only: Annotated[
        Many, typer.Option(metavar="NODE", help="Run only this node and what it needs.")
    ] = None,
    tier: Annotated[str, typer.Option(help="premium, standard or free.")] = "standard",
    priority: Annotated[int, typer.Option(help="Among your own jobs; 0 is the highest.")] = 100,
    after: Annotated[
        Many, typer.Option(metavar="JOB", help="Wait until this job is completed.")
    ] = None,
    gpus: Annotated[int, typer.Option(help="GPUs that work on it together.")] = 1,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Give up after so long.")
    ] = None,
    label: Annotated[str, typer.Option(help="A name for people.")] = "",
    key: Annotated[
        str, typer.Option(help="Submitting again under the same key queues nothing new.")
    ] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ignore earlier results and checkpoints.")
    ] = False,
) -> None:
    """Queue a graph on a cluster, and print the ids of its jobs.

    An id means that the job is on the broker's disk: nothing but its end takes it away.
    """
    from studio.cli.preparation import Asked

    asked = Asked.read(set_, values, sweep, only)
    document = open_graph(graph)

    from cluster_agent.client.runner import ClusterRunner
    from cluster_agent.client.submission import Terms, submission_of
    from engine.graph.registry import installed_registry
    from engine.run.runner import RunRequest
    from studio.cli.clusters import open_cluster
    from studio.cli.console import results

    registry = installed_registry()
    variations = asked.prepare(document, registry)
    terms = [
        Terms(
            tier, priority, tuple(after or ()), gpus, timeout, label,
            f"{key}-{number}" if key and len(variations) > 1 else key,
        )
        for number in range(len(variations))
    ]  # fmt: skip
    submissions = [
        submission_of(RunRequest(variation.document, asked.only, fresh), registry, each)
        for variation, each in zip(variations, terms, strict=True)
    ]
    with open_cluster(on) as cluster:
        runner = ClusterRunner(cluster.client, cluster.blobs, registry, output=Path())
        for submission in submissions:
            results().print(runner.submit(submission))
