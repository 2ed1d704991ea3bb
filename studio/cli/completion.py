"""What the shell offers after Tab.  Offering nothing is fine; raising would spoil the prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import typer

from engine.errors import ReelwrightError
from engine.graph.document import Document

Completion: TypeAlias = Callable[[typer.Context, list[str], str], list[str]]


def _offering(names: Callable[[typer.Context], Iterable[str]]) -> Completion:
    def complete(ctx: typer.Context, args: list[str], incomplete: str) -> list[str]:
        try:
            return sorted(name for name in names(ctx) if name.startswith(incomplete))
        except (ReelwrightError, OSError):
            return []

    return complete


def _document(ctx: typer.Context) -> Document:
    from studio.cli.graphs import open_graph

    # Behind an option that still lacks its value, the parser has not come to the argument yet.
    graph = ctx.params.get("graph") or next(iter(ctx.args), None)
    return open_graph(Path(graph)) if graph else Document()


def _settings(ctx: typer.Context) -> Iterable[str]:
    """'exposed=' and 'node.param=', for the graph that was named before."""
    from engine.graph.registry import installed_registry

    document, registry = _document(ctx), installed_registry()
    yield from (f"{name}=" for name in document.exposed)
    for id, spec in document.nodes.items():
        type = registry.get(spec.type)
        yield from (f"{id}.{param}=" for param in (type.params if type else ()))


def _types(ctx: typer.Context) -> Iterable[str]:
    from engine.graph.registry import installed_registry

    return (type.type for type in installed_registry().types())


def _models(ctx: typer.Context) -> Iterable[str]:
    from engine.models import catalog

    return (entry.id for entry in catalog.entries())


def _templates(ctx: typer.Context) -> Iterable[str]:
    from studio.project import templates

    return templates.names()


settings = _offering(_settings)
nodes = _offering(lambda ctx: _document(ctx).nodes)
node_types = _offering(_types)
model_ids = _offering(_models)
template_names = _offering(_templates)
