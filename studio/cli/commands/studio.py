"""`reelwright studio`: the desktop application."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def studio(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILES]", help="Graphs, or videos and pictures with a graph inside."
        ),
    ] = None,
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Print how many milliseconds the window took, and end."),
    ] = False,
) -> None:
    """Open the desktop studio, with FILES."""
    from studio.app.main import run

    raise typer.Exit(run(files or (), measure))
