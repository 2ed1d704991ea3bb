"""`reelwright validate`: find every problem of a graph without running it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.graph.document import Document
from engine.graph.problems import InvalidDocument, Problem
from studio.cli.console import count, messages, print_json, results, say
from studio.cli.graphs import GraphFile, open_graph


def validate(
    graph: GraphFile,
    as_json: Annotated[bool, typer.Option("--json", help="Print the problems as JSON.")] = False,
) -> None:
    """Find every problem of a graph without running it.

    Ends with code 2 if there are errors; warnings alone are no failure.
    """
    document, problems = _examine(graph)
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        print_json({"valid": not errors, "problems": [asdict(problem) for problem in problems]})
    else:
        _print(problems)
        if document is not None and not errors:
            nodes = count(len(document.nodes), "node")
            results().print(f"{graph}: valid, {nodes}", soft_wrap=True)
    if errors:
        raise typer.Exit(InvalidDocument.exit_code)


def _examine(graph: Path) -> tuple[Document | None, tuple[Problem, ...]]:
    """The document, None if the file holds none, and everything wrong with it."""
    try:
        document = open_graph(graph)
    except InvalidDocument as error:
        return None, error.problems
    return document, _problems(document)


def _problems(document: Document) -> tuple[Problem, ...]:
    from engine.graph.migrations import upgrade
    from engine.graph.registry import installed_registry
    from engine.graph.validate import validate as find_problems

    registry = installed_registry()
    return tuple(find_problems(upgrade(document, registry)[0], registry))


def _print(problems: tuple[Problem, ...]) -> None:
    console = messages()
    for problem in problems:
        style = "bold red" if problem.severity == "error" else "yellow"
        say(console, problem.severity, str(problem), style)
