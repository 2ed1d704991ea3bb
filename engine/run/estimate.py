"""What running a graph will take: finds what it samples, and estimates each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.graph.flat import FlatGraph, FlatNode
from engine.models.catalog import CatalogEntry, find
from engine.models.estimate import Device, Estimate, Work, estimate
from engine.values import Latent, VideoModel


@dataclass(frozen=True)
class SampleEstimate:
    """One sampling node's figures."""

    node: str
    model: str
    work: Work
    figures: Estimate


def estimate_graph(graph: FlatGraph, device: Device) -> tuple[SampleEstimate, ...]:
    """Estimate every node that turns a model into a latent.  Raises InvalidInput."""
    found = []
    for node in graph.nodes.values():
        if not _samples(node):
            continue
        entry = _model_of(graph, node)
        work = _work(entry, node.params)
        found.append(SampleEstimate(node.id, entry.id, work, estimate(entry, work, device)))
    return tuple(found)


def _samples(node: FlatNode) -> bool:
    takes_model = any(VideoModel in port.members for port in node.type.inputs.values())
    gives_latent = any(Latent in port.members for port in node.type.outputs.values())
    return takes_model and gives_latent and "steps" in node.type.params


def _model_of(graph: FlatGraph, node: FlatNode) -> CatalogEntry:
    port = next(name for name, type in node.type.inputs.items() if VideoModel in type.members)
    source, _ = node.inputs[port]
    return find(str(graph.nodes[source].params.get("model", "")))


def _work(entry: CatalogEntry, params: Mapping[str, object]) -> Work:
    """The node's sizes; 0 there means the model's own default."""

    def value(name: str) -> float:
        given = params.get(name)
        if isinstance(given, (int, float)) and given > 0:
            return given
        return entry.defaults.get(name, 1)

    return Work(
        width=int(value("width")),
        height=int(value("height")),
        frames=int(value("frames")),
        steps=int(value("steps")),
        guidance=float(value("guidance")),
    )
