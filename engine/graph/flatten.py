"""From a document to the flat graph that is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.graph.document import Document
from engine.graph.flat import FlatGraph
from engine.graph.problems import InvalidDocument
from engine.graph.registry import Registry
from engine.graph.resolution import resolve
from engine.graph.validate import choose_outputs, upstream, validate


def flatten(
    document: Document, registry: Registry, outputs: Sequence[str] | None = None
) -> FlatGraph:
    """Write out subgraphs, resolve bypass and mute, fill in defaults, migrate old parameters.

    With `outputs`, ids of wanted nodes, the graph holds only what these need.  Raises
    InvalidDocument with every error; what is wrong with nodes that nobody needs is a warning of
    the graph, and they are left out.
    """
    resolution = resolve(document, registry)
    if resolution.sound and outputs is None:
        return resolution.graph
    problems = validate(document, registry, outputs)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InvalidDocument(errors)
    warnings = (*resolution.graph.warnings, *(str(problem) for problem in problems))
    if outputs is None:
        return replace(resolution.graph, warnings=warnings)
    wanted = choose_outputs(resolution, outputs).ids
    needed = upstream(resolution, wanted)
    nodes = {id: node for id, node in resolution.graph.nodes.items() if id in needed}
    return FlatGraph(nodes, warnings, wanted)
