"""Bringing nodes that were saved by older versions up to date.

A node class at version 3 whose parameters changed their shape has `from_v1` and `from_v2`:
static methods from the parameters of that version to those of the next.  A version without one
kept the shape of the version before.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.graph.document import Document, NodeSpec
from engine.graph.node import NodeType
from engine.graph.params import ParamValue
from engine.graph.registry import Registry


def migrated(spec: NodeSpec, type: NodeType) -> Mapping[str, ParamValue]:
    """The node's parameters in the shape of the installed version.

    Raises ValueError with a clause if a migration of the node fails on them.
    """
    params: Mapping[str, ParamValue] = spec.params
    for version in range(spec.version, type.version):
        step = getattr(type.node, f"from_v{version}", None)
        if step is None:
            continue
        try:
            params = step(dict(params))
        except Exception as error:  # noqa: BLE001 - a node is foreign code: it may raise anything
            reason = f"{error.__class__.__name__}: {error}"
            raise ValueError(f"cannot be upgraded from version {version} ({reason})") from None
    return params


def upgrade(document: Document, registry: Registry) -> tuple[Document, list[str]]:
    """The document with every node at its installed version, and a sentence for each change.

    Nodes that are not installed, or newer than what is installed, stay as they are, and so do
    nodes whose migration fails: `validate` says so.
    """
    notes: list[str] = []
    nodes = _upgraded(document.nodes, registry, "", notes)
    subgraphs = {
        name: graph.model_copy(
            update={"nodes": _upgraded(graph.nodes, registry, f"{name}:", notes)}
        )
        for name, graph in document.subgraphs.items()
    }
    if not notes:
        return document, notes
    return document.model_copy(update={"nodes": nodes, "subgraphs": subgraphs}), notes


def _upgraded(
    nodes: Mapping[str, NodeSpec], registry: Registry, within: str, notes: list[str]
) -> dict[str, NodeSpec]:
    upgraded = dict(nodes)
    for id, spec in nodes.items():
        type = registry.get(spec.type)
        if type is None or spec.version >= type.version:
            continue
        try:
            params = migrated(spec, type)
        except ValueError:
            continue
        update = {"version": type.version, "params": params}
        upgraded[id] = spec.model_copy(update=update)
        notes.append(
            f"Node '{within}{id}' ({spec.type}) went from version {spec.version} to {type.version}."
        )
    return upgraded
