"""`reelwright new`: begin a graph from a template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.errors import InvalidInput
from studio.cli import completion
from studio.cli.console import messages, print_columns, results
from studio.project import templates


def new(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH", help="The file to make; without it, TEMPLATE.reel in this folder."
        ),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            "-t",
            metavar="NAME",
            help="What to begin with.",
            autocompletion=completion.template_names,
        ),
    ] = None,
) -> None:
    """Begin a graph from a template.

    Without PATH and --template, the templates are listed.
    """
    if path is None and template is None:
        _list_templates()
        return
    chosen = template or "demo"
    content = templates.text(chosen)
    target = path or Path(chosen)
    if not target.suffix:
        target = target.with_suffix(templates.SUFFIX)
    _write_new(target, content)
    results().print(str(target), soft_wrap=True)
    messages().print(f"Run it with:  reelwright run {target}", style="dim", soft_wrap=True)


def _write_new(target: Path, content: str) -> None:
    from engine.atomic import replacing

    if target.exists():
        raise InvalidInput(
            f"'{target}' exists already.", remedy="Choose another name, or remove it first."
        )
    with replacing(target) as partial:
        partial.write_text(content, encoding="utf-8")


def _list_templates() -> None:
    names = templates.names()
    if not names:
        raise InvalidInput("This installation ships no templates.", remedy="Install it again.")
    documents = {name: templates.document(name) for name in names}
    print_columns(
        results(),
        [
            (name, found.name, "" if templates.runs_at_once(found) else templates.model_of(found))
            for name, found in documents.items()
        ],
    )
    messages().print("\nBegin with:  reelwright new --template NAME", style="dim")
    messages().print(
        "What is to be fetched for a model that is named:  reelwright models info MODEL",
        style="dim",
    )
