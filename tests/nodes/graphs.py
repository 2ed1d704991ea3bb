"""Graphs for whole runs, and what their runs told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.graph.document import Document, Link, NodeSpec
from engine.graph.params import ParamValue
from engine.run.events import Event, NodeChanged, Noted

SMALL: Mapping[str, ParamValue] = {"steps": 4, "width": 32, "height": 16, "frames": 9, "seed": 7}
FAST: Mapping[str, ParamValue] = {"preset": "ultrafast", "thumbnail": False}


def node(type: str, **params: ParamValue) -> NodeSpec:
    """A node of version 1."""
    return NodeSpec(type=type, version=1, params=params)


def graph(nodes: Mapping[str, NodeSpec], *links: str) -> Document:
    """A document; a link is written 'source > target.port', or 'source.port > target.port'."""
    return Document(nodes=dict(nodes), links=tuple(map(_link, links)))


def _link(text: str) -> Link:
    source, target = text.split(" > ")
    node, _, port = source.partition(".")
    owner, _, field = target.partition(".")
    return Link(source=(node, port or "result"), target=(owner, field))


def text_to_video(
    model: Path, prompt: str = "a red ball moving left", **sample: ParamValue
) -> Document:
    """Prompt, policy, encoder, sampler, decoder and file, as in the demo."""
    nodes = {
        "prompt": node("text.prompt", text=prompt),
        "policy": node("safety.prompt"),
        "model": node("model.load", model=str(model)),
        "positive": node("prompt.encode"),
        "sample": node("video.sample", **{**SMALL, **sample}),
        "decode": node("video.decode"),
        "save": node("output.video", **FAST),
    }
    return graph(
        nodes,
        "prompt > policy.text",
        "policy > positive.text",
        "model > positive.model",
        "model > sample.model",
        "positive > sample.positive",
        "sample > decode.latent",
        "decode > save.clip",
    )


def joined(document: Document, nodes: Mapping[str, NodeSpec], *links: str) -> Document:
    """A document with more nodes (or others in the place of its own) and more links."""
    more = graph({}, *links).links
    return document.model_copy(
        update={"nodes": {**document.nodes, **nodes}, "links": document.links + more}
    )


def changed(document: Document, node: str, **params: ParamValue) -> Document:
    """A document with some parameters of one node set anew."""
    spec = document.nodes[node]
    again = spec.model_copy(update={"params": {**spec.params, **params}})
    return joined(document, {node: again})


def ran(events: list[Event]) -> list[str]:
    """The nodes that computed something, in order."""
    return [e.node for e in events if isinstance(e, NodeChanged) and e.state == "done"]


def notes(events: list[Event]) -> list[str]:
    """What the nodes told."""
    return [event.sentence for event in events if isinstance(event, Noted)]
