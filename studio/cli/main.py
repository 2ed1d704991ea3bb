"""The entry point of `reelwright`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from studio.cli.group import STYLE, LazyGroup

app = typer.Typer(cls=LazyGroup, no_args_is_help=True, **(STYLE | {"add_completion": True}))


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"reelwright {version('reelwright')}")
        raise typer.Exit()


@app.callback()
def reelwright(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Make videos from graphs: on this computer, headless, and signed.

    Begin with 'reelwright demo'.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; always ends in SystemExit with a documented code."""
    # Read when torch is first loaded.  Threads that spin while they wait take each other's core
    # on a busy machine: a sampling step was measured at 2.6 s so, and at 0.04 s waiting quietly.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    typer.main.get_command(app).main(arguments, prog_name="reelwright")
