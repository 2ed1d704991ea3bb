"""What running a graph will take: finds what it samples, and estimates each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.errors import InvalidInput
from engine.graph.flat import FlatGraph, FlatNode
from engine.models.costs.blueprint import Blueprint, blueprint
from engine.models.estimate import Device, Estimate, Work, estimate
from engine.values import Latent, VideoModel
from engine.values.model import Decoding

SIZES: Final = ("width", "height", "frames", "steps")


@dataclass(frozen=True)
class SampleEstimate:
    """One sampling node's figures."""

    node: str
    model: str
    precision: str
    work: Work
    figures: Estimate


def estimate_graph(graph: FlatGraph, device: Device) -> tuple[SampleEstimate, ...]:
    """Estimate every node that turns a model into a latent.

    Raises InvalidInput for an unknown model, or one of which nobody says how large its videos are.
    """
    found = []
    for node in graph.nodes.values():
        if not _samples(node):
            continue
        chosen, decoding = _chosen(graph, node)
        source, precision = str(chosen.get("model", "")), str(chosen.get("precision", "auto"))
        model = blueprint(source)
        work = _work(node.id, model, node.params)
        figures = estimate(model, work, device, precision, decoding)
        found.append(SampleEstimate(node.id, source, precision, work, figures))
    return tuple(found)


def _samples(node: FlatNode) -> bool:
    gives_latent = any(Latent in port.members for port in node.type.outputs.values())
    return bool(_model_port(node)) and gives_latent and "steps" in node.type.params


def _chosen(graph: FlatGraph, node: FlatNode) -> tuple[Mapping[str, object], Decoding]:
    """What the node says that chose the model: others between change it, and pass it on; and in
    what the last of those that speed it up has frames decoded.
    """
    said: list[object] = []
    while port := _model_port(node):
        source, _ = node.inputs[port]
        node = graph.nodes[source]
        if "decode" in node.type.params:
            said.append(node.params.get("decode"))
    return node.params, "bfloat16" if said[:1] == ["bfloat16"] else "auto"


def _model_port(node: FlatNode) -> str:
    ports = node.type.inputs.items()
    return next((name for name, port in ports if VideoModel in port.members), "")


def _work(node: str, model: Blueprint, params: Mapping[str, object]) -> Work:
    """The node's sizes; 0 there means what the model's makers recommend."""

    def value(name: str) -> float:
        given = params.get(name)
        if isinstance(given, int | float) and given > 0:
            return given
        return getattr(model.recommended, name) or 0

    for name in SIZES:
        if not value(name):
            raise InvalidInput(
                f"Node '{node}' leaves '{name}' to the model '{model.source}', which says it only "
                "when it is loaded.",
                remedy=f"Set it first, with '--set {node}.{name}=NUMBER'.",
            )
    width, height, frames, steps = (int(value(name)) for name in SIZES)
    return Work(
        width,
        height,
        frames,
        steps,
        guidance=float(value("guidance")) or 1.0,
        fps=float(value("fps")) or 24.0,
    )
