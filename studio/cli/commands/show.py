"""`reelwright show`: what is in a graph, or in a video's graph."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from engine.graph.document import Document
from engine.graph.order import dependencies_first
from engine.graph.queries import dependencies
from studio.cli.console import count, print_columns, results
from studio.cli.graphs import GraphFile, open_graph

LONGEST_VALUE = 60


def show(
    graph: GraphFile,
    as_json: Annotated[bool, typer.Option("--json", help="Print the document itself.")] = False,
) -> None:
    """What is in a graph, or in a video's graph: nodes, links, and what it lets you set."""
    document = open_graph(graph)
    if as_json:
        from engine.graph.document import dump_document

        print(dump_document(document), end="")
        return
    console = results()
    console.print(document.name or graph.name, style="bold", end="")
    counts = [count(len(document.nodes), "node"), count(len(document.links), "link")]
    if document.subgraphs:
        counts.append(count(len(document.subgraphs), "subgraph"))
    console.print("   " + ", ".join(counts), style="dim")
    if document.exposed:
        _print_exposed(console, document)
    if document.nodes:
        _print_nodes(console, document)


def _print_exposed(console: Console, document: Document) -> None:
    console.print("\nTo set", style="bold")
    rows = []
    for name, exposed in document.exposed.items():
        node = document.nodes.get(exposed.node)
        value = None if node is None else node.params.get(exposed.param)
        default = "as the node has it" if value is None else _short(value)
        rows.append((name, default, exposed.help or exposed.label))
    print_columns(console, rows, indent=2)


def _print_nodes(console: Console, document: Document) -> None:
    sources: dict[str, list[str]] = {id: [] for id in document.nodes}
    for link in document.links:
        (source, output), (target, port) = link.source, link.target
        come_from = source if output == "result" else f"{source}.{output}"
        sources.setdefault(target, []).append(f"{port} \u2190 {come_from}")
    console.print("\nNodes", style="bold")
    rows = []
    for id in dependencies_first(dependencies(document)) or document.nodes:
        node = document.nodes[id]
        params = [f"{name} = {_short(value)}" for name, value in node.params.items()]
        mode = [] if node.mode == "on" else [f"({node.mode})"]
        rows.append((id, node.type, "\n".join(mode + sources[id] + params)))
    print_columns(console, rows, indent=2)


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
