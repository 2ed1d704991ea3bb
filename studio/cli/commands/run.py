"""`reelwright run`: run a graph, or the graph inside a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli import completion
from studio.cli.graphs import GraphFile, open_graph

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
) -> None:
    """Run a graph, or the graph inside a video.

    What was computed before is not computed again, and a run that was stopped goes on where it
    stopped.  Progress goes to standard error; standard output names the results.
    """
    from studio.cli import settings

    given = settings.parse_settings(set_ or ())
    combinations = list(settings.sweep(sweep or ()))
    from_file = {} if values is None else settings.read_values(values)
    document = open_graph(graph)

    from engine.graph.registry import installed_registry
    from studio.cli.execution import Execution, execute
    from studio.cli.places import require_output, require_state
    from studio.cli.preparation import prepare

    registry = installed_registry()
    wanted = tuple(only) if only else None
    variations = prepare(
        document,
        registry,
        values=from_file,
        settings=given,
        sweep=combinations,
        outputs=wanted,
    )
    how = Execution(wanted, fresh, as_json)
    state, output = require_state(), require_output(out)

    from engine.run.local import LocalRunner

    runner = LocalRunner(registry, folder=state, output=output)
    raise typer.Exit(execute(runner, variations, how).code)
