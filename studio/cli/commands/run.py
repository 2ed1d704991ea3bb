"""`reelwright run`: run a graph, or the graph inside a video."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.cli import completion
from studio.cli.graphs import GraphFile, open_graph

if TYPE_CHECKING:
    from engine.graph.registry import Registry
    from studio.cli.execution import Execution
    from studio.cli.preparation import Variation

Many = list[str] | None


def run(
    graph: GraphFile,
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
        typer.Option(
            metavar="NAME=VALUES",
            autocompletion=completion.settings,
            help="Run once for each value: seed=1..4, steps=4..20:4, style=film,sketch. "
            "Several sweeps make every combination.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where finished files go.")] = Path(
        "out"
    ),
    only: Annotated[
        Many,
        typer.Option(
            metavar="NODE",
            help="Run only this node and what it needs.",
            autocompletion=completion.nodes,
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ignore earlier results and checkpoints.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print events as one JSON object a line.")
    ] = False,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="NAME", help="Run it on this cluster instead of here."),
    ] = None,
    tier: Annotated[str, typer.Option(help="With --on: premium, standard or free.")] = "standard",
) -> None:
    """Run a graph, or the graph inside a video.

    What was computed before is not computed again, and a run that was stopped goes on where it
    stopped.  Progress goes to standard error; standard output names the results.
    """
    from studio.cli.preparation import Asked

    asked = Asked.read(set_, values, sweep, only)
    document = open_graph(graph)

    from engine.graph.flatten import flatten
    from engine.graph.registry import installed_registry
    from engine.run.signer import require_signer
    from studio.cli.execution import Execution, execute
    from studio.cli.places import require_output, require_state

    registry = installed_registry()
    variations = asked.prepare(document, registry)
    how = Execution(asked.only, fresh, as_json)
    output = require_output(out)
    if on is not None:
        raise typer.Exit(_run_elsewhere(on, tier, registry, output, variations, how))
    state = require_state()
    require_signer(flatten(each.document, registry, asked.only) for each in variations)

    from engine.run.local import LocalRunner

    runner = LocalRunner(registry, folder=state, output=output)
    raise typer.Exit(execute(runner, variations, how).code)


def _run_elsewhere(
    on: str,
    tier: str,
    registry: Registry,
    output: Path,
    variations: tuple[Variation, ...],
    how: Execution,
) -> int:
    from studio.cli.extras import require_extra

    require_extra("cluster")
    from cluster_agent.client.runner import ClusterRunner
    from cluster_agent.client.submission import Terms
    from studio.cli.clusters import open_cluster
    from studio.cli.execution import execute

    with open_cluster(on) as cluster:
        runner = ClusterRunner(
            cluster.client, cluster.blobs, registry, output=output, terms=Terms(tier)
        )
        return execute(runner, variations, how).code
