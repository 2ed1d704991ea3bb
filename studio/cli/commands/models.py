"""`reelwright models`: list, describe and fetch models."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import InvalidInput
from engine.folders import models_folder
from studio.cli import completion
from studio.cli.console import messages, print_columns, print_json, results
from studio.cli.group import STYLE

if TYPE_CHECKING:
    from engine.models.catalog import CatalogEntry
    from engine.models.pull import Pulled

models = typer.Typer(help="List, describe and fetch models.", no_args_is_help=True, **STYLE)
ModelId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="As 'models list' shows it.", autocompletion=completion.model_ids
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@models.command("list")
def list_models(as_json: AsJson = False) -> None:
    """The models there are, and whose weights are here."""
    from engine.models import catalog

    found = catalog.entries()
    if as_json:
        print_json([_facts(entry) for entry in found])
        return
    rows = [("Id", "Model", "Parameters", "Licence", "Weights")]
    for entry in found:
        size = _count(sum(entry.parameters.values())) or "?"
        here = "here" if catalog.is_here(entry.id) else "to fetch"
        rows.append((entry.id, entry.title, size, entry.licence, here))
    print_columns(results(), rows, header=True, right=[2])


@models.command()
def info(id: ModelId, as_json: AsJson = False) -> None:
    """What a model is, needs, and does best."""
    from engine.models import catalog

    entry = catalog.find(id)
    if as_json:
        print_json(_facts(entry))
        return
    rows = {
        "Id": entry.id,
        "Family": entry.family,
        "Licence": entry.licence,
        "Source": entry.source,
        "Weights": str(catalog.folder_of(id)) if catalog.is_here(id) else "not on this computer",
        "Parameters": ", ".join(
            f"{name} {_count(number)}" for name, number in entry.parameters.items() if number
        ),
        "Latent": f"1/{entry.spatial_factor} in space, 1/{entry.temporal_factor} in time, "
        f"{entry.latent_channels} channels",
        "Defaults": ", ".join(f"{name} {value}" for name, value in entry.defaults.items()),
    }
    console = results()
    console.print(entry.title, style="bold")
    if entry.description:
        console.print(entry.description)
    console.print()
    print_columns(console, [(name, value or "unknown") for name, value in rows.items()])


@models.command()
def pull(
    id: ModelId,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print how far it is, one JSON object a line.")
    ] = False,
) -> None:
    """Fetch a model's weights, if they are not here.  Nothing else ever downloads.

    Stopped, the same command goes on from there.
    """
    from engine.models import catalog
    from engine.models.pull import pull as pull_weights

    if catalog.is_here(id):
        messages().print("The weights are on this computer already.", style="dim")
    with _told(as_json) as told:
        folder = pull_weights(id, told)
    if as_json:
        _print_line({"kind": "here", "path": str(folder)})
    else:
        results().print(str(folder), soft_wrap=True)


@models.command()
def path(
    id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A model; without it, all fetched ones.")
    ] = None,
) -> None:
    """The folder that holds a model's weights."""
    from engine.models import catalog

    folder: Path = models_folder() if id is None else catalog.folder_of(id)
    if id is not None and not catalog.is_here(id):
        raise InvalidInput(
            f"The weights of '{id}' are not on this computer.",
            remedy=f"Fetch them with 'reelwright models pull {id}'.",
        )
    results().print(str(folder), soft_wrap=True)


@contextmanager
def _told(as_json: bool) -> Iterator[Callable[[Pulled], None] | None]:
    """How a download is told: as lines for programs, as a bar on a terminal, else not at all."""
    console = messages()
    if as_json:
        yield lambda pulled: _print_line({"kind": "pulled", **asdict(pulled)})
    elif console.is_terminal:
        from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=console, transient=True) as bars:
            task = bars.add_task("", total=None)
            yield lambda p: bars.update(task, completed=p.done, total=p.total or None)
    else:
        yield None


def _print_line(record: dict[str, object]) -> None:
    try:
        print(json.dumps(record), flush=True)
    except BrokenPipeError:
        os._exit(1)  # who asked is gone: nobody wants the rest


def _facts(entry: CatalogEntry) -> dict[str, object]:
    from engine.models import catalog

    return entry.model_dump(mode="json") | {"here": catalog.is_here(entry.id)}


def _count(parameters: int) -> str:
    """A number of parameters for people: '11.2 M', '1.3 B'."""
    if not parameters:
        return ""
    return f"{parameters / 1e9:.1f} B" if parameters >= 1e9 else f"{parameters / 1e6:.1f} M"
