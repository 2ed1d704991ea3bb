"""`reelwright nodes`: the nodes there are, and how to use one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from engine.errors import InvalidInput
from engine.graph.node import NodeType
from engine.graph.params import KINDS, ParamSpec
from engine.graph.ports import PortType
from engine.graph.registry import Registry, installed_registry
from studio.cli import completion
from studio.cli.console import messages, print_columns, print_json, results, say


def nodes(
    type: Annotated[
        str | None,
        typer.Argument(
            metavar="TYPE",
            help="A node type, such as video.sample; all without it.",
            autocompletion=completion.node_types,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the JSON schema of one node, or of all.")
    ] = False,
) -> None:
    """The nodes there are, and how to use one."""
    registry = installed_registry()
    if as_json:
        _print_schemas(registry, type)
    elif type is None:
        _print_list(registry)
    else:
        _print_page(_find(registry, type))


def _find(registry: Registry, type: str) -> NodeType:
    found = registry.get(type)
    if found is None:
        close = registry.suggest(type)
        meant = f"Did you mean '{close}'? " if close else ""
        raise InvalidInput(
            f"There is no node type '{type}'.", remedy=f"{meant}'reelwright nodes' lists them."
        )
    return found


def _print_schemas(registry: Registry, type: str | None) -> None:
    from engine.graph.schema import node_schema

    if type is not None:
        print_json(node_schema(_find(registry, type)))
    else:
        print_json({node.type: node_schema(node) for node in registry.types()})


def _print_list(registry: Registry) -> None:
    console = results()
    by_category: dict[str, list[tuple[str, str]]] = {}
    for node in registry.types():
        by_category.setdefault(node.category, []).append((node.type, _first_sentence(node.doc)))
    width = max((len(node.type) for node in registry.types()), default=0)
    for number, category in enumerate(sorted(by_category)):
        console.print(("\n" if number else "") + category, style="bold")
        rows = [(type.ljust(width), doc) for type, doc in by_category[category]]
        print_columns(console, rows, indent=2)
    for problem in registry.problems:
        say(messages(), "warning", str(problem), "yellow")


def _print_page(node: NodeType) -> None:
    console = results()
    about = f"{node.title}, {node.category}, version {node.version}"
    console.print(Text(node.type, style="bold").append(f"   {about}", style="not bold dim"))
    for number, paragraph in enumerate(node.doc.split("\n\n")):
        console.print(("\n" if number else "") + " ".join(paragraph.split()))
    params = [
        (name, f"{_allowed(spec)}\n{spec.help}".rstrip()) for name, spec in node.params.items()
    ]
    for title, rows in (
        ("Inputs", [(name, _carries(port)) for name, port in node.inputs.items()]),
        ("Parameters", params),
        ("Outputs", [(name, port.name) for name, port in node.outputs.items()]),
    ):
        if rows:
            console.print(f"\n{title}", style="bold")
            print_columns(console, rows, indent=2)


def _carries(port: PortType) -> str:
    return f"{port.name}, may stay open" if port.optional else port.name


def _allowed(spec: ParamSpec) -> str:
    """What a parameter may be: '1..100 steps, 30 unless set'."""
    kind = KINDS[spec.type]
    if spec.choices:
        kind = " | ".join(str(choice) for choice in spec.choices)
    elif spec.ge is not None and spec.le is not None:
        kind = f"{spec.ge}..{spec.le}"
    elif spec.ge is not None:
        kind = f"{spec.ge} or more"
    elif spec.le is not None:
        kind = f"at most {spec.le}"
    unit = f" {spec.unit}" if spec.unit else ""
    many = "list of " if spec.many else ""
    return f"{many}{kind}{unit}, {_default(spec)} unless set"


def _default(spec: ParamSpec) -> str:
    if spec.default == "" or spec.default == []:
        return "empty"
    text = ", ".join(map(str, spec.default)) if isinstance(spec.default, list) else spec.default
    return str(text).lower() if spec.type is bool else str(text)


def _first_sentence(doc: str) -> str:
    paragraph = " ".join(doc.partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".")
