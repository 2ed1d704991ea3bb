"""`reelwright demo`: make a video from a prompt, with the model that ships."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.graph.document import Document
from engine.values import Artifact
from studio.cli.console import messages, shown_path
from studio.project import templates
from studio.project.first_video import TRY, understood


def demo(
    prompt: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What to show.", show_default=False)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed is another take.")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the video goes.")] = Path("out"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print events as one JSON object a line.")
    ] = False,
) -> None:
    """Make a video from a prompt, with the model that ships: no download, no GPU.

    The model is small and knows few words: how many, colour, shape, motion, speed, background,
    as in "two blue stars moving slowly left at night".
    """
    from engine.graph.flatten import flatten
    from engine.graph.registry import installed_registry
    from engine.run.signer import require_signer
    from studio.cli.execution import Execution, execute
    from studio.cli.places import require_output, require_state
    from studio.cli.preparation import prepare

    given = {"prompt": prompt, "seed": None if seed is None else str(seed)}
    settings = {name: value for name, value in given.items() if value is not None}
    registry = installed_registry()
    variations = prepare(
        templates.document("demo"), registry, values={}, settings=settings, sweep=[{}]
    )
    state, output = require_state(), require_output(out)
    require_signer(flatten(each.document, registry) for each in variations)
    if not as_json:
        _explain(_prompt_of(variations[0].document))

    from engine.run.local import LocalRunner

    runner = LocalRunner(registry, folder=state, output=output)
    finished = execute(runner, variations, Execution(as_json=as_json))
    if finished.code == 0 and not as_json:
        _say_what_next(finished.results[0].artifacts)
    raise typer.Exit(finished.code)


def _prompt_of(document: Document) -> str:
    exposed = document.exposed.get("prompt")
    node = document.nodes.get(exposed.node) if exposed else None
    return str(node.params.get(exposed.param, "")) if exposed and node else ""


def _explain(prompt: str) -> None:
    console = messages()
    console.print(f"\u201c{prompt}\u201d", style="bold", soft_wrap=True)
    said = understood(prompt)
    if said:
        console.print(" · ".join(f"{kind} {word}" for word, kind in said), style="dim")
    else:
        console.print(
            f"The model knows none of these words; try \u201c{TRY}\u201d.", style="yellow"
        )


def _say_what_next(artifacts: Sequence[Artifact]) -> None:
    console = messages()
    for path in (shown_path(each.path) for each in artifacts if each.kind == "video"):
        console.print("\nWatch it in any player.  The graph that made it is inside:", style="dim")
        console.print(f"  reelwright verify {path}", soft_wrap=True)
        console.print(f"  reelwright run {path} --sweep seed=1..4", soft_wrap=True)
