"""`reelwright models`: list, describe, fetch, verify, convert and remove models."""

from __future__ import annotations

import json
import os
import sys
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
from studio.times import size

if TYPE_CHECKING:
    from engine.models.catalog import CatalogEntry
    from engine.models.pull import Pulled

models = typer.Typer(
    help="List, describe, fetch, verify, convert and remove models.", no_args_is_help=True, **STYLE
)
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
        count = _count(sum(entry.parameters.values())) or "?"
        here = "here" if catalog.is_here(entry.id) else "to fetch"
        rows.append((entry.id, entry.title, count, entry.licence, here))
    print_columns(results(), rows, header=True, right=[2])


@models.command()
def info(id: ModelId, as_json: AsJson = False) -> None:
    """What a model is, needs, and does best."""
    from engine.models import catalog
    from engine.models.families import families

    entry = catalog.find(id)
    if as_json:
        print_json(_facts(entry))
        return
    rows = {
        "Id": entry.id,
        "Family": entry.family if entry.family in families() else f"{entry.family} (not run yet)",
        "Licence": entry.licence,
        "Source": entry.source,
        "Weights": str(catalog.folder_of(id)) if catalog.is_here(id) else "not on this computer",
        "Parameters": ", ".join(
            f"{name} {_count(number)}" for name, number in entry.parameters.items() if number
        ),
        "Latent": f"1/{entry.spatial_factor} in space, 1/{entry.temporal_factor} in time, "
        f"{entry.latent_channels} channels",
        "Can do": ", ".join(entry.modes),
        "Sizes": ", ".join(
            f"{width} x {height}, {frames} frames" for width, height, frames in entry.sizes
        ),
        "Memory": ", ".join(
            f"{precision} {size(sum(entry.memory(precision).values()))}"
            for precision in ("float32", "bfloat16", "fp8")
            if entry.parameters
        ),
        "Revision": _revision(entry),
        "Defaults": ", ".join(
            f"{name.replace('_', ' ')} {_written(value)}"
            for name, value in asdict(entry.defaults).items()
            if value is not None
        ),
    }
    console = results()
    console.print(entry.title, style="bold")
    if entry.description:
        console.print(entry.description)
    console.print()
    print_columns(console, [(name, value or "unknown") for name, value in rows.items()])


def _written(value: float | tuple[float, ...]) -> str:
    return " ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value:g}"


@models.command()
def pull(
    id: ModelId,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print how far it is, one JSON object a line.")
    ] = False,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept the model's licence; asked only once.")
    ] = False,
) -> None:
    """Fetch a model's weights, if they are not here.  Nothing else ever downloads.

    Stopped, the same command goes on from there.  A token for models that need one is taken from
    HF_TOKEN.
    """
    from engine.models import catalog
    from engine.models.pull import pull as pull_weights

    _settle_licence(catalog.find(id), accept_licence, ask=not as_json)
    if catalog.is_here(id):
        messages().print("The weights are on this computer already.", style="dim")
    with _told(as_json) as told:
        folder = pull_weights(id, told)
    if as_json:
        _print_line({"kind": "here", "path": str(folder)})
    else:
        results().print(str(folder), soft_wrap=True)


@models.command()
def verify(id: ModelId) -> None:
    """Compare a model's files with what was published."""
    from engine.models import catalog
    from engine.models.fetched import verify as verify_files

    console = messages()
    compared = verify_files(
        id, lambda name: console.print(name, style="dim") if console.is_terminal else None
    )
    here = catalog.folder_of(id)
    results().print(
        f"{compared} files are what was published: {here}"
        if compared
        else f"The weights are whole; what was published is not known here: {here}",
        soft_wrap=True,
    )


@models.command()
def remove(id: ModelId) -> None:
    """Remove a model that was fetched."""
    from engine.models.fetched import remove as remove_files
    from engine.models.fetched import size_of_model

    freed = size_of_model(id)
    remove_files(id)
    results().print(f"Removed; {size(freed)} are free again.")


@models.command()
def convert(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .pt, .pth, .ckpt or .bin file.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="What to write; without it, beside the file."),
    ] = None,
) -> None:
    """Convert a pickle of weights to safetensors, in a process that can do nothing else."""
    from engine.models.converting import convert as convert_file

    results().print(str(convert_file(file, output)), soft_wrap=True)


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


def _settle_licence(entry: CatalogEntry, accepted: bool, *, ask: bool) -> None:
    """Show a licence that is still to be accepted, and ask on a terminal."""
    from engine.models.consent import accept, licence_address, to_accept

    licence = to_accept(entry)
    if not licence:
        return
    console = messages()
    console.print(f"{entry.title} comes under the {licence}: {licence_address(entry)}")
    if not accepted and ask and console.is_terminal and sys.stdin.isatty():
        accepted = typer.confirm("Do you accept it?", err=True)
    if accepted:
        accept(licence)


def _revision(entry: CatalogEntry) -> str:
    from engine.models import catalog
    from engine.models.fetched import read_manifest

    manifest = read_manifest(catalog.folder_of(entry.id))
    if manifest is not None:
        return f"{manifest.revision} (fetched)"
    return entry.revision or ("the newest when it is fetched" if entry.repository else "")


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
